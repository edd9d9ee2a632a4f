//! TLS on a connection: the handshake, and what the peer's certificates are worth.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, ProtocolVersion, RootCertStore,
    SignatureScheme, StreamOwned,
};

use crate::checks::network::certificate::Certificate;
use crate::checks::network::chain;
use crate::checks::network::connection::reason;
use crate::checks::system_file;

/// Where systems have the certificates of the authorities that they trust.
const BUNDLES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/ssl/cert.pem",
];

/// What is trusted, and who we are.
#[derive(Clone, Debug)]
pub(crate) struct Trust {
    roots: Arc<RootCertStore>,
    provider: Arc<CryptoProvider>,
    /// Certificates and key of ours.
    own: Option<(Vec<CertificateDer<'static>>, Arc<PrivateKeyDer<'static>>)>,
}

/// A connection behind its handshake.
pub(crate) struct Secured<S: Read + Write> {
    pub(crate) stream: StreamOwned<ClientConnection, S>,
    /// How long the handshake took, in seconds.
    pub(crate) seconds: f64,
    /// The peer's certificates, its own first.
    pub(crate) chain: Vec<Vec<u8>>,
    /// Why its certificate is not to be trusted; none when it is.
    pub(crate) distrust: Option<String>,
    pub(crate) version: &'static str,
    /// Of a chain that is trusted, the certificate behind the first one that ends first.
    pub(in crate::checks::network) authority: Option<Certificate>,
    /// Whether the peer has asked for a certificate of ours.
    is_asked: bool,
}

impl<S: Read + Write> Secured<S> {
    /// Ends the connection. What comes back is why the peer refuses us after all: with TLS 1.3 a server that wants a
    /// certificate of ours looks at it when the handshake is over for us.
    pub(crate) fn refusal(&mut self) -> Option<String> {
        if !self.is_asked {
            return None;
        }
        self.stream.conn.send_close_notify();
        let mut rest = [0; 512];
        for _ in 0..100 {
            match self.stream.read(&mut rest) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => {
                    let own = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
                    return own.map(|error| format!("no TLS handshake: {error}"));
                }
            }
        }
        None
    }
}

