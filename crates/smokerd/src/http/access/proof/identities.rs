//! Who may ask: the files of the state folder, and the authorities of `tls_client_ca`. What they say counts at once.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use smoker_config::spec::settings::access_settings::AccessSettings;
use smoker_runner::detached;
use smoker_trust::access::authorized_clients::{self, Authorized, AuthorizedClients};
use smoker_trust::access::first_identity;
use smoker_trust::access::grant::Grant;
use smoker_trust::access::tokens::{self, Tokens};
use smoker_trust::failure::Failure;
use smoker_trust::identity::peer::CertifiedPeer;
use smoker_trust::storage::lines::LineProblem;
use tokio::time::timeout;

use crate::http::access::proof::authorities::Authorities;
use crate::os::watched_file::{Source, WatchedFile};
use crate::state_folder::marker;

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
    clients: WatchedFile<ClientsFile>,
    tokens: WatchedFile<TokensFile>,
    /// Whether there has been an identity.
    has_had_any: AtomicBool,
}

/// `authorized_clients`.
#[derive(Debug)]
struct ClientsFile(PathBuf);

impl Source for ClientsFile {
    type Content = AuthorizedClients;

    fn load(&self) -> Result<AuthorizedClients, String> {
        AuthorizedClients::load(&self.0).map_err(|error| error.to_string())
    }

    fn fallback(&self, _: &Arc<AuthorizedClients>) -> Arc<AuthorizedClients> {
        Arc::new(AuthorizedClients::unreadable())
    }

    fn report(&self, read: Result<&AuthorizedClients, &str>) {
        report(&self.0, read.map(|clients| &*clients.problems));
    }
}

/// `tokens`.
#[derive(Debug)]
struct TokensFile(PathBuf);

impl Source for TokensFile {
    type Content = Tokens;

    fn load(&self) -> Result<Tokens, String> {
        Tokens::load(&self.0).map_err(|error| error.to_string())
    }

    fn fallback(&self, _: &Arc<Tokens>) -> Arc<Tokens> {
        Arc::new(Tokens::unreadable())
    }

    fn report(&self, read: Result<&Tokens, &str>) {
        report(&self.0, read.map(|tokens| &*tokens.problems));
    }
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
    pub(crate) async fn has_had_any(&self) -> bool {
        if self.has_authorities() {
            return true;
        }
        match &self.files {
            Some(files) => files.has_had_any().await,
            None => false,
        }
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
    pub(crate) async fn of_certificate(&self, peer: &CertifiedPeer) -> Result<Authorized, Failure> {
        let Some(files) = &self.files else { return Err(Failure::UnknownPin { pin: peer.pin() }) };
        let authorities = match &self.authorities {
            Some(authorities) => Some(authorities.current().await),
            None => None,
        };
        let known = authorities.as_ref().and_then(|known| Option::as_ref(known));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        files.clients.current().await.identify(peer, known, UnixTime::since_unix_epoch(now))
    }

    /// What this token gives.
    ///
    /// # Errors
    ///
    /// When there is no such token.
    pub(crate) async fn of_token(&self, token: &str) -> Result<Arc<Grant>, Failure> {
        self.files.as_ref().ok_or(Failure::UnknownToken)?.tokens.current().await.identify(token)
    }
}

impl StateFiles {
    fn new(folder: &Path) -> Self {
        let (clients, tokens) = (folder.join(authorized_clients::FILE), folder.join(tokens::FILE));
        Self {
            folder: folder.to_owned(),
            clients: WatchedFile::new(vec![clients.clone()], ClientsFile(clients), AuthorizedClients::default()),
            tokens: WatchedFile::new(vec![tokens.clone()], TokensFile(tokens), Tokens::default()),
            has_had_any: AtomicBool::new(false),
        }
    }

    async fn has_had_any(&self) -> bool {
        if self.has_had_any.load(Ordering::Relaxed) {
            return true;
        }
        let (clients, tokens) = (self.clients.current().await, self.tokens.current().await);
        let has_some = !clients.clients.is_empty() || !tokens.tokens.is_empty();
        let folder = self.folder.clone();
        let look = detached::run_blocking(move || Marks::of(&folder, has_some));
        // What cannot be known closes the host.
        let Ok(Ok(marks)) = timeout(LIMIT, look).await else { return true };
        if marks.is_authenticated {
            self.has_had_any.store(true, Ordering::Relaxed);
        }
        // The start has made the folder: when it is away, nobody knows what is in it.
        marks.is_authenticated || !marks.is_folder_there || clients.limits_access() || tokens.limits_access()
    }
}

/// How long the state folder may take to be looked at.
const LIMIT: Duration = Duration::from_secs(5);

/// What a look at the state folder finds.
struct Marks {
    is_folder_there: bool,
    /// Whether there has been an identity.
    is_authenticated: bool,
}

impl Marks {
    /// Looks, and notes an identity that no command has noted, since another program has written it.
    fn of(folder: &Path, has_some: bool) -> Self {
        let is_marked = marker::exists(folder);
        if has_some && !is_marked {
            tracing::warn!(
                "{} has its first key or token: from now on {}. {}",
                folder.display(),
                first_identity::NEEDED,
                first_identity::STAY_OPEN
            );
            if let Err(error) = marker::make(folder) {
                tracing::error!("{error}");
            }
        }
        Self { is_folder_there: folder.is_dir(), is_authenticated: is_marked || has_some }
    }
}

/// Says what is wrong with a file, or with lines of it, which give nothing.
fn report(path: &Path, read: Result<&[LineProblem], &str>) {
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

    use tokio::time::sleep;

    use super::*;

    #[tokio::test]
    async fn authorities_whose_files_cannot_be_used_limit_access_and_the_previous_ones_stay_in_effect() {
        let naming = |file: &str| AccessSettings { tls_client_ca: Some(file.into()), ..AccessSettings::default() };
        let open = Identities::new(&AccessSettings::default());
        assert!(!open.has_had_any().await);
        let closed = Identities::new(&naming("/nothing/first")).with_authorities_of(&open);
        assert!(
            closed.has_had_any().await && closed.problem().is_some_and(|problem| problem.contains("/nothing/first"))
        );
        let changed = Identities::new(&naming("/nothing/second")).with_authorities_of(&closed);
        assert!(changed.problem().is_some_and(|problem| problem.contains("/nothing/first")));
    }

    #[tokio::test]
    async fn a_folder_that_is_away_or_is_another_one_opens_no_host() {
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
        assert!(!before.has_had_any().await);
        marker::make(&folder).expect("writable");
        assert!(before.has_had_any().await);
        fs::rename(&folder, parent.path().join("away")).expect("ours");
        for path in [&folder, &other] {
            assert!(of(path).with_memory_of(&before).has_had_any().await);
        }
        assert!(of(&folder).has_had_any().await && !of(&other).has_had_any().await);
    }

    #[tokio::test]
    async fn a_file_that_is_not_understood_limits_access_as_much_as_one_with_an_identity() {
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
            assert!(!identities.has_had_any().await);
            let path = folder.path().join(file);
            fs::write(&path, text).expect("writable");
            fs::set_permissions(&path, Permissions::from_mode(mode)).expect("ours");
            // Longer than a look counts.
            let pause = Duration::from_millis(2);
            sleep(pause).await;
            assert_eq!(identities.has_had_any().await, limits, "{file} of mode {mode:o}: {text:?}");
            fs::remove_file(&path).expect("there");
            sleep(pause).await;
            assert!(!identities.has_had_any().await, "it never had an identity");
        }
    }
}
