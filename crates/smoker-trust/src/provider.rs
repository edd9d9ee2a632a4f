//! The one place that chooses the cryptography.

use std::sync::Arc;

use rustls::SupportedProtocolVersion;
use rustls::crypto::CryptoProvider;
use rustls::version::{TLS12, TLS13};

/// TLS 1.3 and 1.2; the provider has suites with AEAD only.
pub static VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// The cryptography of all handshakes: that of `ring`.
#[must_use]
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_suite_is_authenticated_and_has_forward_secrecy() {
        for suite in &provider().cipher_suites {
            let name = format!("{:?}", suite.suite());
            assert!(name.contains("GCM") || name.contains("POLY1305"), "{name}");
            assert!(name.starts_with("TLS13_") || name.contains("ECDHE"), "{name}");
        }
    }
}
