//! PEM, written and read.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

/// The columns of a line of base64 (RFC 7468).
const COLUMNS: usize = 64;

/// Certificates one after the other.
#[must_use]
pub fn of_certificates(certificates: &[CertificateDer<'_>]) -> String {
    certificates.iter().map(|certificate| encoded("CERTIFICATE", certificate)).collect()
}

/// A private key, in the form that it has.
#[must_use]
pub fn of_key(key: &PrivateKeyDer<'_>) -> String {
    let label = match key {
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        _ => "PRIVATE KEY",
    };
    encoded(label, key.secret_der())
}

fn encoded(label: &str, bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let mut pem = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, left) = rest.split_at(rest.len().min(COLUMNS));
        pem.push_str(line);
        pem.push('\n');
        rest = left;
    }
    pem + "-----END " + label + "-----\n"
}

/// All certificates of a text, in their order.
///
/// # Errors
///
/// When there is none, or one is broken.
pub fn certificates(text: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    match found {
        Ok(found) if found.is_empty() => Err("it has no certificate in PEM (-----BEGIN CERTIFICATE-----)".to_owned()),
        Ok(found) => Ok(found),
        Err(error) => Err(format!("its PEM is broken ({})", reason(&error))),
    }
}

/// All revocation lists of a text.
///
/// # Errors
///
/// When there is none, or one is broken.
pub fn revocation_lists(text: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(text).collect();
    match found {
        Ok(found) if found.is_empty() => Err("it has no revocation list in PEM (-----BEGIN X509 CRL-----)".to_owned()),
        Ok(found) => Ok(found),
        Err(error) => Err(format!("its PEM is broken ({})", reason(&error))),
    }
}

/// The private key of a text: PKCS#8, or what OpenSSL writes for RSA and elliptic curves.
///
/// # Errors
///
/// When there is none, or it is broken or encrypted.
pub fn key(text: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(text).map_err(|error| {
        let is_encrypted = text.windows(9).any(|window| window == b"ENCRYPTED");
        if is_encrypted {
            "its private key is encrypted, and nobody is there to type the password; store it without one".to_owned()
        } else {
            format!("it has no private key in PEM ({})", reason(&error))
        }
    })
}

/// What is wrong with a text. The library shows lines as numbers, and a line of a key would be shown.
fn reason(error: &pem::Error) -> String {
    match error {
        pem::Error::MissingSectionEnd { .. } => "a section has no line -----END ...-----".to_owned(),
        pem::Error::IllegalSectionStart { .. } => "a line that begins a section is broken".to_owned(),
        pem::Error::NoItemsFound => "there is no section of this kind".to_owned(),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for length in [0, 1, 47, 48, 49, 500] {
            let certificates = vec![CertificateDer::from(vec![7; length]), CertificateDer::from(vec![1, 2])];
            let text = of_certificates(&certificates);
            assert!(text.lines().all(|line| line.len() <= COLUMNS), "{text}");
            assert_eq!(super::certificates(text.as_bytes()), Ok(certificates));
        }
        let keys = [
            PrivateKeyDer::Pkcs8(vec![9; 100].into()),
            PrivateKeyDer::Pkcs1(vec![9; 100].into()),
            PrivateKeyDer::Sec1(vec![9; 100].into()),
        ];
        for key in keys {
            assert_eq!(super::key(of_key(&key).as_bytes()), Ok(key));
        }
    }

    #[test]
    fn what_is_missing_or_encrypted_is_said() {
        assert!(certificates(b"").expect_err("none").contains("no certificate"));
        assert!(
            certificates(b"-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n")
                .expect_err("broken")
                .contains("broken")
        );
        assert!(revocation_lists(b"").expect_err("none").contains("no revocation list"));
        let encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        assert!(key(encrypted).expect_err("encrypted").contains("password"));
        assert!(key(b"").expect_err("none").contains("no private key"));
    }
}
