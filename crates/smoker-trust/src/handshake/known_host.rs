//! Takes the daemon that is known: by the pin of its key, or by an authority of its certificate that is known by its pin, or that the user names.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};

use crate::failure::Failure;
use crate::handshake::any_client::as_error;
use crate::handshake::signatures::signatures_by_provider;
use crate::known_hosts::HostTrust;
use crate::pin::Pin;
use crate::provider::provider;

/// Checks the certificates of one host.
#[derive(Debug)]
pub struct KnownHostVerifier {
    trust: HostTrust,
    /// Also accepts the certificates of `--cacert`. A pin of the host in `known_hosts` is checked first.
    named: Option<Arc<dyn ServerCertVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl KnownHostVerifier {
    /// Checks a host by what is known of it, and one of which no pin is known by what is `named`, too.
    #[must_use]
    pub fn new(trust: HostTrust, named: Option<Arc<dyn ServerCertVerifier>>) -> Self {
        let named = named.filter(|_| trust.pins.is_empty());
        Self { trust, named, provider: provider() }
    }

    /// Checks by the authority among the shown certificates that is known.
    fn by_authority(
        &self,
        end_entity: &CertificateDer<'_>,
        shown: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Option<Result<ServerCertVerified, Error>> {
        let is_known = |pin: Pin| self.trust.authorities.contains(&pin);
        let authority = shown.iter().find(|shown| Pin::of_certificate(shown).is_ok_and(is_known))?;
        let mut roots = RootCertStore::empty();
        if let Err(error) = roots.add(authority.clone().into_owned()) {
            return Some(Err(error));
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider)).build();
        Some(match verifier {
            Ok(verifier) => verifier.verify_server_cert(end_entity, shown, name, &[], now).map_err(of_chain),
            Err(error) => Err(Error::General(error.to_string())),
        })
    }
}

/// An error of the check of certificates. A signature that is wrong there is that of another authority of the same name, while in the handshake it is the daemon's.
#[must_use]
pub fn of_chain(error: Error) -> Error {
    match error {
        Error::InvalidCertificate(CertificateError::BadSignature) => CertificateError::UnknownIssuer.into(),
        error => error,
    }
}

impl ServerCertVerifier for KnownHostVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let found = Pin::of_certificate(end_entity)
            .map_err(|error| as_error(Failure::UnreadableCertificate { reason: error.0 }))?;
        if self.trust.pins.contains(&found) {
            return Ok(ServerCertVerified::assertion());
        }
        if let Some(verified) = self.by_authority(end_entity, intermediates, server_name, now) {
            return verified;
        }
        if let Some(named) = &self.named {
            return named.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        }
        let host = self.trust.host.clone();
        Err(as_error(if !self.trust.pins.is_empty() {
            Failure::ChangedPin { host, known: self.trust.pins.clone(), found }
        } else if self.trust.authorities.is_empty() {
            Failure::UnknownHost { host, found }
        } else {
            Failure::ServerAuthority { host }
        }))
    }

    signatures_by_provider!();
}
