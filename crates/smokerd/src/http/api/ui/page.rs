//! The page and its files.

use axum::body::Body;
use axum::response::Response;
use hyper::Uri;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, VARY};
use smoker_page::files;

use crate::http::api::answer::error::ApiError;

/// A file with a name of its content never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// What names such files is asked for each time.
const EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");

/// The page.
pub(crate) async fn show() -> Response {
    html(Body::from(files::index()))
}

/// A file of the page.
pub(crate) async fn file(uri: Uri) -> Result<Response, ApiError> {
    let name = uri.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let Some(file) = files::file(name) else { return Err(no_file(&uri)) };
    let mut response = Response::new(Body::from(file.text));
    response.headers_mut().insert(CACHE_CONTROL, FOR_EVER);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    add_policy(response.headers_mut());
    Ok(response)
}

fn no_file(uri: &Uri) -> ApiError {
    ApiError::NotFound(format!(
        "There is no page {}: the page for browsers is /ui, without scripts /ui/table",
        uri.path()
    ))
}

/// An answer with HTML.
pub(crate) fn html(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(files::HTML));
    headers.insert(CACHE_CONTROL, EACH_TIME);
    // The root has JSON for other clients.
    headers.insert(VARY, HeaderValue::from_static("accept"));
    add_policy(headers);
    response
}

fn add_policy(headers: &mut HeaderMap) {
    for (name, value) in files::HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}
