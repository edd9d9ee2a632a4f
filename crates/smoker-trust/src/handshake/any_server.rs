//! Takes any daemon that has the key of its certificate, to learn which key that is. Nothing may be asked over such a connection.

use std::sync::Arc;

use rustls::Error;
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use crate::failure::Failure;
use crate::handshake::any_client::as_error;
use crate::handshake::signatures::signatures_by_provider;
use crate::pin::Pin;
use crate::provider::provider;

/// Checks nothing but that a daemon has the key that it shows.
#[derive(Debug)]
pub(super) struct AnyServer {
    provider: Arc<CryptoProvider>,
}

impl Default for AnyServer {
    fn default() -> Self {
        Self { provider: provider() }
    }
}

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match Pin::of_certificate(end_entity) {
            Ok(_) => Ok(ServerCertVerified::assertion()),
            Err(error) => Err(as_error(Failure::UnreadableCertificate { reason: error.0 })),
        }
    }

    signatures_by_provider!();
}
