//! TLS on a connection: the handshake, and what the peer's certificates are worth.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
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
    /// The certificates of the file that is named.
    named: Arc<[CertificateDer<'static>]>,
    provider: Arc<CryptoProvider>,
    /// What the configuration calls the file.
    key: &'static str,
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
        let named = ca_file.map_or_else(|| Ok(Vec::new()), |path| certificates(Path::new(path)))?;
        if let Some(path) = ca_file {
            let (added, _) = roots.add_parsable_certificates(named.iter().cloned());
            if added == 0 {
                return Err(format!("{path} has no certificate of an authority"));
            }
        } else if let Some(path) = Self::of_system() {
            roots.add_parsable_certificates(certificates(path)?);
        }
        let own = own.map(|(certificate, key)| {
            let key_file = fs::read(key).map_err(|error| system_file::unreadable(Path::new(key), &error))?;
            let key = PrivateKeyDer::from_pem_slice(&key_file).map_err(|error| format!("{key} has no key: {error}"))?;
            Ok::<_, String>((certificates(Path::new(certificate))?, Arc::new(key)))
        });
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        Ok(Self { roots: Arc::new(roots), named: named.into(), provider, key: "CaFile", own: own.transpose()? })
    }

    /// The same, for a configuration that calls the file of authorities by another name.
    pub(crate) fn with_key(self, key: &'static str) -> Self {
        Self { key, ..self }
    }

    /// Whether both trust the same authorities.
    pub(crate) fn is_equal(&self, other: &Self) -> bool {
        self.roots.roots == other.roots.roots && self.named == other.named
    }

    /// Whether both were read at once.
    #[cfg(test)]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.roots, &other.roots)
    }

    /// The file that has the authorities of the system, if it has one.
    pub(crate) fn of_system() -> Option<&'static Path> {
        BUNDLES.into_iter().map(Path::new).find(|path| path.exists())
    }

    /// The handshake with a host of this name.
    pub(crate) fn handshake<S: Read + Write>(&self, mut stream: S, name: &str) -> Result<Secured<S>, String> {
        let start = Instant::now();
        let server = ServerName::try_from(name.to_owned()).map_err(|_| format!("{name} is no name of a host"))?;
        let verifier = Arc::new(Witness {
            inner: self.verifier()?,
            named: Arc::clone(&self.named),
            provider: Arc::clone(&self.provider),
            key: self.key,
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
    named: Arc<[CertificateDer<'static>]>,
    provider: Arc<CryptoProvider>,
    key: &'static str,
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
            None => Err(format!("this host knows no authorities: install ca-certificates, or set {}", self.key)),
            Some(inner) => inner
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map(drop)
                .or_else(|error| {
                    // It is reported after the dates have been looked at, and before the name is.
                    if is_root_of_a_server(&error) && self.named.iter().any(|named| named == end_entity) {
                        return verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name);
                    }
                    Err(error)
                })
                .map_err(|error| in_words(&error, &server_name.to_str(), self.key)),
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

/// What the verifier calls a root certificate that a server uses as its own: `openssl req -x509` makes such ones. Its type is not one of
/// rustls.
const ROOT_OF_A_SERVER: &str = "CaUsedAsEndEntity";

fn is_root_of_a_server(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::Other(other)) if other.to_string().contains(ROOT_OF_A_SERVER))
}

/// Why a certificate is not trusted, in words.
fn in_words(error: &Error, name: &str, key: &str) -> String {
    let Error::InvalidCertificate(kind) = error else { return error.to_string() };
    match kind {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        CertificateError::UnknownIssuer => {
            "no authority that is known here has signed it, or the chain is not complete".to_owned()
        }
        CertificateError::BadSignature => {
            "an authority with the name of its issuer is known here, but another key has signed it".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("it is not for {name}")
        }
        CertificateError::Revoked => "it is revoked".to_owned(),
        _ if is_root_of_a_server(error) => {
            format!(
                "it is signed by itself, as one of an authority (CA:TRUE); name this very certificate with {key}, or use one that an \
                 authority has signed"
            )
        }
        other => format!("{other}"),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = fs::read(path).map_err(|error| system_file::unreadable(path, &error))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).collect();
    if found.is_empty() { Err(format!("{} has no certificate in PEM", path.display())) } else { Ok(found) }
}

#[cfg(test)]
pub(in crate::checks::network) mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use rustls::{ServerConfig, ServerConnection};

    use super::*;

    /// A certificate for `localhost` as `openssl req -x509` makes them, signed by itself with CA:TRUE, from 2020 to 9999, and its key.
    pub(in crate::checks::network) const CERTIFICATE: &str = concat!(
        "MIIBYTCCAQegAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcNMjAwMTAxMDAwMDAwWhgPOTk5OTEy",
        "MzEyMzU5NTlaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHazVpqxaH9skekF0sZUqGNR",
        "FCWeO/hpLrPQZwUkXn2SKN80g/IO0Qx06csYg6G7+3AOw4ERFhs2o3/KV0WhsWCjSDBGMA8GA1UdEwEB/wQFMAMBAf8wFAYDVR0R",
        "BA0wC4IJbG9jYWxob3N0MB0GA1UdDgQWBBSRvW5OVF4CUI6cuggCi5c6gFJOpzAKBggqhkjOPQQDAgNIADBFAiEApnPoyd1joU+O",
        "2SgBu8XvAZAzu99eWzM4UkVk6RMaIEoCICDcvaZjqbVvtCR6Fu3BDMiOnttplJ6FatMykylJ3H3P",
    );
    const KEY: &str = concat!(
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmE5nzAGHdFh62lC7NifWktKPh4WiR9VR94+SwkdVZ22hRANCAAR2",
        "s1aasWh/bJHpBdLGVKhjURQlnjv4aS6z0GcFJF59kijfNIPyDtEMdOnLGIOhu/twDsOBERYbNqN/yldFobFg",
    );

    pub(in crate::checks::network) fn pem(label: &str, body: &str) -> String {
        format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
    }

    /// Why the server's certificate is not trusted by the authorities of this file, when it is asked by this name.
    fn distrust(ca_file: &str, name: &str) -> Option<String> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        let server = thread::spawn(move || {
            let certificate = CertificateDer::from_pem_slice(pem("CERTIFICATE", CERTIFICATE).as_bytes()).expect("one");
            let key = PrivateKeyDer::from_pem_slice(pem("PRIVATE KEY", KEY).as_bytes()).expect("its key");
            let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("versions")
                .with_no_client_auth()
                .with_single_cert(vec![certificate], key)
                .expect("a pair");
            let (mut stream, _) = listener.accept().expect("a client");
            let mut connection = ServerConnection::new(Arc::new(config)).expect("a server");
            connection.complete_io(&mut stream).expect("a handshake");
        });
        let trust = Trust::of(Some(ca_file), None).expect("certificates");
        let secured = trust.handshake(TcpStream::connect(address).expect("a server"), name).expect("a handshake");
        server.join().expect("no panic");
        secured.distrust
    }

    #[test]
    fn a_certificate_that_is_its_own_root_is_trusted_when_it_is_named_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("own.pem");
        fs::write(&file, pem("CERTIFICATE", CERTIFICATE)).expect("writable");
        let file = file.to_str().expect("text");
        assert_eq!(distrust(file, "localhost"), None);
        assert_eq!(distrust(file, "elsewhere.example").as_deref(), Some("it is not for elsewhere.example"));
        let root = Error::InvalidCertificate(CertificateError::Other(rustls::OtherError(Arc::new(
            std::io::Error::other(ROOT_OF_A_SERVER),
        ))));
        assert!(in_words(&root, "x", "CaFile").contains("name this very certificate with CaFile"));
    }
}
