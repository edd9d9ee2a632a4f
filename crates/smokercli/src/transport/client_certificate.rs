//! A certificate of the user's own PKI (`--cert`, `--key`).

use std::path::Path;

use reqwest::Identity;
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::storage::pem;

/// Reads the named certificate with its key, which may be in the same file.
///
/// # Errors
///
/// When a file cannot be read, everybody may read the key, or the two do not belong together.
pub fn read(certificate: Option<&Path>, key: Option<&Path>) -> Result<Option<OwnIdentity>, String> {
    let Some(certificate) = certificate else { return Ok(None) };
    let key_or_same = key.unwrap_or(certificate);
    match OwnIdentity::from_files(certificate, key_or_same) {
        Ok(own) => Ok(Some(own)),
        Err(error) if error.path == certificate && key.is_some() => Err(format!("--cert {error}")),
        Err(error) if key.is_some() => Err(format!("--key {error}")),
        Err(error) => Err(format!("--cert {error}; without --key FILE the private key has to be in the same file")),
    }
}

/// The certificate and its key as the library takes them for hosts that are checked by the system's authorities.
pub(super) fn identity(own: &OwnIdentity) -> Result<Identity, String> {
    let text = pem::of_key(&own.key) + &pem::of_certificates(&own.chain);
    Identity::from_pem(text.as_bytes()).map_err(|error| error.to_string())
}
