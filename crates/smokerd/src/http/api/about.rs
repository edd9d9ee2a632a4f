//! `GET /`: which host this is, and links to everything else; for browsers, the page.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::LazyLock;

use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, Utc};
use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use smoker_model::wire::about::{About, AboutPage, INSTANCE_HEADER, Link, write_instance};

use crate::http::api::ui::page;
use crate::http::{browser_request, json_response};
use crate::os::host_name::host_name;

const INSTANCE: HeaderName = HeaderName::from_static(INSTANCE_HEADER);

/// Which start of the daemon this is, as a header tells it: a client that asks again and again notices a restart in between.
#[derive(Clone)]
pub(crate) struct Instance(Option<HeaderValue>);

impl Instance {
    /// The daemon of this process, which started at this time.
    pub(crate) fn of_this_process(started: DateTime<Utc>) -> Self {
        // The standard library seeds it from the system's source of randomness. A time alone may come again where a host has no clock.
        static ID: LazyLock<u64> = LazyLock::new(|| RandomState::new().build_hasher().finish());
        let value = write_instance(*ID, &started.to_rfc3339_opts(SecondsFormat::Millis, true));
        Self(HeaderValue::from_str(&value).ok())
    }
}

/// The root page.
pub(crate) async fn show(State(Instance(instance)): State<Instance>, headers: HeaderMap) -> Response {
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
    let mut response = json_response::json(StatusCode::OK, &AboutPage { about });
    response.headers_mut().extend(instance.map(|instance| (INSTANCE, instance)));
    response
}
