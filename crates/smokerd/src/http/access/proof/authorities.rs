//! The authorities of `tls_client_ca`, with what `tls_crl` says that they have revoked. Both files are read again when they change.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::Utc;
use smoker_config::spec::settings::access_settings::AccessSettings;
use smoker_trust::authority::ClientAuthorities;

use crate::http::access::proof::watched_file::WatchedFile;

/// The files, and what they said when they could be read last.
#[derive(Debug)]
pub(crate) struct Authorities {
    certificates: PathBuf,
    revoked: Option<PathBuf>,
    read: WatchedFile<Option<ClientAuthorities>>,
}

impl Authorities {
    /// Those of the settings, which may name none.
    pub(crate) fn of(settings: &AccessSettings) -> Option<Self> {
        let certificates = settings.tls_client_ca.clone()?;
        let revoked = settings.tls_crl.clone();
        let paths = [&certificates].into_iter().chain(&revoked).cloned().collect();
        Some(Self { certificates, revoked, read: WatchedFile::new(paths, None) })
    }

    /// What counts now. Files that cannot be used, as while they are being written, change nothing: what they said before counts, with the
    /// revocations and the dates that it has.
    pub(crate) fn current(&self) -> Arc<Option<ClientAuthorities>> {
        let report = |read: Result<&Option<ClientAuthorities>, &String>| match read {
            Ok(read) => {
                let warnings = read.iter().flat_map(|authorities| authorities.warnings(Utc::now()));
                warnings.for_each(|warning| tracing::warn!("tls_client_ca: {warning}"));
            }
            Err(error) => tracing::error!("{error}; the previous authorities stay in effect"),
        };
        self.read.current(|| self.load().map(Some), Arc::clone, report)
    }

    /// What is wrong with the files at this moment.
    pub(crate) fn problem(&self) -> Option<String> {
        self.load().err()
    }

    fn load(&self) -> Result<ClientAuthorities, String> {
        ClientAuthorities::from_files(&self.certificates, self.revoked.as_deref())
    }
}
