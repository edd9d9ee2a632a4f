//! Authorities whose signature makes a client's certificate good.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{CertificateError, Error, RootCertStore};

use crate::failure::Failure;
use crate::identity::peer::Peer;
use crate::pin::Pin;
use crate::provider::provider;
use crate::storage::{pem, regular_file};

/// The largest file with authorities or with what they have revoked, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// Authorities, and what they have revoked.
#[derive(Clone, Debug)]
pub struct ClientAuthorities {
    certificates: Vec<(Pin, CertificateDer<'static>)>,
    revoked: Vec<CertificateRevocationListDer<'static>>,
    verifier: Arc<dyn ClientCertVerifier>,
}

impl ClientAuthorities {
    /// Reads `tls_client_ca` and `tls_crl`, both in PEM.
    ///
    /// # Errors
    ///
    /// When a text holds nothing of its kind, or a certificate cannot be an authority's.
    pub fn from_pem(certificates: &[u8], revoked: Option<&[u8]>) -> Result<Self, String> {
        let revoked = revoked.map(pem::revocation_lists).transpose()?.unwrap_or_default();
        Self::new(pem::certificates(certificates)?, revoked)
    }

    /// Reads the files of `tls_client_ca` and `tls_crl`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or as [`ClientAuthorities::from_pem`]; each names its key and its file.
    pub fn from_files(certificates: &Path, revoked: Option<&Path>) -> Result<Self, String> {
        let read = |key: &str, path: &Path| {
            let content = regular_file::open_named(path).and_then(|file| file.read(path, MAX_FILE));
            content.map_err(|error| format!("{key}: {error}"))
        };
        let certificates_of = || {
            let text = read("tls_client_ca", certificates)?;
            pem::certificates(&text).map_err(|reason| {
                format!(
                    "tls_client_ca: {}: {reason}; name a file with the authority's certificate",
                    certificates.display()
                )
            })
        };
        let lists_of = |path: &Path| {
            let text = read("tls_crl", path)?;
            pem::revocation_lists(&text)
                .map_err(|reason| format!("tls_crl: {}: {reason}; have the authority write it again", path.display()))
        };
        let revoked = revoked.map(lists_of).transpose()?.unwrap_or_default();
        Self::new(certificates_of()?, revoked)
            .map_err(|reason| format!("tls_client_ca: {}: {reason}", certificates.display()))
    }

    /// These authorities, with their revocation lists.
    ///
    /// # Errors
    ///
    /// When a certificate cannot be an authority's, or a list cannot be read.
    pub fn new(
        certificates: Vec<CertificateDer<'static>>,
        revoked: Vec<CertificateRevocationListDer<'static>>,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        let mut pinned = Vec::new();
        for certificate in certificates {
            let pin = Pin::of_certificate(&certificate).map_err(|error| error.to_string())?;
            roots.add(certificate.clone()).map_err(|error| {
                format!("a certificate cannot be that of an authority ({error}); name the authority's own")
            })?;
            pinned.push((pin, certificate));
        }
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        // A list of an intermediate authority is rarely at hand; that of the client's own authority counts.
        let verifier = builder
            .with_crls(revoked.clone())
            .only_check_end_entity_revocation()
            .enforce_revocation_expiration()
            .build()
            .map_err(|error| format!("the authorities cannot be used ({error}); look at tls_client_ca and tls_crl"))?;
        Ok(Self { certificates: pinned, revoked, verifier })
    }

    /// The authority with this key.
    #[must_use]
    pub fn with_pin(&self, pin: Pin) -> Option<&CertificateDer<'static>> {
        self.certificates.iter().find(|(known, _)| *known == pin).map(|(_, certificate)| certificate)
    }

    /// The same revocation lists, with this authority alone.
    ///
    /// # Errors
    ///
    /// As [`ClientAuthorities::new`].
    pub fn only(&self, certificate: CertificateDer<'static>) -> Result<Self, String> {
        Self::new(vec![certificate], self.revoked.clone())
    }

    /// Whether one of the authorities has signed the peer's certificate for clients, and neither date nor revocation speaks against it.
    ///
    /// # Errors
    ///
    /// What speaks against it.
    pub fn verify(&self, peer: &Peer, now: UnixTime) -> Result<(), Failure> {
        let verified = self.verifier.verify_client_cert(peer.certificate(), peer.authorities(), now);
        verified.map(|_| ()).map_err(|error| failure_of(&error))
    }
}

fn failure_of(error: &Error) -> Failure {
    let Error::InvalidCertificate(error) = error else { return Failure::Handshake { reason: error.to_string() } };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Failure::ClientCertificateExpired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Failure::ClientCertificateEarly,
        CertificateError::Revoked => Failure::ClientCertificateRevoked,
        CertificateError::ExpiredRevocationList | CertificateError::ExpiredRevocationListContext { .. } => {
            Failure::RevocationListExpired
        }
        CertificateError::UnknownRevocationStatus => Failure::RevocationUnknown,
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => Failure::NotForClients,
        CertificateError::BadEncoding | CertificateError::UnhandledCriticalExtension => {
            Failure::UnreadableCertificate { reason: error.to_string() }
        }
        _ => Failure::ClientAuthority,
    }
}
