//! The audit log: who runs plugins, silences them and reloads the daemon, and who is refused.

use std::fmt::Display;
use std::net::SocketAddr;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use hyper::Method;
use smoker_trust::failure::Failure;

use crate::http::access::client::Client;
use crate::http::access::refusal::Refusal;
use crate::http::audited::Audited;

/// Has a request answered, and logs it when it changes something.
pub(crate) async fn follow(client: &Client, request: Request, next: Next) -> Response {
    let method = request.method();
    let is_change = [Method::POST, Method::DELETE].contains(method);
    let line = (is_change && is_enabled()).then(|| format!("{method} {}", request.uri().path()));
    let response = next.run(request).await;
    if let Some(line) = line {
        let what = response.extensions().get::<Audited>().map_or_else(String::new, |Audited(what)| format!(": {what}"));
        tracing::info!("{client}: {line}: {}{what}", response.status().as_u16());
    }
    response
}

/// Logs that a request is refused.
pub(crate) fn refused(client: &impl Display, request: &Request, refusal: Refusal) -> Refusal {
    if is_enabled() {
        let (method, path) = (request.method(), request.uri().path());
        let status = refusal.status().as_u16();
        tracing::info!("{client}: {method} {path}: {status}: refused: {}", refusal.message_for_log());
    }
    refusal
}

/// Logs that a handshake has failed.
pub(crate) fn handshake_failed(client: SocketAddr, failure: &Failure) {
    tracing::info!("{client}: TLS: refused: {}", failure.for_daemon());
}

fn is_enabled() -> bool {
    tracing::enabled!(tracing::Level::INFO)
}
