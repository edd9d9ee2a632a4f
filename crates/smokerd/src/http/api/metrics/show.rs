//! The answer to `GET /metrics`.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue, VARY};
use smoker_model::metrics::exposition::Format;
use smoker_trust::access::grant::Grant;

use crate::http::api::metrics::accept;
use crate::http::api::metrics::daemon_gauges::DaemonGauges;
use crate::http::api::metrics::kept::KeptMetrics;
use crate::http::held_pages::{HeldPages, PageKey};
use crate::http::streamed_body::StreamedBody;
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;

/// All metrics. Nothing is run for them.
pub(crate) async fn show(
    State(manager): State<PluginManager>,
    State((kept, gauges)): State<(KeptMetrics, DaemonGauges)>,
    State(held): State<HeldPages>,
    Extension(requester): Extension<Requester>,
    headers: HeaderMap,
) -> Response {
    let format = accept::format(&headers);
    let pieces = pieces(&manager, &kept, &gauges, format, requester.limits.as_deref()).await;
    let length = pieces.iter().map(Bytes::len).sum();
    let body = StreamedBody::new(pieces.into_iter(), Some(length as u64), None);
    let body = body.held(&held, PageKey::own(), length).into_body();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    response
}

/// The whole page: the metrics of plugins that an identity with these limits may see, and those of the daemon.
pub(crate) async fn pieces(
    manager: &PluginManager,
    kept: &KeptMetrics,
    gauges: &DaemonGauges,
    format: Format,
    limits: Option<&Grant>,
) -> [Bytes; 2] {
    let plugins = kept.page(manager.state(), format, limits).await;
    let rest = gauges.write(manager, format, kept.left_out()).await + format.end();
    [plugins, Bytes::from(rest)]
}
