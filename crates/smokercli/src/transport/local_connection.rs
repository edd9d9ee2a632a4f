//! A connection to a daemon of this host, over which a token goes in plain text.
//!
//! Whose its other end is, is asked of this very connection before anything is sent: what a path or a port leads to can change
//! between two connections. So each request with a token has a connection of its own.

use std::path::PathBuf;
use std::time::Duration;

use hyper::client::conn::http1;
use hyper::http;
use hyper_util::rt::TokioIo;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONNECTION, HOST, HeaderName, HeaderValue, USER_AGENT};
use reqwest::{Body, Request, RequestBuilder, Response, ResponseBuilderExt, Url};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::transport::exchange::FailureKind;
use crate::transport::http_client;
use crate::transport::http_response::{Failure, explained, is_refused, last_cause};
use crate::transport::local_listener;

/// How a daemon of this host is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LocalPlace {
    /// By its Unix socket.
    Socket(PathBuf),
    /// By the port of the URL, over loopback.
    Port,
}

/// A request with a token.
pub(super) struct LocalRequest<'a> {
    pub(super) place: &'a LocalPlace,
    pub(super) request: RequestBuilder,
    pub(super) token: &'a HeaderValue,
    pub(super) connect_timeout: Option<Duration>,
    /// What helps when the token is not sent.
    pub(super) cure: &'a str,
}

impl LocalRequest<'_> {
    /// Sends the request and receives the head of the response. The token is left out where nobody's account is known to listen.
    ///
    /// # Errors
    ///
    /// Why there is no response; also when the account at the other end is neither root, nor the daemon's, nor the user's.
    pub(super) async fn send(self) -> Result<Response, Failure> {
        let request = self.request.build().map_err(|error| failure(last_cause(&error), FailureKind::Other))?;
        let not_sent = |reason| failure(format!("the token is not sent: {reason}; {}", self.cure), FailureKind::Other);
        match self.place {
            LocalPlace::Socket(path) => {
                let stream = within(self.connect_timeout, UnixStream::connect(path)).await?;
                let listener = local_listener::of_unix(&stream, path).map_err(not_sent)?;
                exchange(stream, request, listener.is_trusted().then_some(self.token)).await
            }
            LocalPlace::Port => {
                let url = request.url();
                let port = url.port_or_known_default().unwrap_or_default();
                let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
                let stream = within(self.connect_timeout, TcpStream::connect((host, port))).await?;
                let _ = stream.set_nodelay(true);
                let listener = local_listener::of_tcp(&stream).map_err(not_sent)?;
                exchange(stream, request, listener.is_trusted().then_some(self.token)).await
            }
        }
    }
}

/// Connects; what takes too long is a failure.
async fn within<S>(
    limit: Option<Duration>,
    connecting: impl Future<Output = std::io::Result<S>>,
) -> Result<S, Failure> {
    let connected = match limit {
        Some(limit) => {
            timeout(limit, connecting).await.map_err(|_| failure("timed out".to_owned(), FailureKind::Other))?
        }
        None => connecting.await,
    };
    connected.map_err(|error| {
        let kind = if is_refused(&error) { FailureKind::Refused } else { FailureKind::Other };
        failure(error.to_string(), kind)
    })
}

async fn exchange<S>(stream: S, request: Request, token: Option<&HeaderValue>) -> Result<Response, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let lost = |error: hyper::Error| failure(explained(last_cause(&error), false), FailureKind::ConnectionLost);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost)?;
    // It ends with the response. What breaks it is told to the request.
    tokio::spawn(connection);
    let url = request.url().clone();
    let request = prepared(request, token).map_err(|reason| failure(reason, FailureKind::Other))?;
    let (head, body) = sender.send_request(request).await.map_err(lost)?.into_parts();
    let mut response = http::Response::builder().status(head.status).version(head.version).url(url);
    if let Some(headers) = response.headers_mut() {
        *headers = head.headers;
    }
    let response = response.body(Body::wrap(body));
    response.map(Response::from).map_err(|error| failure(last_cause(&error), FailureKind::Other))
}

/// The request as it goes over the connection.
fn prepared(request: Request, token: Option<&HeaderValue>) -> Result<http::Request<Body>, String> {
    let host = host_of(request.url());
    let target =
        [Some(request.url().path()), request.url().query()].into_iter().flatten().collect::<Vec<_>>().join("?");
    let mut request = http::Request::<Body>::try_from(request).map_err(|error| last_cause(&error))?;
    *request.uri_mut() = target.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    let headers = request.headers_mut();
    let mut default = |name: HeaderName, value: HeaderValue| {
        headers.entry(name).or_insert(value);
    };
    default(ACCEPT, HeaderValue::from_static("*/*"));
    default(USER_AGENT, HeaderValue::from_static(http_client::USER_AGENT));
    default(HOST, HeaderValue::try_from(host).map_err(|error| error.to_string())?);
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    if let Some(token) = token {
        headers.insert(AUTHORIZATION, token.clone());
    }
    Ok(request)
}

/// Host and port as a request names them: a port that the scheme implies is left out.
fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn failure(reason: String, kind: FailureKind) -> Failure {
    Failure { reason, kind }
}