impl Trust {
    /// The authorities of this file, or those of the system; the certificate and key of ours, if there are some.
    pub(crate) fn of(ca_file: Option<&str>, own: Option<(&str, &str)>) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = ca_file {
            let (added, _) = roots.add_parsable_certificates(certificates(path)?);
            if added == 0 {
                return Err(format!("{path} has no certificate of an authority"));
            }
        } else if let Some(path) = BUNDLES.iter().find(|path| Path::new(path).exists()) {
            roots.add_parsable_certificates(certificates(path)?);
        }
        let own = own.map(|(certificate, key)| {
            let key_file = fs::read(key).map_err(|error| system_file::unreadable(Path::new(key), &error))?;
            let key = PrivateKeyDer::from_pem_slice(&key_file).map_err(|error| format!("{key} has no key: {error}"))?;
            Ok::<_, String>((certificates(certificate)?, Arc::new(key)))
        });
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Ok(Self { roots: Arc::new(roots), provider, own: own.transpose()? })
    }

    /// The handshake with a host of this name.
    pub(crate) fn handshake<S: Read + Write>(&self, mut stream: S, name: &str) -> Result<Secured<S>, String> {
        let start = Instant::now();
        let server = ServerName::try_from(name.to_owned()).map_err(|_| format!("{name} is no name of a host"))?;
        let verifier = Arc::new(Witness {
            inner: self.verifier()?,
            provider: Arc::clone(&self.provider),
            distrust: Mutex::new(None),
        });
        let config =
            ClientConfig::builder_with_provider(Arc::clone(&self.provider)).with_safe_default_protocol_versions();
        let config = config.map_err(|error| error.to_string())?;
        let config = config.dangerous().with_custom_certificate_verifier(Arc::clone(&verifier) as _);
        let mut config = match &self.own {
            None => config.with_no_client_auth(),
            Some((chain, key)) => config
                .with_client_auth_cert(chain.clone(), key.clone_key())
                .map_err(|error| format!("the certificate of ours cannot be used: {error}"))?,
        };
        let asked =
            Arc::new(Asked { inner: Arc::clone(&config.client_auth_cert_resolver), is_asked: AtomicBool::new(false) });
        config.client_auth_cert_resolver = Arc::clone(&asked) as _;
        let mut connection =
            ClientConnection::new(Arc::new(config), server).map_err(|error| format!("no TLS: {error}"))?;
        while connection.is_handshaking() {
            if let Err(error) = connection.complete_io(&mut stream) {
                let own = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
                let text = own.map_or_else(|| reason(&error), ToString::to_string);
                return Err(format!("no TLS handshake: {text}"));
            }
        }
        let chain: Vec<_> = connection.peer_certificates().unwrap_or_default().iter().map(|it| it.to_vec()).collect();
        let version = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_3) => "1.3",
            Some(ProtocolVersion::TLSv1_2) => "1.2",
            _ => "unknown",
        };
        let distrust = verifier.distrust.lock().map_or_else(|_| None, |it| it.clone());
        let seconds = start.elapsed().as_secs_f64();
        let authority =
            if distrust.is_none() { chain::first_to_end(&chain, &|name: &[u8]| self.is_authority(name)) } else { None };
        let is_asked = asked.is_asked.load(Ordering::Relaxed);
        let stream = StreamOwned::new(connection, stream);
        Ok(Secured { stream, seconds, chain, distrust, version, authority, is_asked })
    }

    /// Whether an authority of this name, a sequence in DER, is trusted. The store has the content of the sequence alone.
    fn is_authority(&self, name: &[u8]) -> bool {
        self.roots.roots.iter().any(|root| {
            let subject: &[u8] = root.subject.as_ref();
            name.ends_with(subject) && !subject.is_empty() && name.len() - subject.len() <= 4
        })
    }

    fn verifier(&self) -> Result<Option<Arc<WebPkiServerVerifier>>, String> {
        if self.roots.is_empty() {
            return Ok(None);
        }
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::clone(&self.roots), Arc::clone(&self.provider));
        builder.build().map(Some).map_err(|error| error.to_string())
    }
}

/// Notes that the peer asks for a certificate of ours.
#[derive(Debug)]
struct Asked {
    inner: Arc<dyn ResolvesClientCert>,
    is_asked: AtomicBool,
}

impl ResolvesClientCert for Asked {
    fn resolve(&self, root_hint_subjects: &[&[u8]], sigschemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.is_asked.store(true, Ordering::Relaxed);
        self.inner.resolve(root_hint_subjects, sigschemes)
    }

    fn has_certs(&self) -> bool {
        self.inner.has_certs()
    }
}

/// Keeps why a certificate is not trusted, and goes on: the check judges it, and nothing secret is sent before.
#[derive(Debug)]
struct Witness {
    /// None where no authority is known.
    inner: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
    distrust: Mutex<Option<String>>,
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = match &self.inner {
            None => Err("this host knows no authorities: install ca-certificates, or set CaFile".to_owned()),
            Some(inner) => inner
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map_err(|error| in_words(&error, &server_name.to_str())),
        };
        if let (Err(text), Ok(mut distrust)) = (verdict, self.distrust.lock()) {
            *distrust = Some(text);
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// Why a certificate is not trusted, in words.
fn in_words(error: &Error, name: &str) -> String {
    let Error::InvalidCertificate(kind) = error else { return error.to_string() };
    match kind {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        CertificateError::UnknownIssuer => {
            "no authority that is known here has signed it, or the chain is not complete".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("it is not for {name}")
        }
        CertificateError::Revoked => "it is revoked".to_owned(),
        other => format!("{other}"),
    }
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = fs::read(path).map_err(|error| system_file::unreadable(Path::new(path), &error))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).collect();
    if found.is_empty() { Err(format!("{path} has no certificate in PEM")) } else { Ok(found) }
}
