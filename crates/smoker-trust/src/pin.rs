//! What a key is known by.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error};

/// The SHA-256 of a public key (its `SubjectPublicKeyInfo`). Its text is what `curl --pinnedpubkey` takes:
/// `sha256//` and the base64 of the hash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pin([u8; 32]);

/// What every pin begins with.
pub const PREFIX: &str = "sha256//";

/// Why a text is no pin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a pin; a pin is sha256// and the 44 characters of the base64 of the hash, as smokerd --identity prints it"
)]
pub struct PinError(String);

/// A certificate that cannot be read, so that its key is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the certificate cannot be read: {0}")]
pub struct UnreadableCertificate(pub String);

impl Pin {
    /// The pin of a public key in DER (`SubjectPublicKeyInfo`).
    #[must_use]
    pub fn of_public_key(info: &[u8]) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, info).as_ref());
        Self(hash)
    }

    /// The pin of a certificate's key.
    ///
    /// # Errors
    ///
    /// When the certificate cannot be read.
    pub fn of_certificate(certificate: &CertificateDer<'_>) -> Result<Self, UnreadableCertificate> {
        Ok(Self::of_public_key(&public_key_of(certificate)?))
    }
}

/// The public key of a certificate, in DER (`SubjectPublicKeyInfo`).
///
/// # Errors
///
/// When the certificate cannot be read.
pub fn public_key_of(certificate: &CertificateDer<'_>) -> Result<Vec<u8>, UnreadableCertificate> {
    let parsed = ParsedCertificate::try_from(certificate).map_err(|error| UnreadableCertificate(reason(&error)))?;
    Ok(parsed.subject_public_key_info().as_ref().to_vec())
}

/// What the library's parser calls a certificate without extensions. Its type is not one of rustls.
const OLD_VERSION: &str = "UnsupportedCertVersion";

fn reason(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) if other.0.to_string().contains(OLD_VERSION) => {
            "its X.509 version is 1, and TLS needs version 3, which openssl x509 -req makes with -extfile FILE"
                .to_owned()
        }
        Error::InvalidCertificate(CertificateError::Other(other)) => other.0.to_string(),
        Error::InvalidCertificate(error) => error.to_string(),
        error => error.to_string(),
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{PREFIX}{}", STANDARD.encode(self.0)))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let wrong = || PinError(text.chars().take(80).collect());
        let encoded = text.strip_prefix(PREFIX).filter(|encoded| encoded.len() == 44).ok_or_else(wrong)?;
        let hash = STANDARD.decode(encoded).map_err(|_| wrong())?;
        hash.try_into().map(Self).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_written_as_curl_takes_it_and_read_back() {
        let pin = Pin::of_public_key(b"key");
        // `printf key | openssl dgst -sha256 -binary | base64`
        assert_eq!(pin.to_string(), "sha256//LHDhK3oGRvkiefQnx7OOczTY5Tic/xZ6HcMOc/gmtoM=");
        assert_eq!(pin.to_string().parse(), Ok(pin));
    }

    #[test]
    fn other_texts_are_no_pins() {
        let good = Pin::of_public_key(b"key").to_string();
        for bad in [
            "",
            "sha256//",
            &good[8..],
            &good[..good.len() - 1],
            &format!("{good}="),
            "sha1//x",
            &good.replace('=', "!"),
        ] {
            let error = bad.parse::<Pin>().expect_err(bad).to_string();
            assert!(error.contains("smokerd --identity"), "{error}");
        }
    }

    /// What `openssl x509 -req` of OpenSSL 3.0 makes without `-extfile`.
    const VERSION_1: &str = "\
        MIIBFTCBuwIUZRGLzD/PIO1SmVf7b94mKqGNPEcwCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBYTAgFw0yNjExMzAwNzU5NDdaGA8yMTI2MTEwNjA3NTk0N1owDDEK\
        MAgGA1UEAwwBYTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNOiVWLUkb5sccLGLSwR8XqxRFsDEaxhm5Wuwfl3kridcLUhBU14BproEDaIOOxaZsV01JHwzpkP\
        Qfv8NxcC4gQwCgYIKoZIzj0EAwIDSQAwRgIhAKxVkK+hnNBlK7O9WqeDsChZ/gOxcywnWFxDEjPTD14iAiEAldTCfgTcR85dtezvrsSkEknnwsrrxSrQ6iuBqlPh\
        JPc=";

    #[test]
    fn a_certificate_of_version_1_is_refused_with_what_makes_another() {
        let certificate = CertificateDer::from(STANDARD.decode(VERSION_1).expect("base64"));
        let error = Pin::of_certificate(&certificate).expect_err("TLS has no use for it").to_string();
        assert!(error.contains("X.509 version is 1") && error.contains("-extfile"), "{error}");
    }

    #[test]
    fn rubbish_is_no_certificate() {
        let error = Pin::of_certificate(&CertificateDer::from(vec![0x30, 0x03, 1, 1, 1])).expect_err("rubbish");
        assert!(error.to_string().starts_with("the certificate cannot be read"), "{error}");
    }
}
