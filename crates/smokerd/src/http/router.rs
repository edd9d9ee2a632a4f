//! The pages behind the access checks and the access log.

use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use hyper::Uri;
use hyper::http::uri::PathAndQuery;
use tower::util::MapRequest;

use crate::http::access::authorize::{AccessControl, authorize};
use crate::http::access::log::access_log;
use crate::http::api;
use crate::http::api::metrics::daemon_gauges::DaemonGauges;
use crate::http::api::metrics::kept::KeptMetrics;
use crate::reload_requests::request::ReloadRequests;
use crate::scheduler::manager::PluginManager;

/// What a connection is served from; outside of this room nobody needs to know the library that it comes from.
pub(crate) type Router = axum::Router;

/// All pages. The access log also has the requests that are refused.
pub(crate) fn router(
    manager: PluginManager,
    reloads: ReloadRequests,
    access: AccessControl,
    metrics: (KeptMetrics, DaemonGauges),
) -> Router {
    let pages = api::routes(manager, reloads, metrics);
    let pages = pages.layer(from_fn_with_state(access, authorize)).layer(from_fn(access_log));
    // Around the access checks, so that they see the path that is served.
    Router::new().fallback_service(MapRequest::new(pages, with_single_slashes))
}

/// The request with each run of slashes in its path as one: `//plugins` is `/plugins`.
fn with_single_slashes(mut request: Request) -> Request {
    let uri = request.uri();
    if !uri.path().contains("//") {
        return request;
    }
    let mut path_and_query = String::with_capacity(uri.path().len());
    for character in uri.path().chars() {
        if character != '/' || !path_and_query.ends_with('/') {
            path_and_query.push(character);
        }
    }
    if let Some(query) = uri.query() {
        path_and_query.push('?');
        path_and_query.push_str(query);
    }
    // All else stays: the access checks look at the host of an absolute target.
    let mut parts = uri.clone().into_parts();
    if let Ok(path_and_query) = path_and_query.parse::<PathAndQuery>() {
        parts.path_and_query = Some(path_and_query);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn runs_of_slashes_in_a_path_are_one() {
        let cases = [
            ("/plugins", "/plugins"),
            ("//plugins///zeta//", "/plugins/zeta/"),
            ("//", "/"),
            ("/plugins//a%2F%2Fb?x=//", "/plugins/a%2F%2Fb?x=//"),
            ("http://other.example:1//plugins?x=1", "http://other.example:1/plugins?x=1"),
            ("http://other.example//", "http://other.example/"),
        ];
        for (sent, served) in cases {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = sent.parse().expect("a path");
            assert_eq!(with_single_slashes(request).uri().to_string(), served);
        }
    }
}
