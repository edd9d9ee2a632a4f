//! `GET /openapi.json`: what these pages are, for programs. A test holds the document against the routes.

use axum::body::Body;
use axum::response::Response;
use hyper::StatusCode;

use crate::http::json_response;

const DOCUMENT: &str = include_str!("openapi.json");

/// The document.
pub(crate) async fn show() -> Response {
    json_response::json_body(StatusCode::OK, Body::from(DOCUMENT))
}
