//! Lets a request through to the pages, or refuses it. Nothing else decides who may do what.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use hyper::header::{AUTHORIZATION, HeaderValue};
use smoker_config::spec::settings::DaemonSettings;
use smoker_config::spec::settings::access_settings::{Access, AccessSettings, LocalRole};
use smoker_runner::detached;
use smoker_trust::access::authorized_clients::Authorized;
use smoker_trust::access::bearer;
use smoker_trust::failure::Failure;
use smoker_trust::identity::peer::CertifiedPeer;
use smoker_trust::role::Role;

use crate::http::access::attempts::Attempts;
use crate::http::access::client::{Client, Proof};
use crate::http::access::daily_warning::DailyWarning;
use crate::http::access::local_account::LocalAccount;
use crate::http::access::peer::{Peer, ShownCertificate};
use crate::http::access::proof::identities::Identities;
use crate::http::access::refusal::Refusal;
use crate::http::access::request::host_names::HostCheck;
use crate::http::access::request::host_port::HostPort;
use crate::http::access::request::network::AllowedNetworks;
use crate::http::access::request::{browser, forwarded, head};
use crate::http::access::{audit, needed_role};
use crate::http::browser_request;
use crate::results::requester::Requester;
use crate::state_folder::plain_clients::PlainClients;

/// What requests are checked against. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct AccessControl(Arc<Checks>);

#[derive(Debug)]
struct Checks {
    networks: AllowedNetworks,
    hosts: HostCheck,
    policy: RwLock<Arc<Policy>>,
    attempts: Attempts,
    plain_clients: Option<PlainClients>,
    /// The port that the daemon listens on; 0: any.
    port: u16,
    /// That a proxy on this host passes requests on.
    proxies: DailyWarning,
}

/// What a reload changes.
#[derive(Debug)]
struct Policy {
    settings: AccessSettings,
    identities: Identities,
}

/// Checks again who has sent a request, which is among its extensions: what it was authorized to do may take effect, or be answered, much later.
#[derive(Clone, Debug)]
pub(crate) struct IdentityCheck {
    access: AccessControl,
    peer: Peer,
    shown: Shown,
    needed: Role,
}

/// What the headers of a request show of its client.
#[derive(Clone, Debug)]
struct Shown {
    authorization: Option<HeaderValue>,
    /// Whether a proxy has passed it on, so that the other end of the connection is not the client.
    is_forwarded: bool,
    /// The host that it is for.
    host: Option<HostPort>,
}

impl AccessControl {
    /// What these settings ask for.
    pub(crate) fn new(settings: &DaemonSettings) -> Self {
        let hosts = HostCheck::new(&settings.bind_host, settings.allowed_hosts.as_deref());
        Self(Arc::new(Checks {
            networks: AllowedNetworks::new(settings.allow.clone()),
            hosts,
            policy: RwLock::new(Arc::new(Policy::new(&settings.access))),
            attempts: Attempts::default(),
            plain_clients: settings.access.state_dir.as_deref().map(PlainClients::in_folder),
            port: settings.bind_port,
            proxies: DailyWarning::default(),
        }))
    }

    /// These settings count from the next request on, also on connections that are open.
    ///
    /// # Errors
    ///
    /// When the files of authorities cannot be used; the previous authorities stay in effect. Where there were none, nobody is known by an
    /// authority until the files can be used, and a host that nothing else closes is closed.
    pub(crate) fn change(&self, settings: &DaemonSettings) -> Result<(), String> {
        self.0.networks.replace(settings.allow.clone());
        self.0.hosts.set_allowed(settings.allowed_hosts.as_deref());
        let identities = Identities::new(&settings.access);
        let problem = identities.problem();
        let mut current = self.0.policy.write().unwrap_or_else(PoisonError::into_inner);
        let has_authorities = current.identities.has_authorities();
        let identities =
            if problem.is_some() { identities.with_authorities_of(&current.identities) } else { identities };
        let identities = identities.with_memory_of(&current.identities);
        *current = Arc::new(Policy { settings: settings.access.clone(), identities });
        let until_then = if has_authorities {
            "the previous authorities stay in effect"
        } else {
            "until then no authority counts, and access is as with one"
        };
        problem.map_or(Ok(()), |problem| Err(format!("{problem}; {until_then}")))
    }

    /// Whether clients of other hosts need to prove nothing.
    pub(crate) async fn is_open(&self) -> bool {
        self.policy().is_open().await
    }

    fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.0.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who sends the request.
    async fn identify(&self, peer: &Peer, shown: &Shown) -> Result<Client, Refusal> {
        let policy = self.policy();
        if let Some(header) = &shown.authorization
            && policy.identities.has_tokens()
            && is_bearer(header.as_bytes())
        {
            let known = policy.of_token(peer, header.as_bytes()).await;
            return known.map_err(|failure| self.failed_attempt(peer, failure));
        }
        let of_certificate = match peer {
            Peer::Tls(_, Some(certificate)) => Some(policy.of_shown(peer, certificate).await),
            _ => None,
        };
        let failure = match of_certificate {
            Some(Ok(client)) => return Ok(client),
            // Who is unknown is nobody. Who is known and has no access must not have more by that than with it.
            Some(Err(failure)) if is_of_stranger(&failure) => Some(failure),
            Some(Err(failure)) => return Err(Refusal::Failed(failure)),
            None => None,
        };
        let forwarded = self.forwarded(peer, shown);
        if forwarded.is_none() {
            if let Peer::Unix(account) = peer {
                return Ok(policy.of_account(peer, *account).await);
            }
            if peer.address().is_some_and(|address| address.is_loopback()) {
                return match (policy.local_role(), failure) {
                    // What is wrong with the certificate says more than that it is needed.
                    (None, Some(failure)) => Err(Refusal::Failed(failure)),
                    (role, _) => Ok(Client::unlimited(peer.clone(), Proof::None, role)),
                };
            }
        }
        if policy.is_open().await {
            self.note_open_access(peer);
            return Ok(Client::unlimited(peer.clone(), Proof::None, Some(Role::Run)));
        }
        // Of a client of another host the same headers say nothing of a proxy on this one.
        let is_by_local_proxy = peer.is_local() && policy.local_role().is_some();
        if let Some(failure) = forwarded.as_ref().filter(|_| is_by_local_proxy) {
            self.0.proxies.warn(Utc::now(), &failure.for_daemon());
        }
        Err(Refusal::Failed(match (failure.or(forwarded), peer) {
            (None, Peer::Tcp(_)) => Failure::PlainRefused,
            (failure, _) => failure.unwrap_or(Failure::NoIdentity),
        }))
    }

    /// What shows that the other end of the connection, which is on this host, is not the client.
    fn forwarded(&self, peer: &Peer, shown: &Shown) -> Option<Failure> {
        if shown.is_forwarded {
            return Some(Failure::Forwarded);
        }
        let default_port = match peer {
            Peer::Unix(_) => return None,
            Peer::Tcp(_) => 80,
            Peer::Tls(..) => 443,
        };
        let host = shown.host.as_ref().filter(|_| peer.address().is_some_and(|address| address.is_loopback()))?;
        let is_elsewhere = self.0.port != 0 && forwarded::is_for_elsewhere(host, self.0.port, default_port);
        is_elsewhere.then(|| Failure::ForwardedPort { host: host.to_string() })
    }

    /// The answer to a bad token.
    fn failed_attempt(&self, peer: &Peer, failure: Failure) -> Refusal {
        let is_guess = matches!(failure, Failure::UnknownToken | Failure::MalformedToken);
        match self.0.attempts.count(peer.client_address()) {
            Err(retry_after) if is_guess => Refusal::Failed(Failure::TooManyAttempts { retry_after }),
            _ => Refusal::Failed(failure),
        }
    }

    fn note_open_access(&self, peer: &Peer) {
        if let (Some(clients), Peer::Tcp(address)) = (&self.0.plain_clients, peer) {
            clients.note(address.ip());
        }
    }

    /// Refuses a request by what can be seen of it; returns the host that it is for, if it names one.
    fn check_request(&self, peer: &Peer, request: &Request) -> Result<Option<HostPort>, Refusal> {
        let Some(address) = peer.address() else {
            // No page can make a browser use a Unix socket.
            return head::check(request).map(|()| None);
        };
        self.0.networks.check(address)?;
        head::check(request)?;
        let host = self.0.hosts.check(request)?;
        browser::check(request.headers(), host.as_ref(), matches!(peer, Peer::Tls(..)))?;
        Ok(host)
    }
}

impl IdentityCheck {
    /// The client with what it may see and do now.
    ///
    /// # Errors
    ///
    /// When the same request would be refused now.
    pub(crate) async fn requester(&self) -> Result<Requester, Refusal> {
        if let Some(address) = self.peer.address() {
            self.access.0.networks.check(address)?;
        }
        let client = self.access.identify(&self.peer, &self.shown).await?;
        if client.role.is_none_or(|role| role < self.needed) {
            return Err(Refusal::role_too_small(&client, self.needed));
        }
        Ok(client.to_requester())
    }
}

