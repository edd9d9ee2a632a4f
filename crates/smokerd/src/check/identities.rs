//! The files of `tls_cert`, `tls_client_ca` and `state_dir`.

use std::path::{Path, PathBuf};

use chrono::Utc;
use nix::errno::Errno;
use nix::unistd::{AccessFlags, access, geteuid};
use smoker_config::spec::settings::access_settings::{Access, AccessSettings};
use smoker_paths::resolved_path::Owner;
use smoker_trust::access::authorized_clients::{self, AuthorizedClients};
use smoker_trust::access::tokens::{self, Tokens};
use smoker_trust::authority::ClientAuthorities;
use smoker_trust::handshake::server;
use smoker_trust::identity::own::{self, KEY_FILE, OwnIdentity};
use smoker_trust::identity::validity::Validity;
use smoker_trust::storage::private_folder::PrivateFolder;

use crate::check::state_folder;
use crate::service::place;

/// What is wrong with the files, each with the key that it belongs to.
#[derive(Debug, Default)]
pub(crate) struct IdentityProblems {
    /// Those for which a start fails.
    pub(crate) fatal: Vec<(&'static str, String)>,
    pub(crate) others: Vec<(&'static str, String)>,
}

/// Tries what a start does with the files, for a daemon of this account, and makes nothing.
pub(crate) fn problems(settings: &AccessSettings, owner: Option<Owner>) -> IdentityProblems {
    let mut found = IdentityProblems { others: of_lines(settings), fatal: Vec::new() };
    if let (Some(certificate), Some(key)) = (&settings.tls_cert, &settings.tls_key) {
        let own = OwnIdentity::from_files(certificate, key).map_err(|error| error.to_string());
        found.add_ending("tls_cert", own.as_ref().ok().and_then(OwnIdentity::validity));
        let tried = own.and_then(|own| server::config(&own));
        found.add("tls_cert", tried.err(), &[certificate, key]);
    }
    if let Some(certificates) = &settings.tls_client_ca {
        let read = ClientAuthorities::from_files(certificates, settings.tls_crl.as_deref());
        let revoked = settings.tls_crl.as_ref().unwrap_or(certificates);
        let warnings = read.as_ref().map_or_else(|_| Vec::new(), |authorities| authorities.warnings(Utc::now()));
        found.others.extend(warnings.iter().map(|text| ("tls_client_ca", format!("tls_client_ca: {text}"))));
        found.add("tls_client_ca", read.err(), &[certificates, revoked]);
    }
    match settings.state_dir.as_deref().map(|folder| look_into_folder(folder, owner)) {
        Some(Err(fault)) => {
            // What is in such a folder counts for nothing.
            found.others.retain(|(key, _)| *key != "state_dir");
            found.fatal.push(("state_dir", format!("state_dir: {fault}")));
        }
        Some(Ok(validity)) if settings.tls_cert.is_none() => found.add_ending("state_dir", validity),
        Some(Ok(_)) | None => {}
    }
    let is_sound = found.fatal.iter().all(|(key, _)| *key != "state_dir");
    let unreached = settings.state_dir.as_deref().filter(|_| is_sound);
    if let Some(reason) = unreached.and_then(|folder| state_folder::obstacle(folder, owner)) {
        // That its files cannot be read follows.
        found.others.retain(|(key, _)| *key != "state_dir");
        found.others.push(("state_dir", format!("state_dir: {reason}")));
    }
    found
}

impl IdentityProblems {
    /// Adds that the daemon's certificate, which is valid for this time, has to be renewed.
    fn add_ending(&mut self, key: &'static str, validity: Option<Validity>) {
        let text = validity.and_then(|validity| own::ending(validity, Utc::now()));
        self.others.extend(text.map(|text| (key, format!("{key}: {text}"))));
    }

    /// Adds what is wrong with these files, which the daemon may be able to read where who asks is not.
    fn add(&mut self, key: &'static str, text: Option<String>, files: &[&PathBuf]) {
        let is_closed = |path: &&PathBuf| access(path.as_path(), AccessFlags::R_OK) == Err(Errno::EACCES);
        let is_unknown = !geteuid().is_root() && files.iter().any(is_closed);
        let list = if is_unknown { &mut self.others } else { &mut self.fatal };
        list.extend(text.map(|text| (key, format!("{key}: {text}"))));
    }
}

/// For how long the certificate in the folder is valid; the error is for what a start with the folder fails.
fn look_into_folder(path: &Path, owner: Option<Owner>) -> Result<Option<Validity>, String> {
    if let Some(reason) = place::obstacle(&path.join(KEY_FILE)) {
        return Err(format!("{}: {reason}; choose another folder", path.display()));
    }
    let folder = PrivateFolder::check(path, owner);
    let read = folder.and_then(|folder| folder.as_ref().map_or(Ok(None), OwnIdentity::check));
    read.map_err(|error| error.to_string())
}

/// Lines of `authorized_clients` and `tokens` that give nothing, and identities that there cannot be.
fn of_lines(settings: &AccessSettings) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    if let Some(folder) = &settings.state_dir {
        let (clients, tokens) = (folder.join(authorized_clients::FILE), folder.join(tokens::FILE));
        let read = [
            AuthorizedClients::load(&clients).map(|read| (&clients, read.problems)),
            Tokens::load(&tokens).map(|read| (&tokens, read.problems)),
        ];
        for read in read {
            match read {
                Ok((path, lines)) => {
                    let text = |line| format!("{}: {line}, so it gives nobody access", path.display());
                    problems.extend(lines.iter().map(|line| ("state_dir", text(line))));
                }
                Err(error) => problems.push(("state_dir", error.to_string())),
            }
        }
    }
    if settings.mode == Some(Access::Authenticated) && settings.state_dir.is_none() {
        let text = "access is authenticated and there is no state_dir, so no other host can prove who it is, and none is answered; add \
                    `state_dir: /var/lib/smokerd`";
        problems.push(("access", text.to_owned()));
    }
    problems
}
