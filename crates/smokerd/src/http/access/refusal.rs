//! Why a request is refused before any page sees it, as a response.

use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use smoker_model::wire::error::ErrorBody;

use crate::http::json_response;
use crate::http::limits;

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A browser asks on behalf of another site, the request is for a foreign name, or the client's network is not allowed;
    /// says which.
    Forbidden(String),
    /// A header that may be there once is there twice; says which.
    BadRequest(&'static str),
    /// Path and headers are larger than [`limits::HEADERS`], or more than [`limits::HEADER_COUNT`].
    HeadersTooLarge,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, message) = match self {
            Self::Forbidden(message) => (StatusCode::FORBIDDEN, message),
            Self::BadRequest(message) => (StatusCode::BAD_REQUEST, message.to_owned()),
            Self::HeadersTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                format!(
                    "Path and headers are larger than {} bytes, or more than {} headers.",
                    limits::HEADERS,
                    limits::HEADER_COUNT
                ),
            ),
        };
        json_response::json(status, &ErrorBody { message })
    }
}
