//! The daemon's side of TLS: its key and certificate, and handshakes.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use rustls::ServerConfig;
use smoker_config::spec::settings::access_settings::AccessSettings;
use smoker_paths::resolved_path::Owner;
use smoker_trust::failure::Failure;
use smoker_trust::handshake::explain::{self, Side};
use smoker_trust::handshake::server;
use smoker_trust::identity::own::{self, CERTIFICATE_FILE, KEY_FILE, OwnIdentity};
use smoker_trust::identity::peer::CertifiedPeer;
use smoker_trust::identity::validity::Validity;
use smoker_trust::storage::private_folder::PrivateFolder;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::http::access::daily_warning::DailyWarning;
use crate::http::limits;
use crate::os::host_name::host_name;
use crate::os::watched_file::{Source, WatchedFile};

/// The daemon's identity, read again when its files change. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tls(Arc<RwLock<Option<Arc<WatchedFile<Files>>>>>);

/// What the files say.
#[derive(Debug)]
struct LoadedIdentity {
    config: Arc<ServerConfig>,
    /// From when until when the certificate is valid.
    validity: Option<Validity>,
    /// That it ends soon.
    ending: DailyWarning,
}

/// Where key and certificate are.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Files {
    /// `tls_cert` and `tls_key`.
    Named { certificate: PathBuf, key: PathBuf },
    /// In the state folder.
    State(PathBuf),
}

impl Tls {
    /// Reads the identity that the settings name; one of the state folder is made when it is missing, for the daemon's account.
    ///
    /// # Errors
    ///
    /// When a file cannot be used, with the reason and the next step.
    pub(crate) fn open(settings: &AccessSettings, owner: Option<Owner>) -> Result<Self, String> {
        if let Some(folder) = &settings.state_dir {
            let folder = PrivateFolder::make(folder, owner).map_err(|error| format!("state_dir: {error}"))?;
            OwnIdentity::load_or_make(&folder, &host_name()).map_err(|error| format!("state_dir: {error}"))?;
        }
        let tls = Self::default();
        if let Some(files) = Files::of(settings) {
            *tls.0.write().unwrap_or_else(PoisonError::into_inner) = Some(files.watched()?);
        }
        Ok(tls)
    }

    /// Reads the files of these settings, which may be others.
    ///
    /// # Errors
    ///
    /// When they cannot be used; the previous identity stays in effect.
    pub(crate) fn change(&self, settings: &AccessSettings) -> Result<(), String> {
        let watched = Files::of(settings).map(Files::watched).transpose();
        let watched = watched.map_err(|error| format!("{error}; the previous identity stays in effect"))?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = watched;
        Ok(())
    }

    /// The configuration for the next handshake; none when the daemon has no identity.
    pub(crate) async fn config(&self) -> Option<Arc<ServerConfig>> {
        let identity = self.identity().await?;
        identity.warn_of_end(Utc::now());
        Some(Arc::clone(&identity.config))
    }

    /// The last moment of the daemon's certificate; none without one, and for one that does not say it.
    pub(crate) async fn not_after(&self) -> Option<DateTime<Utc>> {
        self.identity().await?.validity.map(|validity| validity.ends)
    }

    async fn identity(&self) -> Option<Arc<LoadedIdentity>> {
        let watched = self.0.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        Some(watched.current().await)
    }
}

impl LoadedIdentity {
    fn new(own: &OwnIdentity) -> Result<Self, String> {
        let config = server::config(own)?;
        Ok(Self { config, validity: own.validity(), ending: DailyWarning::default() })
    }

    /// Says once a day that the certificate has to be renewed, from when it has to be.
    fn warn_of_end(&self, now: DateTime<Utc>) {
        let Some(text) = self.validity.and_then(|validity| own::ending(validity, now)) else { return };
        self.ending.warn(now, &text);
    }
}

impl Files {
    fn of(settings: &AccessSettings) -> Option<Self> {
        match (&settings.tls_cert, &settings.tls_key, &settings.state_dir) {
            (Some(certificate), Some(key), _) => {
                Some(Self::Named { certificate: certificate.clone(), key: key.clone() })
            }
            (_, _, Some(folder)) => Some(Self::State(folder.clone())),
            _ => None,
        }
    }

    fn paths(&self) -> Vec<PathBuf> {
        match self {
            Self::Named { certificate, key } => vec![certificate.clone(), key.clone()],
            Self::State(folder) => [KEY_FILE, CERTIFICATE_FILE].map(|name| folder.join(name)).to_vec(),
        }
    }

    /// These files, which have to be usable at this moment.
    fn watched(self) -> Result<Arc<WatchedFile<Self>>, String> {
        let read = self.load()?;
        Ok(Arc::new(WatchedFile::new(self.paths(), self, read)))
    }
}

impl Source for Files {
    type Content = LoadedIdentity;

    fn load(&self) -> Result<LoadedIdentity, String> {
        let own = match self {
            Self::Named { certificate, key } => {
                OwnIdentity::from_files(certificate, key).map_err(|error| format!("tls_cert, tls_key: {error}"))?
            }
            Self::State(folder) => of_state_folder(folder).map_err(|error| format!("state_dir: {error}"))?,
        };
        LoadedIdentity::new(&own)
    }

    fn fallback(&self, before: &Arc<LoadedIdentity>) -> Arc<LoadedIdentity> {
        Arc::clone(before)
    }

    fn report(&self, read: Result<&LoadedIdentity, &str>) {
        if let Err(error) = read {
            tracing::error!("{error}; the previous identity stays in effect");
        }
    }
}

fn of_state_folder(path: &Path) -> Result<OwnIdentity, String> {
    let missing = || {
        format!(
            "{} has no key any more, or no certificate of it; start the daemon again, and it is made",
            path.display()
        )
    };
    let folder = PrivateFolder::open(path, None).map_err(|error| error.to_string())?.ok_or_else(missing)?;
    // A handshake only reads: a certificate that is missing is made at the next start.
    OwnIdentity::read(&folder).map_err(|error| error.to_string())?.ok_or_else(missing)
}

/// A handshake that failed, and its connection, which the client sees end when it is dropped.
#[derive(Debug)]
pub(crate) struct FailedHandshake {
    pub(crate) failure: Failure,
    pub(crate) stream: Option<TcpStream>,
}

/// Completes a handshake within the time of a request, and says whose certificate the client has shown.
///
/// # Errors
///
/// Why it failed.
pub(crate) async fn accept(
    stream: TcpStream,
    config: Arc<ServerConfig>,
) -> Result<(TlsStream<TcpStream>, Option<CertifiedPeer>), FailedHandshake> {
    let accepting = TlsAcceptor::from(config).accept(stream).into_fallible();
    let stream = match timeout(limits::REQUEST_TIME, accepting).await {
        Err(_) => return Err(FailedHandshake { failure: Failure::HandshakeTimeout, stream: None }),
        Ok(Err((error, stream))) => {
            let failure = explain::failure_of(&error, Side::Daemon);
            let failure = failure.unwrap_or_else(|| Failure::Handshake { reason: error.to_string() });
            return Err(FailedHandshake { failure, stream: Some(stream) });
        }
        Ok(Ok(stream)) => stream,
    };
    let chain = stream.get_ref().1.peer_certificates().unwrap_or_default();
    match CertifiedPeer::of(chain) {
        Ok(peer) => Ok((stream, peer)),
        Err(error) => {
            let failure = Failure::UnreadableCertificate { reason: error.to_string() };
            Err(FailedHandshake { failure, stream: None })
        }
    }
}
