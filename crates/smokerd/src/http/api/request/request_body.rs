//! The JSON that a request sends.

use axum::body::{Body, HttpBody};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value as Json;
use smoker_model::notation::bounded_json;
use tokio::time::timeout;

use crate::http::access::authorize::IdentityCheck;
use crate::http::api::answer::error::ApiError;
use crate::http::body_budget::{BodyBytes, OverBudget};
use crate::http::limits;
use crate::results::requester::Requester;

/// Reads a body within the bounds of its size and time. Returns it with the client as it is authorized now: a body may arrive long after the head of its
/// request, and the access that the head had may be withdrawn meanwhile.
pub(crate) async fn read_body(
    body: Body,
    bytes: &mut BodyBytes,
    identity: &IdentityCheck,
) -> Result<(Vec<u8>, Requester), ApiError> {
    // A body whose announced length is too large is refused before it arrives.
    if body.size_hint().lower() > limits::BODY as u64 {
        return Err(ApiError::TooLarge);
    }
    let whole = timeout(limits::REQUEST_TIME, collect(body, bytes)).await.map_err(|_| ApiError::TooSlow)??;
    Ok((whole, identity.requester().await.map_err(ApiError::Refused)?))
}

/// Parses a body as JSON, whatever its content type is.
pub(crate) fn parse(body: &[u8]) -> Result<Json, ApiError> {
    // Some clients of Windows send a byte order mark, which the original ignored.
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    bounded_json::parse(body).map_err(|error| {
        if error.is_data() { ApiError::WrongInput(Some("The body has too many values")) } else { ApiError::NotJson }
    })
}

/// Copies what arrives: kept as it comes, a body of many small parts would take many times its length.
async fn collect(body: Body, bytes: &mut BodyBytes) -> Result<Vec<u8>, ApiError> {
    let mut body = Limited::new(body, limits::BODY);
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|error| if error.is::<LengthLimitError>() { ApiError::TooLarge } else { ApiError::NotJson })?;
        if let Ok(part) = frame.into_data() {
            bytes.add(part.len()).map_err(|OverBudget| ApiError::TooManyBodies)?;
            whole.extend_from_slice(&part);
        }
    }
    Ok(whole)
}
