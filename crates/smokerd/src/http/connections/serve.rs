//! The HTTP of one connection, over any stream.

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::http::access::peer::Peer;
use crate::http::connections::activity::{ConnectionGuard, PageEvicted};
use crate::http::connections::busy_body::BusyBody;
use crate::http::connections::watched_input::watched;
use crate::http::connections::write_timeout::WriteTimeout;
use crate::http::limits;

/// Why a connection failed: an error of the client's HTTP, or of the stream.
pub(crate) type ConnectionError = Box<dyn std::error::Error + Send + Sync>;

/// Answers the requests that come out of a stream, until the client closes it, the connection is evicted or
/// `shutdown` is cancelled. A response that has been begun is finished first. Each request carries `peer` in
/// its extensions.
///
/// # Errors
///
/// When the client breaks HTTP, when the stream fails, and when a time limit passes.
pub(crate) async fn serve_connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
    router: Router,
    connection: &ConnectionGuard,
    shutdown: CancellationToken,
) -> Result<(), ConnectionError> {
    let activity = connection.activity();
    let (stream, input) = watched(WriteTimeout::new(stream, limits::REQUEST_TIME, activity.clone()));
    let service = service_fn(|mut request: Request<Incoming>| {
        let active = activity.begin_request();
        request.extensions_mut().insert(peer.clone());
        request.extensions_mut().insert(activity.clone());
        let response = router.clone().call(request.map(Body::new));
        async move { Ok::<_, Infallible>(response.await?.map(|body| BusyBody::new(body, active))) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::REQUEST_TIME)
        .max_headers(limits::PARSER_HEADERS)
        .max_buf_size(limits::PARSER_BUFFER)
        .half_close(true)
        // As the original writes them: scripts look for `Location:` in what curl prints.
        .title_case_headers(true)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    tokio::select! {
        // In this order: a request that has just arrived is noticed before its connection is closed.
        biased;
        served = serving.as_mut() => return Ok(served?),
        () = connection.aborted() => return Err(PageEvicted.into()),
        () = connection.evicted() => {
            if connection.is_idle() {
                return Ok(());
            }
        }
        () = shutdown.cancelled() => {}
        () = input.report(&activity) => {}
    }
    serving.as_mut().graceful_shutdown();
    tokio::select! {
        biased;
        served = serving.as_mut() => Ok(served?),
        () = connection.aborted() => Err(PageEvicted.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::pin::Pin;
    use std::sync::{Arc, Mutex};
    use std::task::{Context, Poll};
    use std::time::Duration;

    use axum::routing::get;
    use bytes::Bytes;
    use hyper::body::{Body as HttpBody, Frame};
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::http::connections::activity::MIN_IDLE_BEFORE_EVICTION;
    use crate::http::connections::limiter::ConnectionLimiter;

    const DEADLINE: Duration = Duration::from_secs(30);

    /// A body that is streamed: it ends when the sender is dropped.
    struct Chunks(UnboundedReceiver<&'static str>);

    impl HttpBody for Chunks {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            self.0.poll_recv(context).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk.into()))))
        }
    }

    /// Serves one page, which has this body once.
    async fn serve(stream: DuplexStream, limiter: ConnectionLimiter, body: Chunks) -> Result<(), ConnectionError> {
        serve_on(stream, limiter.acquire().await.connection(), body).await
    }

    async fn serve_on(stream: DuplexStream, guard: &ConnectionGuard, body: Chunks) -> Result<(), ConnectionError> {
        let body = Arc::new(Mutex::new(Some(Body::new(body))));
        let show = move || std::future::ready(body.lock().expect("it is not poisoned").take().unwrap_or_default());
        let router = Router::new().route("/", get(show));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        serve_connection(stream, Peer::Tcp(address), router, guard, CancellationToken::new()).await
    }

    async fn read_until(stream: &mut DuplexStream, end: &str) {
        let mut text = Vec::new();
        while !text.ends_with(end.as_bytes()) {
            let byte = timeout(DEADLINE, stream.read_u8()).await.expect("bytes arrive in time");
            text.push(byte.unwrap_or_else(|_| panic!("{:?} ends before {end:?}", String::from_utf8_lossy(&text))));
        }
    }

    #[tokio::test]
    async fn a_connection_that_is_broken_off_is_closed_while_a_response_is_sent() {
        let (mut client, server) = duplex(1024);
        let limiter = ConnectionLimiter::new(1, 0);
        let permit = limiter.acquire().await;
        let activity = permit.connection().activity();
        let (chunks, body) = unbounded_channel();
        let serving = tokio::spawn(async move { serve_on(server, permit.connection(), Chunks(body)).await });
        client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("the request is sent");
        chunks.send("first").expect("the body is read");
        read_until(&mut client, "first\r\n").await;
        activity.abort();
        let served = timeout(DEADLINE, serving).await.expect("the connection is closed").expect("nothing panics");
        assert!(served.is_err_and(|error| error.is::<PageEvicted>()));
        assert_eq!(timeout(DEADLINE, client.read(&mut [0])).await.expect("an end").expect("no error"), 0);
    }

    #[tokio::test]
    async fn a_connection_is_evicted_only_after_the_body_of_its_response() {
        let (mut client, server) = duplex(1024);
        let limiter = ConnectionLimiter::new(1, 0);
        let (chunks, body) = unbounded_channel();
        let serving = tokio::spawn(serve(server, limiter.clone(), Chunks(body)));
        client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.expect("the request is sent");
        chunks.send("first").expect("the body is read");
        read_until(&mut client, "first\r\n").await;
        let other = tokio::spawn({
            let limiter = limiter.clone();
            async move { limiter.acquire().await }
        });
        sleep(3 * MIN_IDLE_BEFORE_EVICTION).await;
        assert!(!other.is_finished(), "the connection is busy: its body has not been sent");
        chunks.send("last").expect("the body is read");
        drop(chunks);
        read_until(&mut client, "last\r\n0\r\n\r\n").await;
        timeout(DEADLINE, other).await.expect("the idle connection is evicted").expect("nothing panics");
        let served = timeout(DEADLINE, serving).await.expect("the connection is closed").expect("nothing panics");
        served.expect("the client has kept to HTTP");
    }
}
