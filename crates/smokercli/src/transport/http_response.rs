//! Receives responses, within a bound, and explains those without success.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;

use reqwest::header::{HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode, Url};
use smoker_model::wire::about::{INSTANCE_HEADER, read_instance};
use smoker_model::wire::error::ErrorBody;
use smoker_model::wire::not_loaded::{self, NOT_LOADED_HEADER, NotLoaded};
use smoker_trust::failure::Failure as HandshakeFailure;
use smoker_trust::handshake::explain::{Side, failure_of};

use crate::transport::exchange::{FailureKind, PageBody};
use crate::transport::shorten::Shortener;

/// Long texts of a larger response are cut.
const WHOLE_ANSWER: usize = 32 << 20;
/// A response that is larger although its texts were cut is refused: a broken server must not fill the memory.
const MAX_ANSWER: usize = 64 << 20;

/// What a server sent.
pub(super) enum Received {
    /// A body with success.
    Body(PageBody),
    /// A redirect to a page of the same host.
    Redirect(Url),
}

/// Why a server sent nothing of use.
pub(super) struct Failure {
    /// What went wrong.
    pub(super) reason: String,
    /// What kind of failure it is.
    pub(super) kind: FailureKind,
}

/// Receives the body of a response. With `may_redirect`
/// a redirect that stays on the host is no failure; it never leads to another
/// host, which an answer must not make the client ask. `over_tls` is the address of a host that is asked in this way.
///
/// # Errors
///
/// Why the response is none with success, or not whole.
pub(super) async fn receive(
    response: Response,
    may_redirect: bool,
    over_tls: Option<&str>,
) -> Result<Received, Failure> {
    if let Some(target) = redirect_on_host(&response).filter(|_| may_redirect) {
        return Ok(Received::Redirect(target));
    }
    body(successful(response).await?, over_tls).await.map(Received::Body)
}

/// The body of a response with success that has come on another way.
///
/// # Errors
///
/// Why it is none with success, or too large.
pub(super) async fn received(response: http::Response<Vec<u8>>) -> Result<PageBody, Failure> {
    if response.status().is_success() && response.body().len() <= WHOLE_ANSWER {
        // It is all there, so there is nothing to wait for.
        let (not_loaded, instance) = (not_loaded(response.headers()), instance(response.headers()));
        return Ok(PageBody { bytes: response.into_body(), is_cut: false, not_loaded, instance });
    }
    body(successful(response.into()).await?, None).await
}

/// Sends the request and receives the head of the response.
///
/// # Errors
///
/// Why there is no response.
pub(super) async fn sent(request: RequestBuilder, over_tls: Option<&str>) -> Result<Response, Failure> {
    request.send().await.map_err(|error| {
        let kind = if error.is_connect() && is_refused(&error) {
            FailureKind::Refused
        } else if error.is_request() && !error.is_timeout() && !error.is_connect() {
            FailureKind::ConnectionLost
        } else {
            FailureKind::Other
        };
        Failure { reason: reason(&error, over_tls), kind }
    })
}

/// Whether nobody listens at the address, as while a daemon starts again.
pub(super) fn is_refused(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
        if matches!(kind, Some(ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset)) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// A response with success, whose body may have no end.
///
/// # Errors
///
/// The reason of one without.
pub(super) async fn successful(response: Response) -> Result<Response, Failure> {
    if response.status().is_success() {
        return Ok(response);
    }
    let kind = match response.status() {
        StatusCode::NOT_FOUND => FailureKind::NotFound,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            FailureKind::Unavailable
        }
        StatusCode::TOO_MANY_REQUESTS => retry_after(&response).map_or(FailureKind::Other, FailureKind::TooMany),
        _ => FailureKind::Other,
    };
    Err(Failure { reason: http_error(response).await, kind })
}

/// The seconds to wait that a header says, one at least.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds: u32 = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.max(1).into()))
}

