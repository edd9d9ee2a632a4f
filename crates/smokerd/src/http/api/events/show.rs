//! `GET /events`.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use hyper::Method;
use hyper::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::sync::mpsc;

use crate::http::access::authorize::IdentityCheck;
use crate::http::api::answer::error::ApiError;
use crate::http::api::events::body::EventBody;
use crate::http::api::events::listener::Listener;
use crate::http::api::events::wanted::Wanted;
use crate::http::api::results;
use crate::http::connections::activity::ConnectionActivity;
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;

/// Tells nginx, and others that know its header, to pass on each event when it comes: else they keep some kilobytes of them back.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// How many pieces of text wait for the client at most.
const WAITING_CHUNKS: usize = 1;

/// Events until the client or the daemon ends the response.
pub(crate) async fn show(
    State(manager): State<PluginManager>,
    Extension(requester): Extension<Requester>,
    Extension(identity): Extension<IdentityCheck>,
    Extension(activity): Extension<ConnectionActivity>,
    request: Request,
) -> Result<Response, ApiError> {
    let wanted = Wanted::parse(request.uri(), request.headers())?;
    for name in &wanted.plugins {
        results::require_configured(&manager, name, &requester)?;
    }
    let mut response = Response::new(Body::empty());
    let head = response.headers_mut();
    head.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    head.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    head.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    if *request.method() != Method::HEAD {
        let slot = activity.begin_stream(requester.address).ok_or(ApiError::TooManyListeners)?;
        let (sender, receiver) = mpsc::channel(WAITING_CHUNKS);
        tokio::spawn(Listener::new(manager, wanted, identity, requester).run(sender, slot));
        *response.body_mut() = EventBody::new(receiver).into_body();
        // It no longer counts among the connections that are served, and ends with this stream.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}
