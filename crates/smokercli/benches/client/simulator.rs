//! Daemons to be asked: one port at every address of 127.0.0.0/8, each of
//! which gives a name of its own and the same five plugins.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use smoker_tests::canned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Builder;

use crate::again::{self, Serving, end_with_parent};
use crate::mode::{SIMULATOR, TLS_SIMULATOR};

/// As many may wait to be accepted; too few would show as lost packets, not as work of the client.
const BACKLOG: u32 = 4096;

/// A running simulator. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Simulator {
    /// The port of all its daemons.
    pub(crate) port: u16,
    _serving: Serving,
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

    fn spawn(command: Command) -> Result<Self, String> {
        let serving = Serving::start(command)?;
        let line = &serving.line;
        let port = line.parse().map_err(|_| format!("the simulator names no port but {line:?}"))?;
        Ok(Self { port, _serving: serving })
    }
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
    let (page, forced) = (canned::answer(&canned::plugins()), canned::answer(&canned::forced_plugins()));
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve_connection(stream, page.clone(), forced.clone()));
    }
}

fn listen() -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))?;
    socket.listen(BACKLOG)
}

/// Answers until the client closes the connection or asks for that.
async fn serve_connection(mut stream: TcpStream, page: String, forced: String) {
    let host = stream.local_addr().map_or_else(|_| String::new(), |address| format!("h{}", address.ip()));
    let about = canned::answer(&canned::about(&host));
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
