//! Receives responses, within a bound, and explains those without success.

use std::error::Error;

use reqwest::header::LOCATION;
use reqwest::{RequestBuilder, Response, Url};
use smoker_model::wire::error::ErrorBody;

/// A larger response is refused: the page of a fleet stays far below it, and a
/// broken server must not fill the memory.
const MAX_ANSWER: usize = 64 << 20;

/// What a server sent.
pub(super) enum Received {
    /// A body with success.
    Body(Vec<u8>),
    /// A redirect to a page of the same host.
    Redirect(Url),
}

/// Why a server sent nothing of use.
pub(super) struct Failure {
    /// What went wrong.
    pub(super) reason: String,
    /// Whether the connection ended before the response began, as a kept one does that the server has closed.
    pub(super) connection_lost: bool,
}

/// Sends the request and receives the body of the response. With `may_redirect`
/// a redirect that stays on the host is no failure; it never leads to another
/// host, which an answer must not make the client ask.
///
/// # Errors
///
/// Why there is no response, or none with success.
pub(super) async fn receive(request: RequestBuilder, may_redirect: bool) -> Result<Received, Failure> {
    let sent = request.send().await;
    let mut response = sent.map_err(|error| Failure {
        connection_lost: error.is_request() && !error.is_timeout() && !error.is_connect(),
        reason: reason(&error),
    })?;
    let broken = |reason| Failure { reason, connection_lost: false };
    if let Some(target) = redirect_on_host(&response).filter(|_| may_redirect) {
        return Ok(Received::Redirect(target));
    }
    if !response.status().is_success() {
        return Err(broken(http_error(response).await));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(reason(&error)))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(broken(format!("the answer is larger than {} MiB", MAX_ANSWER >> 20)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Received::Body(body))
}

fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() { "timed out".to_owned() } else { last_cause(error) }
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
