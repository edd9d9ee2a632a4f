//! `GET /`: which host this is and where to go next.

use axum::response::Response;
use hyper::StatusCode;
use smoker_model::wire::{About, AboutPage, Link};

use crate::http::api::view;

/// The root page.
pub(crate) async fn show() -> Response {
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
    view::json(StatusCode::OK, &AboutPage { about })
}

/// The machine's name at this moment; it may change while we run.
pub(crate) fn host_name() -> String {
    nix::unistd::gethostname().map_or_else(|_| "localhost".to_owned(), |name| name.to_string_lossy().into_owned())
}
