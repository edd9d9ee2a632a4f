//! Accepts connections, admits them within the limits, and serves them until the daemon stops.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::ServerConfig;
use smoker_trust::handshake::first_byte::{self, Opening};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::http::access::attempts::Attempts;
use crate::http::access::audit;
use crate::http::access::peer::Peer;
use crate::http::connections::activity::ConnectionGuard;
use crate::http::connections::limiter::{ConnectionLimits, Permit};
use crate::http::connections::serve::{ConnectionError, serve_connection};
use crate::http::limits;
use crate::http::listener::{Listener, Stream};
use crate::http::tls::{self, FailedHandshake, Tls};

/// What connections are served with. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    pub(crate) router: Router,
    pub(crate) limits: ConnectionLimits,
    pub(crate) tls: Tls,
    /// Handshakes that failed.
    pub(crate) handshakes: Attempts,
}

/// How much time responses that have been begun get when the daemon stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How long to wait when the system has no descriptor for a new connection.
const NO_DESCRIPTOR_PAUSE: Duration = Duration::from_millis(100);

/// Serves on all listeners until `shutdown` is cancelled, then finishes the responses that have been begun.
pub(crate) async fn serve(listeners: Vec<Listener>, front: Front, shutdown: CancellationToken) {
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, front.clone(), shutdown.clone()));
    }
    while accepting.join_next().await.is_some() {}
}

async fn accept(listener: Listener, front: Front, shutdown: CancellationToken) {
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
                    pending = front.limits.pending.acquire() => pending,
                    () = shutdown.cancelled() => break,
                };
                connections.spawn(handle_connection(stream, peer, pending, front.clone(), shutdown.clone()));
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
async fn handle_connection(stream: Stream, peer: Peer, pending: Permit, front: Front, shutdown: CancellationToken) {
    let first = tokio::select! {
        // In this order: a connection that has just sent something is not evicted.
        biased;
        first = timeout(limits::REQUEST_TIME, stream.first_byte()) => match first {
            Ok(Ok(first)) => first,
            Ok(Err(_)) | Err(_) => return,
        },
        () = pending.connection().evicted() => return,
        () = shutdown.cancelled() => return,
    };
    let begins_tls = first.is_some_and(|byte| first_byte::opening(byte) == Opening::Tls);
    // The connection keeps its pending permit, and cannot be evicted, until it gets an active one.
    let request = pending.connection().activity().begin_request();
    let permit = tokio::select! {
        biased;
        permit = front.limits.active.acquire() => permit,
        () = shutdown.cancelled() => return,
    };
    drop((request, pending));
    let client = peer.to_string();
    if let Err(error) = Box::pin(serve_stream(stream, (peer, begins_tls), front, permit, shutdown)).await {
        tracing::debug!("{client}: {error}");
    }
}

async fn serve_stream(
    stream: Stream,
    (peer, begins_tls): (Peer, bool),
    front: Front,
    permit: Permit,
    shutdown: CancellationToken,
) -> Result<(), ConnectionError> {
    let connection = permit.connection();
    match (stream, peer) {
        (Stream::Tcp(stream), Peer::Tcp(address)) => {
            stream.set_nodelay(true)?;
            let config = if begins_tls { front.tls.config().await } else { None };
            match config {
                // Boxed, so that a connection without TLS takes no memory for it.
                Some(config) => Box::pin(serve_tls(stream, address, config, front, connection, shutdown)).await,
                None => serve_connection(stream, Peer::Tcp(address), front.router, connection, shutdown).await,
            }
        }
        (Stream::Tcp(stream), peer) => serve_connection(stream, peer, front.router, connection, shutdown).await,
        (Stream::Unix(stream), peer) => serve_connection(stream, peer, front.router, connection, shutdown).await,
    }
}

async fn serve_tls(
    stream: TcpStream,
    address: SocketAddr,
    config: Arc<ServerConfig>,
    front: Front,
    connection: &ConnectionGuard,
    shutdown: CancellationToken,
) -> Result<(), ConnectionError> {
    let delay = front.handshakes.delay(address.ip().into());
    let accepted = tokio::select! {
        accepted = async {
            sleep(delay).await;
            tls::accept(stream, config).await
        } => accepted,
        () = connection.evicted() => return Ok(()),
        () = shutdown.cancelled() => return Ok(()),
    };
    match accepted {
        Ok((stream, certified)) => {
            serve_connection(
                stream,
                Peer::Tls(address, certified.map(|certified| Arc::new(certified.into()))),
                front.router,
                connection,
                shutdown,
            )
            .await
        }
        // Counted before its connection ends, so that the client's next one is held against it.
        Err(FailedHandshake { failure, stream }) => {
            // As many as anybody reads.
            if front.handshakes.count(address.ip().into()).is_ok() {
                audit::handshake_failed(address, &failure);
            }
            drop(stream);
            Ok(())
        }
    }
}
