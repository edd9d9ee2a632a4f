//! The bounds on path and headers. The HTTP parser takes somewhat more, so that a request beyond the bounds still gets a
//! response that names them.

use axum::extract::Request;

use crate::http::access::refusal::Refusal;
use crate::http::limits;

/// Refuses a request whose path and headers are too large together, or whose headers are too many.
pub(crate) fn check(request: &Request) -> Result<(), Refusal> {
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let path = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if headers + path > limits::HEADERS || request.headers().len() > limits::HEADER_COUNT {
        Err(Refusal::HeadersTooLarge)
    } else {
        Ok(())
    }
}
