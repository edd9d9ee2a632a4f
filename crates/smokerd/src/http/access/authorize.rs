//! Lets a request through to the pages, or refuses it.

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ipnet::IpNet;

use crate::http::access::browser::BrowserCheck;
use crate::http::access::identity::Identity;
use crate::http::access::network::AllowedNetworks;
use crate::http::access::refusal::Refusal;
use crate::http::access::request_head;

/// What requests are checked against. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct AccessControl {
    networks: AllowedNetworks,
    browsers: BrowserCheck,
}

impl AccessControl {
    /// `allowed` absent: all networks. `bind_host` is one of this host's names.
    pub(crate) fn new(allowed: Option<Vec<IpNet>>, bind_host: &str) -> Self {
        Self { networks: AllowedNetworks::new(allowed), browsers: BrowserCheck::new(bind_host) }
    }

    /// Other networks count from the next request on, also on connections that are open.
    pub(crate) fn set_allowed(&self, allowed: Option<Vec<IpNet>>) {
        self.networks.replace(allowed);
    }

    fn check(&self, identity: &Identity, request: &Request) -> Result<(), Refusal> {
        self.networks.check(identity.peer.ip())?;
        request_head::check(request)?;
        self.browsers.check(identity, request.headers())
    }
}

/// The middleware that every request passes before it reaches a page.
pub(crate) async fn authorize(
    State(access): State<AccessControl>,
    Extension(identity): Extension<Identity>,
    request: Request,
    next: Next,
) -> Response {
    match access.check(&identity, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}
