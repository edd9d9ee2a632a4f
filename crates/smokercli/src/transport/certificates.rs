//! Certificates that the user names: `--cacert`, or `SSL_CERT_FILE` with `SSL_CERT_DIR`.

use std::env;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_native_certs::load_certs_from_paths;
use smoker_trust::handshake::known_host::of_chain;
use smoker_trust::provider::provider;

/// Checks servers by the certificates of the file of `--cacert`.
///
/// # Errors
///
/// When the file cannot be read or holds no certificate.
pub(super) fn of_cacert(file: &Path) -> Result<Arc<dyn ServerCertVerifier>, String> {
    verifier(certificates("--cacert", file)?)
}

/// Checks servers by the certificates that the environment names; `None` when the system's count.
///
/// # Errors
///
/// As [`of_cacert`].
pub(super) fn of_environment() -> Result<Option<Arc<dyn ServerCertVerifier>>, String> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    let Some(file) = variable("SSL_CERT_FILE") else { return Ok(None) };
    let mut trusted = certificates("SSL_CERT_FILE", Path::new(&file))?;
    for folder in variable("SSL_CERT_DIR").iter().flat_map(env::split_paths) {
        trusted.extend(load_certs_from_paths(None, Some(&folder)).certs);
    }
    verifier(trusted).map(Some)
}

fn certificates(source: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let loaded = load_certs_from_paths(Some(file), None);
    if loaded.certs.is_empty() {
        let reason = loaded.errors.first().map_or_else(|| "it holds no certificate".to_owned(), ToString::to_string);
        let file = file.display();
        return Err(format!("{source} {file}: {reason}; name a readable file with certificates in PEM format"));
    }
    Ok(loaded.certs)
}

fn verifier(certificates: Vec<CertificateDer<'static>>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    let inner = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
        .build()
        .map_err(|error| format!("the certificates cannot be used: {error}"))?;
    Ok(Arc::new(NamedCertificates { inner, certificates }))
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
            outcome => outcome.map_err(of_chain),
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