async fn body(mut response: Response, over_tls: Option<&str>) -> Result<PageBody, Failure> {
    let (not_loaded, instance) = (not_loaded(response.headers()), instance(response.headers()));
    let mut whole = Vec::new();
    let mut shortener: Option<Shortener> = None;
    loop {
        let chunk = response.chunk().await;
        let chunk = chunk.map_err(|error| {
            let kind = if error.is_timeout() { FailureKind::Other } else { FailureKind::CutOff };
            Failure { reason: reason(&error, over_tls), kind }
        })?;
        let Some(chunk) = chunk else { break };
        match &mut shortener {
            Some(shortener) => shortener.push(&chunk),
            None => whole.extend_from_slice(&chunk),
        }
        if whole.len() > WHOLE_ANSWER {
            shortener.get_or_insert_default().push(&std::mem::take(&mut whole));
        }
        if shortener.as_ref().is_some_and(|shortener| shortener.len() > MAX_ANSWER) {
            let reason = format!("the answer is larger than {} MiB; name plugins by -p", MAX_ANSWER >> 20);
            return Err(Failure { reason, kind: FailureKind::TooLarge });
        }
    }
    let (bytes, is_cut) = shortener.map_or((whole, false), Shortener::finish);
    Ok(PageBody { bytes, is_cut, not_loaded, instance })
}

/// The plugins that the daemon has left out.
fn not_loaded(headers: &HeaderMap) -> Option<NotLoaded> {
    not_loaded::read(headers.get(NOT_LOADED_HEADER)?.to_str().ok()?)
}

/// Which start of the daemon has answered.
fn instance(headers: &HeaderMap) -> Option<String> {
    read_instance(headers.get(INSTANCE_HEADER)?.to_str().ok()?)
}

pub(super) fn reason(error: &reqwest::Error, over_tls: Option<&str>) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let failure = over_tls.and_then(|host| failure_of(error, Side::Client(host)));
    // A connection that ends later has had its handshake.
    match failure.filter(|failure| error.is_connect() || *failure != HandshakeFailure::HandshakeEnded) {
        Some(failure) => failure.for_client(),
        None => explained(last_cause(error), over_tls.is_some()),
    }
}

/// A cause whose words are those of a library, with the next step.
pub(super) fn explained(cause: String, is_over_tls: bool) -> String {
    if cause.contains("close_notify") {
        return "the connection ended before the answer did; look into the log of the daemon".to_owned();
    }
    // What a server of TLS alone does with a request of http.
    if !is_over_tls && ["invalid HTTP", "connection closed before"].iter().any(|begin| cause.starts_with(begin)) {
        return format!(
            "{cause}; look into the log of the daemon, or name it as https://HOST:PORT if it speaks TLS alone"
        );
    }
    cause
}

/// The target of a redirect within one host and one scheme: the client for http has no certificates.
fn redirect_on_host(response: &Response) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let from = response.url();
    let to = from.join(response.headers().get(LOCATION)?.to_str().ok()?).ok()?;
    (to.scheme() == from.scheme() && to.host() == from.host()).then_some(to)
}

/// The reason of a response without success: its status, the target of a
/// redirect, and the message that a smokerd puts into the body.
async fn http_error(mut response: Response) -> String {
    let status = response.status();
    let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
    let to = to.map_or(String::new(), |to| format!(", redirected to {to}, which is not followed; name that address"));
    // A smokerd's message fits into the first chunk; a longer body comes from another server.
    let first = response.chunk().await.ok().flatten().unwrap_or_default();
    let message = serde_json::from_slice(&first).map_or(String::new(), |body: ErrorBody| body.message);
    let is_news = !message.is_empty() && Some(message.as_str()) != status.canonical_reason();
    let message = if is_news { format!(": {message}") } else { String::new() };
    format!("HTTP Error {status}{to}{message}")
}

/// The innermost cause, which says what went wrong; the outer ones only say where.
pub(super) fn last_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
