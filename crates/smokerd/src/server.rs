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
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::api::guard::Connection;
use crate::limits;
use crate::patience::Impatient;

/// How long answers that are on their way have when the daemon stops.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// How long to wait when the system has no descriptor for a new connection.
const NO_DESCRIPTOR_PAUSE: Duration = Duration::from_millis(100);

/// Serves on all listeners until `shutdown`, then lets answers finish.
pub(crate) async fn serve(listeners: Vec<TcpListener>, router: Router, shutdown: CancellationToken) {
    let places = Arc::new(Semaphore::new(limits::CONNECTIONS));
    let mut accepting = JoinSet::new();
    for listener in listeners {
        accepting.spawn(accept(listener, router.clone(), Arc::clone(&places), shutdown.clone()));
    }
    while accepting.join_next().await.is_some() {}
}

async fn accept(listener: TcpListener, router: Router, places: Arc<Semaphore>, shutdown: CancellationToken) {
    let mut connections = JoinSet::new();
    let mut said_that_none_is_left = false;
    loop {
        // The place comes first: who has none waits in the system's queue, at no cost to us.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, peer)) => {
                let connection = talk(stream, peer, router.clone(), shutdown.clone());
                connections.spawn(async move {
                    let _place = place;
                    if let Err(error) = connection.await {
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
    shutdown: CancellationToken,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    let connection = Connection { peer, local: stream.local_addr()? };
    let answer = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection);
        router.clone().call(request.map(axum::body::Body::new))
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::REQUEST_TIME)
        .max_headers(limits::PARSER_HEADERS)
        .max_buf_size(limits::PARSER_BUFFER)
        .half_close(true)
        .serve_connection(TokioIo::new(Impatient::new(stream, limits::REQUEST_TIME)), answer);
    tokio::pin!(serving);
    tokio::select! {
        served = serving.as_mut() => return Ok(served?),
        () = shutdown.cancelled() => serving.as_mut().graceful_shutdown(),
    }
    Ok(serving.await?)
}
