//! Certificates that the user names: `--cacert`, or `SSL_CERT_FILE` with `SSL_CERT_DIR`.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_native_certs::load_certs_from_paths;
use smoker_trust::handshake::client;
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::provider::provider;

/// How the certificates of servers are checked when the user names the ones to
/// trust; `None` when the system's count. Servers are shown the user's `own`.
///
/// # Errors
///
/// When the file cannot be read or holds no certificate.
pub(super) fn named(cacert: Option<&Path>, own: Option<&OwnIdentity>) -> Result<Option<ClientConfig>, String> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let (file, source) = match (cacert, variable("SSL_CERT_FILE")) {
        (Some(path), _) => (path.to_owned(), "--cacert"),
        (None, Some(path)) => (PathBuf::from(path), "SSL_CERT_FILE"),
        (None, None) => return Ok(None),
    };
    let trusted = certificates(&file).map_err(|reason| format!("{source} {}: {reason}", file.display()))?;
    let folders = if cacert.is_none() { variable("SSL_CERT_DIR") } else { None };
    let folders: Vec<_> = folders.iter().flat_map(env::split_paths).collect();
    let further = folders.iter().flat_map(|folder| load_certs_from_paths(None, Some(folder)).certs);
    config(trusted.into_iter().chain(further).collect(), own).map(Some)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let loaded = load_certs_from_paths(Some(file), None);
    if loaded.certs.is_empty() {
        let reason = loaded.errors.first().map_or_else(|| "it holds no certificate".to_owned(), ToString::to_string);
        return Err(format!("{reason}; name a readable file with certificates in PEM format"));
    }
    Ok(loaded.certs)
}

fn config(certificates: Vec<CertificateDer<'static>>, own: Option<&OwnIdentity>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| format!("the certificates cannot be used: {error}"))?;
    client::with_verifier(Arc::new(NamedCertificates { inner, certificates }), own)
}

/// Checks by the named certificates as roots. A certificate that is a root and
/// the server's at once is taken, too, if it is one of them: `openssl req -x509`
/// makes such ones, and naming it says that it is meant.
#[derive(Debug)]
struct NamedCertificates {
    inner: Arc<WebPkiServerVerifier>,
    certificates: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for NamedCertificates {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // It is reported after the dates have been checked, and before the name is.
            Err(error) if is_root_of_a_server(&error) && self.certificates.iter().any(|known| known == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            outcome => outcome,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// What the verifier calls a root certificate that a server uses as its own. Its type is not one of rustls.
const ROOT_OF_A_SERVER: &str = "CaUsedAsEndEntity";

fn is_root_of_a_server(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::Other(other)) if other.to_string().contains(ROOT_OF_A_SERVER))
}

/// What is wrong with a certificate that no other one makes good.
const FINAL: [&str; 4] = ["not valid for name", "expired", "not valid yet", "revoked"];

/// An error of a connection, with the next step where its words are those of the library.
pub(super) fn explained(reason: String) -> String {
    if reason.starts_with("invalid peer certificate") && !FINAL.iter().any(|word| reason.contains(word)) {
        return "the server's certificate is not signed by an authority that is trusted here; if it is the right one, \
                name its file, or that of its authority, by --cacert FILE"
            .to_owned();
    }
    if reason.contains("InvalidContentType") || reason == "tls handshake eof" {
        return format!("the server does not speak TLS ({reason}); is it http://?");
    }
    reason
}
