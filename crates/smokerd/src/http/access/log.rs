//! The access log: a line for each request.

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

use crate::http::access::peer::Peer;
use crate::http::shown_target;

/// The middleware that logs client, request line and status of each request, also of one that is refused.
pub(crate) async fn access_log(Extension(peer): Extension<Peer>, request: Request, next: Next) -> Response {
    let line = tracing::enabled!(tracing::Level::INFO)
        .then(|| format!("{} {}", request.method(), shown_target::shown(request.uri())));
    let response = next.run(request).await;
    if let Some(line) = line {
        tracing::info!("{peer} \"{line}\" {}", response.status().as_u16());
    }
    response
}
