//! The authorities of `tls_client_ca`, with what `tls_crl` says that they have revoked. Both files are read again when they change.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::Utc;
use smoker_config::spec::settings::access_settings::AccessSettings;
use smoker_trust::authority::ClientAuthorities;

use crate::os::watched_file::{Source, WatchedFile};

/// The files, and what they said when they could be read last.
#[derive(Debug)]
pub(crate) struct Authorities {
    files: Files,
    read: WatchedFile<Files>,
}

#[derive(Clone, Debug)]
struct Files {
    certificates: PathBuf,
    revoked: Option<PathBuf>,
}

impl Authorities {
    /// Those of the settings, which may name none.
    pub(crate) fn of(settings: &AccessSettings) -> Option<Self> {
        let files = Files { certificates: settings.tls_client_ca.clone()?, revoked: settings.tls_crl.clone() };
        let paths = [&files.certificates].into_iter().chain(&files.revoked).cloned().collect();
        Some(Self { read: WatchedFile::new(paths, files.clone(), None), files })
    }

    /// What counts now. Files that cannot be used, as while they are being written, change nothing: what they said before counts, with the
    /// revocations and the dates that it has.
    pub(crate) async fn current(&self) -> Arc<Option<ClientAuthorities>> {
        self.read.current().await
    }

    /// What is wrong with the files at this moment.
    pub(crate) fn problem(&self) -> Option<String> {
        self.files.load().err()
    }
}

impl Source for Files {
    type Content = Option<ClientAuthorities>;

    fn load(&self) -> Result<Option<ClientAuthorities>, String> {
        ClientAuthorities::from_files(&self.certificates, self.revoked.as_deref()).map(Some)
    }

    fn fallback(&self, before: &Arc<Option<ClientAuthorities>>) -> Arc<Option<ClientAuthorities>> {
        Arc::clone(before)
    }

    fn report(&self, read: Result<&Option<ClientAuthorities>, &str>) {
        match read {
            Ok(read) => {
                let warnings = read.iter().flat_map(|authorities| authorities.warnings(Utc::now()));
                warnings.for_each(|warning| tracing::warn!("tls_client_ca: {warning}"));
            }
            Err(error) => tracing::error!("{error}; the previous authorities stay in effect"),
        }
    }
}
