//! JSON as a response.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;

use crate::results::json_text;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A response with a value as JSON and a line break after it.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    json_bytes(status, Bytes::from(json_text::to_text(value) + "\n"))
}

/// A response with bytes that are JSON already.
pub(crate) fn json_bytes(status: StatusCode, bytes: Bytes) -> Response {
    json_body(status, Body::from(bytes))
}

/// A response with a body that is JSON already.
pub(crate) fn json_body(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
