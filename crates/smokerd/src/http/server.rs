//! Accepts connections and answers them, with bounds on what a client may
//! occupy and for how long.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::http::api::guard::Connection;
use crate::http::idle::Member;
use crate::http::limits;
use crate::http::patience::Impatient;
use crate::http::places::{Place, Places};

/// How long answers that are on their way have when the daemon stops.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// How long to wait when the system has no descriptor for a new connection.
const NO_DESCRIPTOR_PAUSE: Duration = Duration::from_millis(100);

/// Serves on all listeners until `shutdown`, then lets answers finish.
pub(crate) async fn serve(listeners: Vec<TcpListener>, router: Router, rooms: Rooms, shutdown: CancellationToken) {
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, router.clone(), rooms.clone(), shutdown.clone()));
    }
    while accepting.join_next().await.is_some() {}
}

/// Where connections are. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Rooms {
    /// Those that have said nothing yet, which costs little.
    lobby: Places,
    /// Those that are served.
    served: Places,
}

impl Rooms {
    /// For a daemon that may have so many files open: clients leave half of
    /// them to the runs.
    pub(crate) fn new(files: usize) -> Self {
        let served = (files / 4).clamp(4, limits::CONNECTIONS);
        let lobby = (files / 2).saturating_sub(limits::CONNECTIONS).max(files / 8).clamp(4, limits::SILENT_CONNECTIONS);
        Self { lobby: Places::new(lobby), served: Places::new(served) }
    }
}

async fn accept(listener: TcpListener, router: Router, rooms: Rooms, shutdown: CancellationToken) {
    let mut connections = JoinSet::new();
    let mut said_that_none_is_left = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                // Meanwhile the next ones wait in the system's queue, at no cost to us.
                let waiting = tokio::select! {
                    waiting = rooms.lobby.take() => waiting,
                    () = shutdown.cancelled() => break,
                };
                connections.spawn(receive(
                    stream,
                    peer,
                    waiting,
                    rooms.served.clone(),
                    router.clone(),
                    shutdown.clone(),
                ));
            }
            Err(error) if is_only_about_that_connection(&error) => {}
            Err(error) => {
                if !std::mem::replace(&mut said_that_none_is_left, true) {
                    tracing::error!("can't accept connections, will go on trying: {error}");
                }
                sleep(NO_DESCRIPTOR_PAUSE).await;
            }
        }
    }
    drop(listener);
    let _ = timeout(LAST_ANSWERS, async { while connections.join_next().await.is_some() {} }).await;
}

fn is_only_about_that_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// What the HTTP of a client, or the connection itself, broke.
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// Waits until a connection says something, which many never do, then serves
/// it. What serving needs is in a box, and not there before.
async fn receive(
    stream: TcpStream,
    peer: SocketAddr,
    waiting: Place,
    served: Places,
    router: Router,
    shutdown: CancellationToken,
) {
    tokio::select! {
        // In this order: who has just said something is not sent away.
        biased;
        readable = timeout(limits::REQUEST_TIME, stream.readable()) => if !matches!(readable, Ok(Ok(()))) {
            return;
        },
        () = waiting.member().sent_away() => return,
        () = shutdown.cancelled() => return,
    }
    let is_heard = waiting.member().doings().answer();
    let place = tokio::select! {
        biased;
        place = served.take() => place,
        () = shutdown.cancelled() => return,
    };
    drop((is_heard, waiting));
    if let Err(error) = Box::pin(talk(stream, peer, router, place, shutdown)).await {
        tracing::debug!("{peer}: {error}");
    }
}

/// Answers the requests of one connection.
async fn talk(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    place: Place,
    shutdown: CancellationToken,
) -> Result<(), Broken> {
    stream.set_nodelay(true)?;
    let connection = Connection { peer, local: stream.local_addr()? };
    converse(stream, connection, router, place.member(), shutdown).await
}

/// Answers the requests that come out of a stream.
pub(crate) async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: Connection,
    router: Router,
    member: &Member,
    shutdown: CancellationToken,
) -> Result<(), Broken> {
    let doings = member.doings();
    let answer = service_fn(|mut request: Request<Incoming>| {
        let busy = doings.answer();
        request.extensions_mut().insert(connection);
        let answering = router.clone().call(request.map(axum::body::Body::new));
        async move {
            let _busy = busy;
            answering.await
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::REQUEST_TIME)
        .max_headers(limits::PARSER_HEADERS)
        .max_buf_size(limits::PARSER_BUFFER)
        .half_close(true)
        .serve_connection(TokioIo::new(Impatient::new(stream, limits::REQUEST_TIME, doings.clone())), answer);
    tokio::pin!(serving);
    tokio::select! {
        // In this order: a request that has just come is noticed before its connection is given up.
        biased;
        served = serving.as_mut() => return Ok(served?),
        () = member.sent_away() => {
            if member.waits() {
                return Ok(());
            }
        }
        () = shutdown.cancelled() => {}
    }
    serving.as_mut().graceful_shutdown();
    Ok(serving.await?)
}