impl Policy {
    fn new(settings: &AccessSettings) -> Self {
        Self { settings: settings.clone(), identities: Identities::new(settings) }
    }

    async fn is_open(&self) -> bool {
        match self.settings.mode {
            Some(Access::Open) => true,
            Some(Access::Authenticated) => false,
            None => !self.identities.has_had_any().await,
        }
    }

    fn local_role(&self) -> Option<Role> {
        match self.settings.local_role {
            LocalRole::None => None,
            LocalRole::Read => Some(Role::Read),
            LocalRole::Run => Some(Role::Run),
        }
    }

    async fn of_token(&self, peer: &Peer, header: &[u8]) -> Result<Client, Failure> {
        let token = bearer::token(header)?;
        if peer.is_readable_by_others() {
            return Err(Failure::TokenInTheClear);
        }
        let grant = self.identities.of_token(token).await?;
        grant.check(Utc::now(), peer.address())?;
        Ok(Client::granted(peer.clone(), Proof::Token(grant.name.clone()), &grant))
    }

    /// Asked for every request, so that a key that is withdrawn is refused on connections that are open.
    async fn of_shown(&self, peer: &Peer, shown: &ShownCertificate) -> Result<Client, Failure> {
        match self.of_certificate(peer, &shown.certified).await {
            Ok(client) => {
                shown.known_as.get_or_init(|| client.name().unwrap_or_default());
                Ok(client)
            }
            // No line is for it any more.
            Err(failure @ (Failure::UnknownPin { .. } | Failure::UnknownSubject { .. })) => {
                let name = shown.known_as.get().cloned();
                Err(name.map_or(failure, |name| Failure::Withdrawn { name }))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn of_certificate(&self, peer: &Peer, certified: &CertifiedPeer) -> Result<Client, Failure> {
        let Authorized { name, grant } = self.identities.of_certificate(certified).await?;
        grant.check(Utc::now(), peer.address())?;
        Ok(Client::granted(peer.clone(), Proof::Certificate { name, pin: certified.pin() }, &grant))
    }

    async fn of_account(&self, peer: &Peer, account: LocalAccount) -> Client {
        // On a thread of its own: accounts may be listed by another machine, which may be slow.
        let is_administrator =
            account.uid == 0 || matches!(detached::run_blocking(move || account.is_administrator()).await, Ok(true));
        let role = if is_administrator { Some(Role::Admin) } else { self.local_role() };
        Client::unlimited(peer.clone(), Proof::Account, role)
    }
}

/// Whether nothing says whose the certificate is.
fn is_of_stranger(failure: &Failure) -> bool {
    matches!(
        failure,
        Failure::UnknownPin { .. }
            | Failure::UnusableList { .. }
            | Failure::UnknownSubject { .. }
            | Failure::ClientAuthority
    )
}

/// Whether a header is meant to have a token. Other schemes are not ours, and are passed over.
fn is_bearer(header: &[u8]) -> bool {
    header.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"bearer"))
}

/// The middleware that every request passes before it reaches a page.
pub(crate) async fn authorize(
    State(access): State<AccessControl>,
    Extension(peer): Extension<Peer>,
    mut request: Request,
    next: Next,
) -> Response {
    let host = match access.check_request(&peer, &request) {
        Ok(host) => host,
        Err(refusal) => return audit::refused(&peer, &request, refusal).into_response(),
    };
    // The page is the same on every host, and has the form for a token. Its scripts ask with that.
    let is_for_page = browser_request::is_for_page(request.method(), request.uri().path(), request.headers());
    if is_for_page && !peer.is_readable_by_others() {
        return next.run(request).await;
    }
    let headers = request.headers();
    let is_forwarded = forwarded::is_forwarded(headers);
    let shown = Shown { authorization: headers.get(AUTHORIZATION).cloned(), is_forwarded, host };
    let client = match access.identify(&peer, &shown).await {
        Ok(client) => client,
        Err(refusal) => return audit::refused(&peer, &request, refusal).into_response(),
    };
    let needed = needed_role::of(request.method(), request.uri().path());
    if client.role.is_none_or(|role| role < needed) {
        return audit::refused(&client, &request, Refusal::role_too_small(&client, needed)).into_response();
    }
    request.extensions_mut().insert(client.to_requester());
    request.extensions_mut().insert(IdentityCheck { access, peer, shown, needed });
    audit::follow(&client, request, next).await
}
