//! Listens, and answers requests from what is known.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use axum::extract::{Path as PathPart, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, HeaderValue};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, serve};
use chrono::Utc;
use nix::sys::stat::{Mode, umask};
use smoker_page::files;
use smokercli::asking::{StopSignals, networking};
use smokercli::error::ExitError;
use smokercli::fleet_page::FleetPage;
use smokercli::listen::Listen;
use tokio::net::{TcpListener, UnixListener};

use crate::pages;
use crate::rounds;
use crate::snapshot::Newest;
use crate::tls::{self, Certificate};
use crate::tokens::TokenFile;

/// What requests are answered from.
#[derive(Clone)]
struct Known {
    newest: Newest,
    /// How many hosts are asked.
    hosts: usize,
    /// How soon they are asked again.
    every: Duration,
}

/// Serves the page until SIGINT, SIGTERM or SIGHUP.
///
/// # Errors
///
/// When it cannot listen there.
pub(crate) fn run(page: &FleetPage) -> Result<(), ExitError> {
    let runtime = networking()?;
    let transport = page.transport()?;
    let known = Known { newest: Newest::default(), hosts: page.hosts(), every: page.every() };
    let outcome = runtime.block_on(async {
        // Who reads where the page is may stop it at once.
        let mut signals = StopSignals::listen();
        let served = listen_and_answer(page.listen(), routes(known.clone(), page.listen()));
        tokio::select! {
            failed = served => failed,
            () = rounds::run(page, &transport, &known.newest) => Ok(()),
            () = signals.next() => Ok(()),
        }
    });
    if let Listen::Socket(path) = page.listen()
        && outcome.is_ok()
    {
        // It is made again at the next start, so a left one does no harm.
        let _ = fs::remove_file(path);
    }
    // A name server that does not answer must not delay the exit.
    runtime.shutdown_background();
    outcome
}

async fn listen_and_answer(listen: &Listen, routes: Router) -> Result<(), ExitError> {
    let failed = |shown: String| {
        move |error: io::Error| {
            ExitError::new(format!("cannot listen on {shown}: {error}; choose another place with --listen"))
        }
    };
    match listen {
        Listen::Loopback(address) => {
            let listener = TcpListener::bind(address).await.map_err(failed(address.to_string()))?;
            let address = listener.local_addr().unwrap_or(*address);
            say(&format!("http://{address}/"));
            serve(listener, routes).await.map_err(failed(address.to_string()))
        }
        Listen::Tls(address, files) => {
            let (certificate, tokens) = (Certificate::open(files)?, TokenFile::open(&files.tokens)?);
            let listener = TcpListener::bind(address).await.map_err(failed(address.to_string()))?;
            say(&format!("https://{}/", listener.local_addr().unwrap_or(*address)));
            tls::serve(listener, routes, certificate, tokens).await;
            Ok(())
        }
        Listen::Socket(path) => {
            let shown = path.display().to_string();
            let listener = bind(path).map_err(failed(shown.clone()))?;
            say(&shown);
            serve(listener, routes).await.map_err(failed(shown))
        }
    }
}

fn say(place: &str) {
    // Nobody has to read it.
    let _ = writeln!(io::stdout(), "The page is at {place}");
}

/// A unix socket for this user alone, in place of one on which nobody listens any more.
fn bind(path: &Path) -> io::Result<UnixListener> {
    let found = fs::symlink_metadata(path);
    if found.as_ref().is_ok_and(|found| !found.file_type().is_socket()) {
        return Err(io::Error::other("there is something else than a socket"));
    }
    if found.is_ok() && UnixStream::connect(path).is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
        fs::remove_file(path)?;
    }
    let before = umask(Mode::S_IXUSR | Mode::S_IRWXG | Mode::S_IRWXO);
    let listener = UnixListener::bind(path);
    umask(before);
    listener
}

fn routes(known: Known, listen: &Listen) -> Router {
    let routes = Router::new()
        .route("/", get(grid))
        .route("/host/{name}", get(host))
        .route("/fleet.json", get(json))
        .route("/ui/{name}", get(file))
        .fallback(|| async {
            (StatusCode::NOT_FOUND, "There is no such page: the grid is /, for programs /fleet.json\n")
        })
        .with_state(known);
    match listen {
        // A page of another site can make a browser ask for any name that it has the name server answer with 127.0.0.1.
        Listen::Loopback(_) => routes.layer(middleware::from_fn(only_of_this_host)),
        // A browser sends a token to the name that it was typed for, and to no other.
        Listen::Socket(_) | Listen::Tls(..) => routes,
    }
}

async fn only_of_this_host(request: Request, next: Next) -> Response {
    if names_this_host(request.headers()) {
        return next.run(request).await;
    }
    let text = "This page answers to localhost and addresses of this host alone; open it by http://127.0.0.1\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

fn names_this_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(Ok(host)), None) = (hosts.next().map(HeaderValue::to_str), hosts.next()) else { return false };
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost")
        || host.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback())
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

async fn grid(State(known): State<Known>) -> Response {
    html(pages::grid(known.newest.get().as_deref(), known.hosts, known.every, Utc::now()))
}

async fn host(State(known): State<Known>, PathPart(name): PathPart<String>) -> Response {
    let Some(snapshot) = known.newest.get() else { return not_yet() };
    match snapshot.host(&name) {
        Some(host) => html(pages::host(&snapshot, host)),
        None => (StatusCode::NOT_FOUND, "There is no host of this name; the grid is /\n").into_response(),
    }
}

async fn json(State(known): State<Known>) -> Response {
    let Some(snapshot) = known.newest.get() else { return not_yet() };
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], pages::json(&snapshot)).into_response()
}

fn not_yet() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "The hosts are being asked for the first time; try again in some seconds\n")
        .into_response()
}

async fn file(PathPart(name): PathPart<String>) -> Response {
    match files::file(&name) {
        Some(file) => {
            let kept = [(CONTENT_TYPE, file.media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            with_policy((kept, file.text).into_response())
        }
        None => (StatusCode::NOT_FOUND, "There is no such file\n").into_response(),
    }
}

fn html(text: String) -> Response {
    with_policy(([(CONTENT_TYPE, files::HTML), (CACHE_CONTROL, "no-cache")], text).into_response())
}

fn with_policy(mut response: Response) -> Response {
    for (name, value) in files::HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_for_other_names_are_refused() {
        let named = |hosts: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_static(host));
            }
            names_this_host(&headers)
        };
        for host in ["localhost", "LOCALHOST:8087", "127.0.0.1:1", "127.1.2.3", "[::1]:80", "[::1]"] {
            assert!(named(&[host]), "{host}");
        }
        for host in
            ["evil.example", "evil.example:8087", "127.0.0.1.evil.example", "192.0.2.1", "localhost:x", "", "[::2]:1"]
        {
            assert!(!named(&[host]), "{host}");
        }
        assert!(!named(&[]) && !named(&["localhost", "localhost"]));
    }
}
