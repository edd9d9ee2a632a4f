//! Private keys: P-256 in PKCS#8.

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Makes a key.
///
/// # Errors
///
/// When the system gives no random bytes.
pub fn make() -> Result<PrivatePkcs8KeyDer<'static>, String> {
    let pair =
        KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|error| format!("no key can be made ({error})"))?;
    Ok(PrivatePkcs8KeyDer::from(pair.serialize_der()))
}

/// The pair of a key that [`make`] made, to sign certificates with.
///
/// # Errors
///
/// When it is no P-256 key in PKCS#8.
pub fn pair(key: &PrivateKeyDer<'_>) -> Result<KeyPair, String> {
    let wrong = || "it is no P-256 key in PKCS#8; remove it, and another one is made, with another pin".to_owned();
    let PrivateKeyDer::Pkcs8(key) = key else { return Err(wrong()) };
    KeyPair::from_pkcs8_der_and_sign_algo(key, &PKCS_ECDSA_P256_SHA256).map_err(|_| wrong())
}
