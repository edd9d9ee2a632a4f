//! Errors of newer routes, as RFC 9457 has them. Those of older routes stay as their clients know them.

use axum::response::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use crate::http::json_response;

/// The reason of an error, kept beside its body.
#[derive(Clone, Debug)]
pub(crate) struct Reason(pub(crate) String);

/// Gives an error the form of a problem; other answers stay as they are.
pub(crate) async fn as_problem(response: Response) -> Response {
    let Some(Reason(detail)) = response.extensions().get().cloned() else { return response };
    let status = response.status();
    let title = status.canonical_reason().unwrap_or_default();
    let problem = json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail});
    let mut answer = json_response::json(status, &problem);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    for (name, value) in response.headers() {
        if !answer.headers().contains_key(name) && name != "content-length" {
            answer.headers_mut().insert(name, value.clone());
        }
    }
    answer
}
