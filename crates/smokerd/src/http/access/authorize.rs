//! Lets a request through to the pages, or refuses it.

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use smoker_config::spec::settings::DaemonSettings;

use crate::http::access::browser;
use crate::http::access::host_names::HostCheck;
use crate::http::access::identity::Identity;
use crate::http::access::network::AllowedNetworks;
use crate::http::access::refusal::Refusal;
use crate::http::access::request_head;

/// What requests are checked against. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct AccessControl {
    networks: AllowedNetworks,
    hosts: HostCheck,
}

impl AccessControl {
    /// What these settings ask for.
    pub(crate) fn new(settings: &DaemonSettings) -> Self {
        let hosts = HostCheck::new(&settings.bind_host, settings.allowed_hosts.as_deref());
        Self { networks: AllowedNetworks::new(settings.allow.clone()), hosts }
    }

    /// The networks and names of these settings count from the next request on, also on connections that are open.
    pub(crate) fn change(&self, settings: &DaemonSettings) {
        self.networks.replace(settings.allow.clone());
        self.hosts.set_allowed(settings.allowed_hosts.as_deref());
    }

    fn check(&self, identity: &Identity, request: &Request) -> Result<(), Refusal> {
        self.networks.check(identity.peer.ip())?;
        request_head::check(request)?;
        let host = self.hosts.check(request)?;
        browser::check(request.headers(), host.as_ref())
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
