//! The certificate that the server knows this host by: whether it can be used, and until when.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, SecondsFormat, Utc};
use smoker_trust::identity::own::OwnIdentity;
use tokio::time::{Instant, sleep};

use crate::failure::Failure;
use crate::settings::Settings;

/// How often the certificate is looked at: there are some that are valid for a day.
const EVERY: Duration = Duration::from_secs(60 * 60);
/// How often the same is said.
const SAID_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

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

/// Says at the start and whenever it changes, and each day from then on, what has to be done about the certificate. It is read again for each
/// connection, so a new one counts without a restart.
pub(crate) async fn watch(settings: &Settings) {
    let mut said: Option<(String, Instant)> = None;
    loop {
        let found = match ending(settings) {
            Ok(text) => text,
            Err(failure) => Some(failure.message),
        };
        said = match (found, said) {
            (Some(text), Some((before, at))) if text == before && at.elapsed() < SAID_EVERY => Some((before, at)),
            (Some(text), _) => {
                tracing::warn!("{text}");
                Some((text, Instant::now()))
            }
            (None, _) => None,
        };
        sleep(EVERY).await;
    }
}

/// What has to be done about the certificate; nothing before it has to be renewed.
fn ending(settings: &Settings) -> Result<Option<String>, Failure> {
    let Some((cert, key)) = &settings.connect.cert_and_key else { return Ok(None) };
    let identity = OwnIdentity::from_files(cert, key).map_err(|error| Failure::new(error.to_string()))?;
    let now = DateTime::<Utc>::from(SystemTime::now());
    Ok(identity.validity().filter(|validity| validity.is_renewal_due(now)).map(|validity| {
        let ends = validity.ends;
        let state = if ends <= now { "ended" } else { "ends" };
        format!(
            "the certificate {} {state} on {}: the server takes no connection with it from then on; renew it by smokercli trust nats-config \
             --certificates, or by the PKI that it is of, and put the new one in its place",
            cert.display(),
            ends.to_rfc3339_opts(SecondsFormat::Secs, true)
        )
    }))
}
