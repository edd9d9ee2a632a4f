//! Who may ask: the files of the state folder, and the authorities of `tls_client_ca`. What they say counts at once.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use smoker_config::spec::settings::access_settings::AccessSettings;
use smoker_trust::access::authorized_clients::{self, Authorized, AuthorizedClients};
use smoker_trust::access::grant::Grant;
use smoker_trust::access::tokens::{self, Tokens};
use smoker_trust::failure::Failure;
use smoker_trust::identity::peer::Peer as CertifiedPeer;
use smoker_trust::storage::lines::LineProblem;

use crate::http::access::proof::authorities::Authorities;
use crate::http::access::proof::watched_file::WatchedFile;
use crate::state_folder::{identities, marker};

/// The identities of a host. Without a state folder there are none.
#[derive(Debug)]
pub(crate) struct Identities {
    files: Option<StateFiles>,
    authorities: Option<Arc<Authorities>>,
}

/// The files of the state folder.
#[derive(Debug)]
struct StateFiles {
    folder: PathBuf,
    clients: WatchedFile<AuthorizedClients>,
    tokens: WatchedFile<Tokens>,
    /// Whether there has been an identity.
    has_had_any: AtomicBool,
}

impl Identities {
    /// Those that the settings name.
    pub(crate) fn new(settings: &AccessSettings) -> Self {
        let files = settings.state_dir.as_deref().map(StateFiles::new);
        Self { files, authorities: Authorities::of(settings).map(Arc::new) }
    }

    /// These, with the authorities of others that stay in effect. Without any, those that are named stay: they vouch for nobody while their
    /// files cannot be used, and still close a host whose access nothing else decides.
    pub(crate) fn with_authorities_of(self, before: &Self) -> Self {
        let authorities = before.authorities.clone().or(self.authorities);
        Self { authorities, ..self }
    }

    /// These, for a host that has had an identity where the ones before say so: a folder that is away, or is another one now, does not open it.
    pub(crate) fn with_memory_of(self, before: &Self) -> Self {
        let has_had_any = |files: &StateFiles| files.has_had_any.load(Ordering::Relaxed);
        if let Some(files) = self.files.as_ref().filter(|_| before.files.as_ref().is_some_and(has_had_any)) {
            files.has_had_any.store(true, Ordering::Relaxed);
        }
        self
    }

    /// Whether tokens can be known at all.
    pub(crate) fn has_tokens(&self) -> bool {
        self.files.is_some()
    }

    /// Whether this host has, or has had, an identity, or a file of identities that is not understood.
    pub(crate) fn has_had_any(&self) -> bool {
        self.has_authorities() || self.files.as_ref().is_some_and(StateFiles::has_had_any)
    }

    /// Whether the settings name authorities.
    pub(crate) fn has_authorities(&self) -> bool {
        self.authorities.is_some()
    }

    /// What is wrong with the authorities' files at this moment.
    pub(crate) fn problem(&self) -> Option<String> {
        self.authorities.as_ref().and_then(|authorities| authorities.problem())
    }

    /// Who shows this certificate.
    ///
    /// # Errors
    ///
    /// When nobody that is known does.
    pub(crate) fn of_certificate(&self, peer: &CertifiedPeer) -> Result<Authorized, Failure> {
        let Some(files) = &self.files else { return Err(Failure::UnknownPin { pin: peer.pin() }) };
        let authorities = self.authorities.as_ref().map(|authorities| authorities.current());
        let known = authorities.as_ref().and_then(|known| Option::as_ref(known));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        files.clients().identify(peer, known, UnixTime::since_unix_epoch(now))
    }

    /// What this token gives.
    ///
    /// # Errors
    ///
    /// When there is no such token.
    pub(crate) fn of_token(&self, token: &str) -> Result<Arc<Grant>, Failure> {
        self.files.as_ref().ok_or(Failure::UnknownToken)?.tokens().identify(token)
    }
}

