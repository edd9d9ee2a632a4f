//! Takes the certificate of any client that has its key. The handshake proves that it has it; who it is and what it may is decided by the
//! pin when it asks, so that the answer can say what is wrong.

use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, SignatureScheme};

use crate::failure::Failure;
use crate::pin::Pin;
use crate::provider::provider;

/// Asks clients for a certificate and needs none.
#[derive(Debug)]
pub struct AnyClient {
    provider: Arc<CryptoProvider>,
}

impl Default for AnyClient {
    fn default() -> Self {
        Self { provider: provider() }
    }
}

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // A key that cannot be read has no pin.
        match Pin::of_certificate(end_entity) {
            Ok(_) => Ok(ClientCertVerified::assertion()),
            Err(error) => Err(as_error(Failure::UnreadableCertificate { reason: error.0 })),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// A failure as the library carries it; [`crate::handshake::explain`] finds it again.
pub(super) fn as_error(failure: Failure) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(failure))))
}
