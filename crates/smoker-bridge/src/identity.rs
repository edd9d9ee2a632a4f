//! The certificate that the server knows this host by: whether it can be used, and until when.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use smoker_trust::identity::own::OwnIdentity;
use tokio::time::sleep;

use crate::failure::Failure;
use crate::settings::Settings;

/// How long before its end a certificate has to be renewed.
const RENEWAL: TimeDelta = TimeDelta::days(30);
/// How often the end is looked at.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether the files of the identity can be used now.
///
/// # Errors
///
/// When one cannot be read, the key is not that of the certificate, or the certificate has ended or will soon.
pub(crate) fn check(settings: &Settings) -> Result<(), Failure> {
    settings.connect.options().map_err(|error| Failure::new(error.to_string()))?;
    match ending(settings)? {
        Some(text) => Err(Failure::new(text)),
        None => Ok(()),
    }
}

/// Whether the files of the certificate can be used, whenever it ends.
///
/// # Errors
///
/// When one cannot be read, everybody may read the key, or it is not that of the certificate.
pub(crate) fn usable(settings: &Settings) -> Result<(), Failure> {
    ending(settings).map(drop)
}

/// Says at the start, and each day from then on, when the certificate has to be renewed. It is read again for each connection, so a new one counts
/// without a restart.
pub(crate) async fn watch(settings: &Settings) {
    loop {
        match ending(settings) {
            Ok(Some(text)) => tracing::warn!("{text}"),
            Ok(None) => {}
            Err(failure) => tracing::error!("{}", failure.message),
        }
        sleep(EVERY).await;
    }
}

/// What has to be done about the certificate; nothing before its last month.
fn ending(settings: &Settings) -> Result<Option<String>, Failure> {
    let Some((cert, key)) = &settings.connect.cert_and_key else { return Ok(None) };
    let identity = OwnIdentity::from_files(cert, key).map_err(|error| Failure::new(error.to_string()))?;
    let now = DateTime::<Utc>::from(SystemTime::now());
    Ok(identity.ends().filter(|ends| *ends - now < RENEWAL).map(|ends| {
        let state = if ends <= now { "ended" } else { "ends" };
        format!(
            "the certificate {} {state} on {}: the server takes no connection with it from then on; renew it by smokercli trust nats-config \
             --certificates, or by the PKI that it is of, and put the new one in its place",
            cert.display(),
            ends.to_rfc3339_opts(SecondsFormat::Secs, true)
        )
    }))
}
