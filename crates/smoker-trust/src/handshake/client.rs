//! The client's configuration of TLS.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;

use crate::handshake::any_server::AnyServer;
use crate::handshake::known_host::KnownHostVerifier;
use crate::identity::own::OwnIdentity;
use crate::known_hosts::HostTrust;
use crate::provider::{VERSIONS, provider};

/// The configuration for a host that is known by its pin, or by an authority's. `named` says what other certificates are taken of a host of which no pin is known.
///
/// # Errors
///
/// When TLS cannot use the client's key.
pub fn known_host(
    trust: HostTrust,
    named: Option<Arc<dyn ServerCertVerifier>>,
    own: Option<&OwnIdentity>,
) -> Result<ClientConfig, String> {
    with_verifier(Arc::new(KnownHostVerifier::new(trust, named)), own)
}

/// The configuration for a handshake alone, after which the connection says which key the daemon has.
///
/// # Errors
///
/// As [`known_host`].
pub fn any_host() -> Result<ClientConfig, String> {
    with_verifier(Arc::new(AnyServer::default()), None)
}

/// The configuration with this way to check a server. The client shows its own certificate, if it has one, to a server that asks for it.
///
/// # Errors
///
/// When TLS cannot use the client's key.
pub fn with_verifier(verifier: Arc<dyn ServerCertVerifier>, own: Option<&OwnIdentity>) -> Result<ClientConfig, String> {
    let unusable = |error: rustls::Error| {
        format!("TLS cannot use the client's certificate or key ({error}); make both again by smokercli trust key")
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&VERSIONS)
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match own {
        Some(own) => builder.with_client_auth_cert(own.chain.clone(), own.key.clone_key()).map_err(unusable)?,
        None => builder.with_no_client_auth(),
    };
    config.resumption = Resumption::disabled();
    Ok(config)
}
