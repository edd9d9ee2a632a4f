//! `GET /`: which host this is, and links to everything else; for browsers, the page.

use axum::response::Response;
use hyper::StatusCode;
use hyper::header::HeaderMap;
use smoker_model::wire::about::{About, AboutPage, Link};

use crate::http::api::ui::page;
use crate::http::{browser_request, json_response};
use crate::os::host_name::host_name;

/// The root page.
pub(crate) async fn show(headers: HeaderMap) -> Response {
    if browser_request::wants_page(&headers) {
        return page::show().await;
    }
    let link = |rel: &str, methods: &str, title: &str| Link {
        rel: rel.to_owned(),
        href: format!("/{rel}"),
        methods: methods.to_owned(),
        title: title.to_owned(),
    };
    let about = About {
        host: host_name(),
        title: "Smoker daemon API".to_owned(),
        links: vec![
            link("plugins", "GET", "Show details about all plugins"),
            link("processes", "GET, POST", "Force plugin run"),
        ],
    };
    json_response::json(StatusCode::OK, &AboutPage { about })
}
