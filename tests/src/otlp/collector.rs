//! A collector of the OpenTelemetry protocol that keeps what it gets, and refuses what the protocol does not have.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use flate2::read::GzDecoder;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value as Json;

use crate::otlp::fields::{items, violations};
use crate::wait;

/// A request that was answered.
#[derive(Clone, Debug)]
pub struct OtlpRequest {
    /// The path, with the prefix of the endpoint.
    pub path: String,
    /// The headers as they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, which has no field that the protocol has not.
    pub body: Json,
    /// The status that it was answered with.
    pub status: u16,
    /// The number of the connection that it came on, from 1.
    pub connection: usize,
}

/// How requests are answered.
#[derive(Clone, Debug)]
pub enum Reaction {
    /// With this status, further headers (each with an end of line) and this body, in which `{n}` is the number of the request.
    Answer(u16, &'static str, &'static str),
    /// Never: the connection stays open.
    Hang,
    /// The connection is closed.
    Close,
}

/// A collector on a port of 127.0.0.1.
pub struct OtlpCollector {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    usual: Reaction,
    /// For the next requests, each with a part of the path that they are for.
    next: VecDeque<(&'static str, Reaction)>,
    requests: Vec<OtlpRequest>,
    /// What the protocol does not have.
    violations: Vec<String>,
    /// Connections that hang.
    hanging: Vec<Box<dyn Connection>>,
    /// All connections that were accepted.
    accepted: Vec<TcpStream>,
    attempts: usize,
}

/// What requests come on.
trait Connection: Read + Write + Send {}

impl<C: Read + Write + Send> Connection for C {}

/// All is taken.
const TAKEN: Reaction = Reaction::Answer(200, "", "{}");

impl OtlpCollector {
    /// Listens, and takes everything.
    #[must_use]
    pub fn start() -> Self {
        Self::serve(None)
    }

    /// The same over TLS, with a certificate and its key in PEM.
    #[must_use]
    pub fn start_with_tls(certificate: &Path, key: &Path) -> Self {
        let certificate = CertificateDer::from_pem_file(certificate).expect("a certificate");
        let key = PrivateKeyDer::from_pem_file(key).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a pair");
        Self::serve(Some(Arc::new(config)))
    }

    fn serve(tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Shared {
            usual: TAKEN,
            next: VecDeque::new(),
            requests: Vec::new(),
            violations: Vec::new(),
            hanging: Vec::new(),
            accepted: Vec::new(),
            attempts: 0,
        };
        let shared = Arc::new(Mutex::new(shared));
        let serves = Arc::clone(&shared);
        let scheme = if tls.is_some() { "https" } else { "http" };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let number = {
                    let mut shared = lock(&serves);
                    shared.accepted.extend(stream.try_clone());
                    shared.accepted.len()
                };
                let (shared, tls) = (Arc::clone(&serves), tls.clone());
                thread::spawn(move || match tls {
                    None => serve(Box::new(stream), number, &shared),
                    Some(config) => {
                        let connection = ServerConnection::new(config).expect("a configuration");
                        serve(Box::new(StreamOwned::new(connection, stream)), number, &shared);
                    }
                });
            }
        });
        Self { address, scheme, shared }
    }

    /// The endpoint to configure.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// How many connections were accepted.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.lock().accepted.len()
    }

    /// Closes all connections, as a collector does with those that are idle, or that ends.
    pub fn close_connections(&self) {
        for stream in &self.lock().accepted {
            // Many are closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// How requests are answered from now on.
    pub fn react(&self, usual: Reaction) {
        self.lock().usual = usual;
    }

    /// Takes everything from now on.
    pub fn take_all(&self) {
        self.react(TAKEN);
    }

    /// How the next request is answered whose path ends with this.
    pub fn react_once(&self, path: &'static str, reaction: Reaction) {
        self.lock().next.push_back((path, reaction));
    }

    /// How many requests have come, whether they were answered or not.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.lock().attempts
    }

    /// The answered requests whose path ends with this. Fails the test when any had what the protocol has not.
    #[must_use]
    pub fn requests(&self, path: &str) -> Vec<OtlpRequest> {
        let shared = self.lock();
        assert_eq!(shared.violations, [""; 0], "fields that the protocol does not have");
        shared.requests.iter().filter(|request| request.path.ends_with(path)).cloned().collect()
    }

    /// The log records that were taken, in their order.
    #[must_use]
    pub fn records(&self) -> Vec<Json> {
        let taken = self.requests("/v1/logs").into_iter().filter(|request| request.status == 200);
        taken.flat_map(|request| items(&request.body, &["resourceLogs", "scopeLogs", "logRecords"])).collect()
    }

    /// The metrics of the newest requests that were taken, by name; waits until there is one with this name.
    #[must_use]
    pub fn metric(&self, name: &str) -> Json {
        wait::until(name, || {
            let taken = self.requests("/v1/metrics").into_iter().filter(|request| request.status == 200).rev();
            let mut metrics =
                taken.flat_map(|request| items(&request.body, &["resourceMetrics", "scopeMetrics", "metrics"]));
            metrics.find(|metric| metric["name"] == name)
        })
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }
}

/// An attribute of a record, a data point or a resource.
#[must_use]
pub fn attribute(of: &Json, key: &str) -> Json {
    let found = of["attributes"].as_array().and_then(|all| all.iter().find(|entry| entry["key"] == key));
    found.map(|entry| entry["value"].clone()).unwrap_or_default()
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers requests until the connection ends.
fn serve(stream: Box<dyn Connection>, connection: usize, shared: &Mutex<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Some((path, headers, body)) = read(&mut stream) {
        let (reaction, number) = {
            let mut shared = lock(shared);
            shared.attempts += 1;
            let at = shared.next.iter().position(|(of, _)| path.ends_with(of));
            let reaction = at.and_then(|at| shared.next.remove(at)).map_or_else(|| shared.usual.clone(), |(_, it)| it);
            (reaction, shared.attempts)
        };
        let violations = match serde_json::from_slice::<Json>(&body) {
            Err(error) => vec![format!("{path}: no JSON: {error}")],
            Ok(json) => violations(&path, &json),
        };
        match reaction {
            Reaction::Close => {
                // The list of connections has a descriptor of it, too.
                let _ = lock(shared).accepted[connection - 1].shutdown(Shutdown::Both);
                return;
            }
            Reaction::Hang => return lock(shared).hanging.push(stream.into_inner()),
            Reaction::Answer(status, more, text) => {
                let body = serde_json::from_slice(&body).unwrap_or_default();
                {
                    // Before the answer, so that what a client has got is counted.
                    let mut shared = lock(shared);
                    shared.violations.extend(violations);
                    shared.requests.push(OtlpRequest { path, headers, body, status, connection });
                }
                let text = text.replace("{n}", &number.to_string());
                let length = text.len();
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{more}\r\n{text}"
                );
                let sent = stream.get_mut().write_all(answer.as_bytes()).and_then(|()| stream.get_mut().flush());
                if sent.is_err() {
                    return;
                }
            }
        }
    }
}

type Received = (String, Vec<(String, String)>, Vec<u8>);

fn read(reader: &mut impl BufRead) -> Option<Received> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let header = |name: &str| headers.iter().find(|(its, _)| its == name).map(|(_, value)| value.as_str());
    let length = header("content-length")?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    if header("content-encoding") == Some("gzip") {
        let mut plain = Vec::new();
        // What is no gzip is no JSON, either.
        let _ = GzDecoder::new(&*body).read_to_end(&mut plain);
        body = plain;
    }
    Some((path, headers, body))
}
