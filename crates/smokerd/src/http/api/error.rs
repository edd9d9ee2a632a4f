//! What goes wrong with a request, as JSON.

use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderValue};
use serde_json::{Value as Json, json};

use crate::http::api::view;
use crate::scheduler::plugin_set::ForceError;

/// The methods of a resource, as the `Allow` header lists them.
pub(crate) const READ_ONLY: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
/// The methods of `/processes`.
pub(crate) const READ_AND_POST: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS, POST");

/// Why a request is not answered as wished. Every one becomes a JSON object
/// with a `message`.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// No such page, plugin or process.
    NotFound(String),
    /// The method makes no sense here.
    MethodNotAllowed(HeaderValue),
    /// The body is not JSON.
    NotJson,
    /// The body is JSON of the wrong kind; answered with an example.
    WrongInput(Option<&'static str>),
    /// More names than [`crate::http::limits::NAMES`].
    TooManyNames,
    /// Nothing could be started.
    Force(ForceError),
    /// The body is larger than [`crate::http::limits::BODY`].
    TooLarge,
    /// The headers are larger than [`crate::http::limits::HEADERS`] or too many.
    HeadersTooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// A browser asks on behalf of another site, or the peer's network is not allowed.
    Forbidden(String),
    /// The request or its handler broke.
    Internal,
}

impl ApiError {
    fn parts(&self) -> (StatusCode, Json) {
        let message = |text: &str| json!({ "message": text });
        match self {
            Self::NotFound(text) => (StatusCode::NOT_FOUND, message(text)),
            Self::MethodNotAllowed(_) => {
                (StatusCode::METHOD_NOT_ALLOWED, message("The method is not allowed for the requested URL."))
            }
            Self::NotJson => (
                StatusCode::BAD_REQUEST,
                message("The browser (or proxy) sent a request that this server could not understand."),
            ),
            Self::WrongInput(reason) => (StatusCode::BAD_REQUEST, example(*reason)),
            Self::TooManyNames => (
                StatusCode::BAD_REQUEST,
                message(&format!(
                    "More than {} plugins are named: use a filter, or ask several times.",
                    crate::http::limits::NAMES
                )),
            ),
            // Not the client's fault by its status: the original's clients know it so.
            Self::Force(ForceError::NoMatch) => (StatusCode::INTERNAL_SERVER_ERROR, message("")),
            Self::Force(error @ ForceError::UnknownPlugin(_)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, message(&error.to_string()))
            }
            Self::Force(error @ (ForceError::TooMany | ForceError::Stopping)) => {
                (StatusCode::SERVICE_UNAVAILABLE, message(&error.to_string()))
            }
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                message(&format!("The body is larger than {} bytes.", crate::http::limits::BODY)),
            ),
            Self::HeadersTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                message(&format!(
                    "Path and headers are larger than {} bytes, or more than {} headers.",
                    crate::http::limits::HEADERS,
                    crate::http::limits::HEADER_COUNT
                )),
            ),
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                message(&format!(
                    "The body did not arrive within {} seconds.",
                    crate::http::limits::REQUEST_TIME.as_secs()
                )),
            ),
            Self::Forbidden(text) => (StatusCode::FORBIDDEN, message(text)),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, message("Internal Server Error")),
        }
    }
}

fn example(reason: Option<&str>) -> Json {
    let mut body = json!({
        "example_input": {
            "process": {"plugins": "[STRING] | NULL", "filter": "{STRING : STRING} | NULL"}
        },
        "note": "filter is optional key : value pair of plugin parameters to filter"
    });
    if let Some(reason) = reason {
        body["message"] = Json::from(reason);
    }
    body
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, body) = self.parts();
        let mut response = view::json(status, &body);
        if let Self::MethodNotAllowed(allowed) = self {
            response.headers_mut().insert(ALLOW, allowed);
        }
        response
    }
}
