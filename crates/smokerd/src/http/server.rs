//! Accepts connections, admits them within the limits, and serves them until the daemon stops.

use std::io;
use std::time::Duration;

use axum::Router;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::http::access::peer::Peer;
use crate::http::connections::limiter::{ConnectionLimiter, ConnectionLimits, Permit};
use crate::http::connections::serve::{ConnectionError, serve_connection};
use crate::http::limits;
use crate::http::listener::{Listener, Stream};

/// How much time responses that have been begun get when the daemon stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How long to wait when the system has no descriptor for a new connection.
const NO_DESCRIPTOR_PAUSE: Duration = Duration::from_millis(100);

/// Serves on all listeners until `shutdown` is cancelled, then finishes the responses that have been begun.
pub(crate) async fn serve(
    listeners: Vec<Listener>,
    router: Router,
    limits: ConnectionLimits,
    shutdown: CancellationToken,
) {
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, router.clone(), limits.clone(), shutdown.clone()));
    }
    while accepting.join_next().await.is_some() {}
}

async fn accept(listener: Listener, router: Router, limits: ConnectionLimits, shutdown: CancellationToken) {
    let mut connections = JoinSet::new();
    let mut has_reported_error = false;
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                // Meanwhile further connections wait in the accept backlog, which costs the daemon nothing.
                let pending = tokio::select! {
                    pending = limits.pending.acquire() => pending,
                    () = shutdown.cancelled() => break,
                };
                connections.spawn(handle_connection(
                    stream,
                    peer,
                    pending,
                    limits.active.clone(),
                    router.clone(),
                    shutdown.clone(),
                ));
            }
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                if !std::mem::replace(&mut has_reported_error, true) {
                    tracing::error!("cannot accept connections, will go on trying: {error}");
                }
                sleep(NO_DESCRIPTOR_PAUSE).await;
            }
        }
    }
    drop(listener);
    let _ = timeout(DRAIN_TIMEOUT, async { while connections.join_next().await.is_some() {} }).await;
}

/// Whether the next `accept` can succeed at once.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Waits for the first bytes of a connection, which many connections never send, then serves it. The memory that
/// serving needs is allocated only then.
async fn handle_connection(
    stream: Stream,
    peer: Peer,
    pending: Permit,
    active: ConnectionLimiter,
    router: Router,
    shutdown: CancellationToken,
) {
    tokio::select! {
        // In this order: a connection that has just sent something is not evicted.
        biased;
        readable = timeout(limits::REQUEST_TIME, stream.readable()) => if !matches!(readable, Ok(Ok(()))) {
            return;
        },
        () = pending.connection().evicted() => return,
        () = shutdown.cancelled() => return,
    }
    // The connection keeps its pending permit, and cannot be evicted, until it gets an active one.
    let request = pending.connection().activity().begin_request();
    let permit = tokio::select! {
        biased;
        permit = active.acquire() => permit,
        () = shutdown.cancelled() => return,
    };
    drop((request, pending));
    if let Err(error) = Box::pin(serve_stream(stream, peer, router, permit, shutdown)).await {
        tracing::debug!("{peer}: {error}");
    }
}

async fn serve_stream(
    stream: Stream,
    peer: Peer,
    router: Router,
    permit: Permit,
    shutdown: CancellationToken,
) -> Result<(), ConnectionError> {
    match stream {
        Stream::Tcp(stream) => {
            stream.set_nodelay(true)?;
            serve_connection(stream, peer, router, permit.connection(), shutdown).await
        }
        Stream::Unix(stream) => serve_connection(stream, peer, router, permit.connection(), shutdown).await,
    }
}
