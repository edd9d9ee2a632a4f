//! Daemons to be asked: one port at every address of 127.0.0.0/8, each of
//! which gives a name of its own and the same five plugins.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Builder;

use crate::again;
use crate::mode::{SIMULATOR, TLS_SIMULATOR};

/// As many may wait to be accepted; too few would show as lost packets, not as work of the client.
const BACKLOG: u32 = 4096;

/// A running simulator. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Simulator {
    child: Child,
    /// The port of all its daemons.
    pub(crate) port: u16,
}

impl Simulator {
    /// Starts one.
    pub(crate) fn start() -> Result<Self, String> {
        Self::spawn(again::command(SIMULATOR)?)
    }

    /// Starts one over TLS, with the key of this folder.
    pub(crate) fn start_over_tls(state: &Path) -> Result<Self, String> {
        let mut command = again::command(TLS_SIMULATOR)?;
        command.arg(state);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("the simulator does not start: {error}");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(failed)?;
        }
        let port = line.trim().parse().map_err(|_| format!("the simulator names no port but {line:?}"))?;
        Ok(Self { child, port })
    }
}

impl Drop for Simulator {
    /// It has nothing to lose, and its end is all that is wanted.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends this program when standard input does, as when the parent is gone.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}

/// Prints the port and serves until standard input ends.
pub(crate) fn run() -> Result<(), String> {
    end_with_parent();
    let runtime = Builder::new_current_thread().enable_io().build();
    runtime.and_then(|runtime| runtime.block_on(serve())).map_err(|error| format!("the simulator failed: {error}"))
}

async fn serve() -> std::io::Result<()> {
    let listener = listen()?;
    println!("{}", listener.local_addr()?.port());
    let (page, forced) = (answer(&plugins()), answer(&forced_plugins()));
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(converse(stream, page.clone(), forced.clone()));
    }
}

fn listen() -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))?;
    socket.listen(BACKLOG)
}

/// Answers until the client closes the connection or asks for that.
async fn converse(mut stream: TcpStream, page: String, forced: String) {
    let host = stream.local_addr().map_or_else(|_| String::new(), |address| format!("h{}", address.ip()));
    let about = answer(&about(&host));
    let mut request = Vec::new();
    let mut part = [0; 1024];
    while let Ok(read @ 1..) = stream.read(&mut part).await {
        request.extend_from_slice(&part[..read]);
        // A forced run is done when it is answered, as one is that the daemon waited for; its request is small.
        let is_whole = request.ends_with(b"\r\n\r\n") && !request.starts_with(b"POST ")
            || request.starts_with(b"POST ") && is_whole_post(&request);
        if !is_whole {
            continue;
        }
        let answer = if request.starts_with(b"GET / ") {
            &about
        } else if request.starts_with(b"POST ") {
            &forced
        } else {
            &page
        };
        let last = request.windows(5).any(|bytes| bytes.eq_ignore_ascii_case(b"close"));
        if stream.write_all(answer.as_bytes()).await.is_err() || last {
            return;
        }
        request.clear();
    }
}

/// Whether the body is there, as long as the head says.
fn is_whole_post(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    body.len() >= length.unwrap_or_default()
}

/// An answer of a daemon with this body.
pub(crate) fn answer(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}")
}

/// The page about a daemon of this name.
pub(crate) fn about(host: &str) -> String {
    let link = |rel: &str| json!({"rel": rel, "href": format!("/{rel}"), "methods": "GET", "title": ""});
    json!({"about": {"host": host, "title": "", "links": [link("plugins"), link("processes")]}}).to_string()
}

/// A page of five plugins, some 3 KiB.
pub(crate) fn plugins() -> String {
    page_of("lastResult")
}

/// The answer to a request to run them.
fn forced_plugins() -> String {
    page_of("forcedResult")
}

fn page_of(result: &str) -> String {
    let item = |number: usize| {
        json!({"plugin": {
            "name": format!("check-{number}"), "links": {"self": format!("/plugins/check-{number}")}, "nextRun": null,
            result: {"status": "OK", "messages": {"info": ["all is well here"], "error": [], "warn": []},
                "lastRun": "2020-01-02T03:04:05.678901", "componentResults": null, "action": null, "forced": false},
            "parameters": {"Command": "check --all", "Module": null, "Parser": null, "Interval": 60, "Timeout": 30,
                "History": 10, "uid": "default", "gid": "default", "Template": null, "Action": null},
        }})
    };
    json!({"plugins": {"items": (0..5).map(item).collect::<Vec<_>>()}}).to_string()
}
