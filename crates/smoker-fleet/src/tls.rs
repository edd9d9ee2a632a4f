//! Serves the page to other hosts, over TLS: bounded in connections and in time, since everybody can reach it.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use smoker_trust::handshake::server;
use smoker_trust::identity::own::OwnIdentity;
use smokercli::error::ExitError;
use smokercli::listen::TlsFiles;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tower::Service;

use crate::tokens::TokenFile;

/// How many connections are served at a time; a further one waits.
const CONNECTIONS: usize = 128;

/// How long a handshake, and the head of a request, may take; also how long a connection may wait for a request.
const REQUEST_TIME: Duration = Duration::from_secs(10);

/// How long a connection lasts, whatever goes through it.
const LIFETIME: Duration = Duration::from_secs(300);

/// After an error of the system, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// The certificate and its key, read again when a file is another one. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Certificate(Arc<(TlsFiles, Mutex<Loaded>)>);

#[derive(Debug)]
struct Loaded {
    config: Arc<ServerConfig>,
    written: [Option<SystemTime>; 2],
}

impl Certificate {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// When they cannot be used.
    pub(crate) fn open(files: &TlsFiles) -> Result<Self, ExitError> {
        let written = written(files);
        let config = load(files).map_err(|reason| ExitError::new(format!("--tls-cert, --tls-key: {reason}")))?;
        Ok(Self(Arc::new((files.clone(), Mutex::new(Loaded { config, written })))))
    }

    /// For the next handshake. Files that cannot be used leave the one of before in effect.
    fn config(&self) -> Arc<ServerConfig> {
        let (files, loaded) = &*self.0;
        let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let now = written(files);
        if now != loaded.written {
            loaded.written = now;
            if let Ok(config) = load(files) {
                loaded.config = config;
            }
        }
        Arc::clone(&loaded.config)
    }
}

fn written(files: &TlsFiles) -> [Option<SystemTime>; 2] {
    let of = |path: &PathBuf| std::fs::metadata(path).and_then(|found| found.modified()).ok();
    [of(&files.certificate), of(&files.key)]
}

fn load(files: &TlsFiles) -> Result<Arc<ServerConfig>, String> {
    let own = OwnIdentity::from_files(&files.certificate, &files.key).map_err(|error| error.to_string())?;
    server::config(&own)
}

/// Answers requests with a token, without end.
pub(crate) async fn serve(listener: TcpListener, routes: Router, certificate: Certificate, tokens: TokenFile) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        // It is never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, address)) = listener.accept().await else {
            sleep(PAUSE).await;
            continue;
        };
        let (routes, certificate, tokens) = (routes.clone(), certificate.clone(), tokens.clone());
        tokio::spawn(async move {
            // What goes wrong on a connection is its client's affair.
            let _ = serve_connection((stream, address), routes, certificate.config(), tokens).await;
            drop(place);
        });
    }
}

async fn serve_connection(
    (stream, address): (TcpStream, SocketAddr),
    routes: Router,
    config: Arc<ServerConfig>,
    tokens: TokenFile,
) -> io::Result<()> {
    let stream = timeout(REQUEST_TIME, TlsAcceptor::from(config).accept(stream)).await??;
    let service = service_fn(move |request: Request<Incoming>| {
        let refusal = tokens.refusal(request.headers(), address.ip());
        let mut routes = routes.clone();
        async move {
            let answer: Result<Response<Body>, Infallible> = match refusal {
                Some(refusal) => Ok(refusal),
                None => routes.call(request.map(Body::new)).await,
            };
            answer
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIME)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    tokio::select! {
        served = serving.as_mut() => return served.map_err(io::Error::other),
        () = sleep(LIFETIME) => {}
    }
    serving.as_mut().graceful_shutdown();
    timeout(REQUEST_TIME, serving).await?.map_err(io::Error::other)
}