impl StateFiles {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            clients: WatchedFile::new(vec![folder.join(authorized_clients::FILE)], AuthorizedClients::default()),
            tokens: WatchedFile::new(vec![folder.join(tokens::FILE)], Tokens::default()),
            has_had_any: AtomicBool::new(false),
        }
    }

    fn clients(&self) -> Arc<AuthorizedClients> {
        let path = self.folder.join(authorized_clients::FILE);
        let report = |read: Result<&AuthorizedClients, &_>| report(&path, read.map(|clients| &*clients.problems));
        self.clients.current(|| AuthorizedClients::load(&path), |_| Arc::new(AuthorizedClients::unreadable()), report)
    }

    fn tokens(&self) -> Arc<Tokens> {
        let path = self.folder.join(tokens::FILE);
        let report = |read: Result<&Tokens, &_>| report(&path, read.map(|tokens| &*tokens.problems));
        self.tokens.current(|| Tokens::load(&path), |_| Arc::new(Tokens::unreadable()), report)
    }

    fn has_had_any(&self) -> bool {
        if self.has_had_any.load(Ordering::Relaxed) {
            return true;
        }
        // The start has made it, so it was there: nobody knows what is in it.
        if !self.folder.is_dir() {
            return true;
        }
        let (clients, tokens) = (self.clients(), self.tokens());
        let is_marked = marker::exists(&self.folder);
        if is_marked || !clients.clients.is_empty() || !tokens.tokens.is_empty() {
            self.has_had_any.store(true, Ordering::Relaxed);
            if !is_marked {
                self.note_first();
            }
        }
        identities::limit_access(&self.folder, &clients, &tokens)
    }

    /// Notes an identity that no command has noted, since another program has written it.
    fn note_first(&self) {
        tracing::warn!(
            "{} has its first key or token: from now on requests from other hosts need TLS, and a key or a token. To go on answering \
             everybody, write `access: open` into the configuration and reload",
            self.folder.display()
        );
        if let Err(error) = marker::make(&self.folder) {
            tracing::error!("{error}");
        }
    }
}

/// Says what is wrong with a file, or with lines of it, which give nothing.
fn report(path: &Path, read: Result<&[LineProblem], &impl Display>) {
    match read {
        Ok(problems) => {
            for problem in problems {
                tracing::warn!("{}: {problem}", path.display());
            }
        }
        Err(error) => tracing::error!("{error}: no client has access by it until it can be read"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn authorities_whose_files_cannot_be_used_limit_access_and_the_previous_ones_stay_in_effect() {
        let naming = |file: &str| AccessSettings { tls_client_ca: Some(file.into()), ..AccessSettings::default() };
        let open = Identities::new(&AccessSettings::default());
        assert!(!open.has_had_any());
        let closed = Identities::new(&naming("/nothing/first")).with_authorities_of(&open);
        assert!(closed.has_had_any() && closed.problem().is_some_and(|problem| problem.contains("/nothing/first")));
        let changed = Identities::new(&naming("/nothing/second")).with_authorities_of(&closed);
        assert!(changed.problem().is_some_and(|problem| problem.contains("/nothing/first")));
    }

    #[test]
    fn a_folder_that_is_away_or_is_another_one_opens_no_host() {
        let parent = tempfile::tempdir().expect("a folder");
        let (folder, other) = (parent.path().join("state"), parent.path().join("other"));
        let of = |folder: &Path| {
            Identities::new(&AccessSettings { state_dir: Some(folder.to_owned()), ..AccessSettings::default() })
        };
        for path in [&folder, &other] {
            fs::create_dir(path).expect("writable");
            fs::set_permissions(path, Permissions::from_mode(0o700)).expect("ours");
        }
        let before = of(&folder);
        assert!(!before.has_had_any());
        marker::make(&folder).expect("writable");
        assert!(before.has_had_any());
        fs::rename(&folder, parent.path().join("away")).expect("ours");
        for path in [&folder, &other] {
            assert!(of(path).with_memory_of(&before).has_had_any());
        }
        assert!(of(&folder).has_had_any() && !of(&other).has_had_any());
    }

    #[test]
    fn a_file_that_is_not_understood_limits_access_as_much_as_one_with_an_identity() {
        for (file, text, mode, limits) in [
            ("authorized_clients", "", 0o600, false),
            ("authorized_clients", "# none yet\n\n", 0o600, false),
            ("tokens", "# none yet\n", 0o600, false),
            ("authorized_clients", "sha256:typo role=run\n", 0o600, true),
            ("authorized_clients", "\u{feff}# none yet\n", 0o600, false),
            ("authorized_clients", "# none yet\n", 0o666, true),
            ("tokens", "backup\n", 0o600, true),
            ("tokens", "# none yet\n", 0o666, true),
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).expect("ours");
            let settings = AccessSettings { state_dir: Some(folder.path().to_owned()), ..AccessSettings::default() };
            let identities = Identities::new(&settings);
            assert!(!identities.has_had_any());
            let path = folder.path().join(file);
            fs::write(&path, text).expect("writable");
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("ours");
            assert_eq!(identities.has_had_any(), limits, "{file} of mode {mode:o}: {text:?}");
            fs::remove_file(&path).expect("there");
            assert!(!identities.has_had_any(), "it never had an identity");
        }
    }
}
