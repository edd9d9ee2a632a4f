//! Pages that a client may have already (`ETag`), and that are compressed when the client takes that.

use axum::body::Body;
use axum::response::Response;
use hyper::StatusCode;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, VARY};

use crate::http::api::answer::view::Page;
use crate::http::gzip::gzipped;
use crate::http::held_pages::{HeldPages, PageKey};
use crate::http::json_response;
use crate::http::streamed_body::StreamedBody;

/// Shorter pages are not compressed.
const SHORTEST_COMPRESSED: usize = 1024;

/// The page, or 304 when the client has it. Pages of one URL with the same `digest` are the same.
pub(crate) fn answer(digest: u64, headers: &HeaderMap, held: &HeldPages, page: impl FnOnce() -> Page) -> Response {
    // Weak, since it stands for the compressed page, too.
    let tag = format!("W/\"{digest:016x}\"");
    let mut response = if words(headers, IF_NONE_MATCH).any(|known| is_same(known, &tag)) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response
    } else {
        shown(page(), headers, held)
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn shown(page: Page, headers: &HeaderMap, held: &HeldPages) -> Response {
    if page.length() < SHORTEST_COMPRESSED || !takes_gzip(headers) {
        return json_response::json_body(StatusCode::OK, page.into_body(held, PageKey::own(), None));
    }
    let length = page.length();
    let body =
        StreamedBody::new(gzipped(page.into_pieces()), None, None).held(held, PageKey::own(), length).into_body();
    let mut response = json_response::json_body(StatusCode::OK, body);
    response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    response
}

fn words(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}

fn is_same(known: &str, tag: &str) -> bool {
    known == "*" || known.trim_start_matches("W/") == tag.trim_start_matches("W/")
}

/// Whether `Accept-Encoding` has gzip, or else any coding, and does not refuse it (RFC 9110, section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let taken = |names: &[&str]| {
        let codings = words(headers, ACCEPT_ENCODING).map(coding);
        let named = codings.filter(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)));
        named.map(|(_, is_taken)| is_taken).reduce(|one, other| one || other)
    };
    taken(&["gzip", "x-gzip"]).or_else(|| taken(&["*"])).unwrap_or(false)
}

/// The name of a coding, and whether its weight is above 0.
fn coding(word: &str) -> (&str, bool) {
    let (name, weight) = word.split_once(';').unwrap_or((word, ""));
    let weight = weight.trim().trim_start_matches(['q', 'Q']).trim_start().trim_start_matches('=').trim();
    (name.trim(), weight.parse::<f32>().map_or(true, |weight| weight > 0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_that_is_refused_by_its_name_is_not_meant_by_any() {
        let takes = |value: &'static str| {
            takes_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]))
        };
        for value in ["gzip", "br, GZIP;q=0.1", "*", "x-gzip", "gzip, *;q=0", "identity;q=0.5, *;q=0.2"] {
            assert!(takes(value), "{value}");
        }
        for value in ["", "br", "gzip;q=0, *", "*, gzip; q=0.0", "*;q=0", "identity"] {
            assert!(!takes(value), "{value}");
        }
    }

    #[test]
    fn tags_are_compared_as_http_has_it() {
        assert!(is_same("W/\"1\"", "W/\"1\"") && is_same("\"1\"", "W/\"1\"") && is_same("*", "W/\"1\""));
        assert!(!is_same("W/\"2\"", "W/\"1\"") && !is_same("", "W/\"1\""));
    }
}
