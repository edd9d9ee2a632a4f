//! Receives responses, within a bound, and explains those without success.

use std::error::Error;

use reqwest::{RequestBuilder, Response};
use smoker_model::wire::error::ErrorBody;

/// A larger response is refused: the page of a fleet stays far below it, and a
/// broken server must not fill the memory.
const MAX_ANSWER: usize = 64 << 20;

/// Sends the request and receives the body of the response.
///
/// # Errors
///
/// Why there is no response, or none with success.
pub(super) async fn receive(request: RequestBuilder) -> Result<Vec<u8>, String> {
    let failed = |error: reqwest::Error| if error.is_timeout() { "timed out".to_owned() } else { last_cause(&error) };
    let mut response = request.send().await.map_err(failed)?;
    if !response.status().is_success() {
        return Err(http_error(response).await);
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(format!("the answer is larger than {} MiB", MAX_ANSWER >> 20));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The reason of a response without success: its status, the target of a
/// redirect, and the message that a smokerd puts into the body.
async fn http_error(mut response: Response) -> String {
    let status = response.status();
    let to = response.headers().get("location").and_then(|to| to.to_str().ok());
    let to = to.map_or(String::new(), |to| format!(", redirected to {to}"));
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
