//! Takes the certificate of any client that has its key. The handshake proves that it has it; who it is and what it may is decided by the
//! pin when it asks, so that the answer can say what is wrong.

use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DistinguishedName, Error, OtherError};

use crate::failure::Failure;
use crate::handshake::signatures::signatures_by_provider;
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

    signatures_by_provider!();
}

/// A failure as the library carries it; [`crate::handshake::explain`] finds it again.
pub(super) fn as_error(failure: Failure) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(failure))))
}
