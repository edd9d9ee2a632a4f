//! Which server is asked, and as whom.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use smoker_nats::connect::Connect;
use smoker_nats::subject::Fleet;
use smoker_trust::identity::own::OwnIdentity;

use crate::transport::nats::connection::NatsConnection;

/// The server that is asked when none is named.
pub(crate) const DEFAULT_URL: &str = "nats://localhost:4222";
/// The fleet of hosts when none is named.
pub(crate) const DEFAULT_FLEET: &str = "default";
/// The variables that name the server, and the file of the user's credentials.
pub(crate) const URL: &str = "SMOKER_NATS_URL";
pub(crate) const CREDS: &str = "SMOKER_NATS_CREDS";

/// What a user has chosen; the rest has a default.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerChoice {
    pub(crate) url: Option<String>,
    pub(crate) creds: Option<PathBuf>,
    /// The certificate, and its key where that is in another file.
    pub(crate) certificate: Option<(PathBuf, Option<PathBuf>)>,
    pub(crate) cacert: Option<PathBuf>,
    pub(crate) fleet: Option<String>,
}

impl ServerChoice {
    /// Connects to the server, within this time.
    ///
    /// # Errors
    ///
    /// When the certificate cannot be used or has ended, or there is no connection, with the next step.
    pub(crate) fn open(self, limit: Duration) -> Result<NatsConnection, String> {
        let (connect, fleet) = self.connect();
        check_certificate(&connect).map_err(|reason| format!("--nats: {reason}"))?;
        NatsConnection::open(&connect, Fleet::new(&fleet), limit)
    }

    /// The server and the identity, and the fleet.
    pub(crate) fn connect(self) -> (Connect, String) {
        let connect = Connect {
            servers: self.url.unwrap_or_else(|| DEFAULT_URL.to_owned()),
            name: concat!("smokercli/", env!("CARGO_PKG_VERSION")).to_owned(),
            creds: self.creds,
            cacert: self.cacert,
            cert_and_key: self.certificate.map(|(cert, key)| (cert.clone(), key.unwrap_or(cert))),
            ..Connect::default()
        };
        (connect, self.fleet.unwrap_or_else(|| DEFAULT_FLEET.to_owned()))
    }
}

/// A server says of a certificate that it refuses neither which one nor why.
fn check_certificate(connect: &Connect) -> Result<(), String> {
    let Some((cert, key)) = &connect.cert_and_key else { return Ok(()) };
    let identity = OwnIdentity::from_files(cert, key).map_err(|error| {
        let step = if cert == key { "; without --key FILE the private key has to be in the same file" } else { "" };
        format!("{error}{step}")
    })?;
    let now = DateTime::<Utc>::from(SystemTime::now());
    match identity.validity().map(|validity| validity.ends).filter(|ends| *ends <= now) {
        None => Ok(()),
        Some(ends) => Err(format!(
            "the certificate {} ended on {}; have it renewed by smokercli trust nats-config --certificates, or by the PKI that it is of",
            cert.display(),
            ends.to_rfc3339_opts(SecondsFormat::Secs, true)
        )),
    }
}
