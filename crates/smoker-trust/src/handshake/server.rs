//! The daemon's configuration of TLS.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::server::NoServerSessionStorage;

use crate::handshake::any_client::AnyClient;
use crate::identity::own::OwnIdentity;
use crate::provider::{VERSIONS, provider};

/// The configuration for this identity: TLS 1.2 and 1.3, any client or none, HTTP/1.1, and no resumption, in which a withdrawn client would live on.
///
/// # Errors
///
/// When TLS cannot use the key or the certificate.
pub fn config(own: &OwnIdentity) -> Result<Arc<ServerConfig>, String> {
    let unusable =
        |error: rustls::Error| format!("TLS cannot use the certificate or its key ({error}); make both again");
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&VERSIONS)
        .map_err(unusable)?
        .with_client_cert_verifier(Arc::new(AnyClient::default()))
        .with_single_cert(own.chain.clone(), own.key.clone_key())
        .map_err(unusable)?;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
