//! Lets a request through to the pages, or refuses it. Nothing else decides who may do what.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use smoker_config::spec::access_settings::LocalRole;
use smoker_config::spec::settings::DaemonSettings;
use smoker_runner::detached;

use crate::http::access::audit;
use crate::http::access::browser;
use crate::http::access::host_names::HostCheck;
use crate::http::access::identity::{Identity, Proof};
use crate::http::access::network::AllowedNetworks;
use crate::http::access::peer::Peer;
use crate::http::access::refusal::Refusal;
use crate::http::access::request_head;
use crate::http::access::role::Role;

/// What requests are checked against. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct AccessControl {
    networks: AllowedNetworks,
    hosts: HostCheck,
    local_role: Arc<RwLock<Option<Role>>>,
}

impl AccessControl {
    /// What these settings ask for.
    pub(crate) fn new(settings: &DaemonSettings) -> Self {
        let hosts = HostCheck::new(&settings.bind_host, settings.allowed_hosts.as_deref());
        let local_role = Arc::new(RwLock::new(local_role(settings)));
        Self { networks: AllowedNetworks::new(settings.allow.clone()), hosts, local_role }
    }

    /// These settings count from the next request on, also on connections that are open.
    pub(crate) fn change(&self, settings: &DaemonSettings) {
        self.networks.replace(settings.allow.clone());
        self.hosts.set_allowed(settings.allowed_hosts.as_deref());
        *self.local_role.write().unwrap_or_else(PoisonError::into_inner) = local_role(settings);
    }

    /// Who sends the request.
    async fn identify(&self, peer: Peer) -> Identity {
        match peer {
            Peer::Unix(account) => {
                // On a thread of its own: accounts may be listed by another machine, which may be slow.
                let is_administrator = detached::run_blocking(move || account.is_administrator()).await;
                let role = if matches!(is_administrator, Ok(true)) { Some(Role::Admin) } else { self.local_role() };
                Identity { peer, proof: Proof::Account, role }
            }
            Peer::Tcp(address) if address.ip().to_canonical().is_loopback() => {
                Identity { peer, proof: Proof::None, role: self.local_role() }
            }
            Peer::Tcp(_) => Identity { peer, proof: Proof::None, role: Some(Role::Run) },
        }
    }

    fn local_role(&self) -> Option<Role> {
        *self.local_role.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a request by what can be seen of it.
    fn check_request(&self, peer: Peer, request: &Request) -> Result<(), Refusal> {
        let Peer::Tcp(address) = peer else {
            // No page can make a browser use a Unix socket.
            return request_head::check(request);
        };
        self.networks.check(address.ip())?;
        request_head::check(request)?;
        let host = self.hosts.check(request)?;
        browser::check(request.headers(), host.as_ref())
    }
}

fn local_role(settings: &DaemonSettings) -> Option<Role> {
    match settings.access.local_role {
        LocalRole::None => None,
        LocalRole::Read => Some(Role::Read),
        LocalRole::Run => Some(Role::Run),
    }
}

/// Refuses what the client may not do.
fn check_role(identity: &Identity, request: &Request) -> Result<(), Refusal> {
    let needed = Role::needed(request.method(), request.uri().path());
    if identity.role.is_some_and(|role| role >= needed) {
        return Ok(());
    }
    Err(Refusal::role_too_small(identity, needed))
}

/// The middleware that every request passes before it reaches a page.
pub(crate) async fn authorize(
    State(access): State<AccessControl>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(refusal) = access.check_request(peer, &request) {
        return audit::refused(&peer, &request, refusal).into_response();
    }
    let identity = access.identify(peer).await;
    if let Err(refusal) = check_role(&identity, &request) {
        return audit::refused(&identity, &request, refusal).into_response();
    }
    request.extensions_mut().insert(identity.to_requester());
    audit::follow(&identity, request, next).await
}
