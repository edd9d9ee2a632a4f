//! Accepts connections and answers them, with bounds on what a client may
//! occupy and for how long.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::api::guard::Connection;
use crate::idle::{Connections, Member};
use crate::limits;
use crate::patience::Impatient;

/// How long answers that are on their way have when the daemon stops.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// How long to wait when the system has no descriptor for a new connection.
const NO_DESCRIPTOR_PAUSE: Duration = Duration::from_millis(100);

/// Serves on all listeners until `shutdown`, then lets answers finish. At most
/// so many connections are served at a time.
pub(crate) async fn serve(listeners: Vec<TcpListener>, router: Router, most: usize, shutdown: CancellationToken) {
    let places = Places { free: Arc::new(Semaphore::new(most)), taken: Connections::new() };
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, router.clone(), places.clone(), shutdown.clone()));
    }
    while accepting.join_next().await.is_some() {}
}

/// Who may be served. Cheap to clone.
#[derive(Clone)]
struct Places {
    free: Arc<Semaphore>,
    taken: Connections,
}

impl Places {
    /// Waits for a place; when none is free, whoever only waits has to go.
    async fn take(&self) -> (OwnedSemaphorePermit, Member) {
        loop {
            let pause = if self.free.available_permits() == 0 { self.taken.make_room() } else { Duration::ZERO };
            tokio::select! {
                biased;
                Ok(place) = Arc::clone(&self.free).acquire_owned() => return (place, self.taken.enter()),
                () = sleep(pause) => {}
            }
        }
    }
}

async fn accept(listener: TcpListener, router: Router, places: Places, shutdown: CancellationToken) {
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
                let (place, member) = tokio::select! {
                    taken = places.take() => taken,
                    () = shutdown.cancelled() => break,
                };
                let talking = talk(stream, peer, router.clone(), member, shutdown.clone());
                connections.spawn(async move {
                    let _place = place;
                    if let Err(error) = talking.await {
                        tracing::debug!("{peer}: {error}");
                    }
                });
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

/// Answers the requests of one connection.
async fn talk(
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
    member: Member,
    shutdown: CancellationToken,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    let connection = Connection { peer, local: stream.local_addr()? };
    converse(stream, connection, router, member, shutdown).await
}

/// Answers the requests that come out of a stream.
pub(crate) async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connection: Connection,
    router: Router,
    member: Member,
    shutdown: CancellationToken,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
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
