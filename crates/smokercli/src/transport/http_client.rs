//! How connections are made: limits, proxy, certificates.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Proxy};
use rustls::client::danger::ServerCertVerifier;
use smoker_trust::handshake::client;
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::known_hosts::HostTrust;

use crate::transport::bearer_token::BearerToken;
use crate::transport::http_response::last_cause;
use crate::transport::{certificates, client_certificate};
use crate::trust_store::TrustStore;

/// What requests say of the program that makes them.
pub(super) const USER_AGENT: &str = concat!("smokercli/", env!("CARGO_PKG_VERSION"));

/// The proxy of all requests (`--proxy`).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum ProxyChoice {
    /// None, even if the environment names one.
    #[default]
    None,
    /// The one that `http_proxy`, `https_proxy` and `no_proxy` name.
    Environment,
    /// This URL.
    Url(String),
}

impl ProxyChoice {
    /// Whether plain http goes through one, which reads it.
    pub(super) fn is_used_for_http(&self) -> bool {
        let is_set = |name: &&str| env::var_os(name).is_some_and(|value| !value.is_empty());
        match self {
            Self::None => false,
            Self::Environment => ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"].iter().any(is_set),
            Self::Url(_) => true,
        }
    }
}

/// How requests are made.
#[derive(Clone, Debug, Default)]
pub struct HttpOptions {
    /// How long connecting may take; `None`: as long as the whole response.
    pub connect_timeout: Option<Duration>,
    /// How long a response may take; `None`: each kind of request has a limit of its own.
    pub timeout: Option<Duration>,
    /// How many requests may be under way at once.
    pub parallel: usize,
    /// How many hosts are asked.
    pub hosts: usize,
    /// The proxy of all requests.
    pub proxy: ProxyChoice,
    /// Certificates to trust instead of the system's.
    pub cacert: Option<PathBuf>,
    /// The daemons that are known, and the user's key.
    pub trust: Arc<TrustStore>,
    /// The certificate of all requests over TLS, in place of the user's key.
    pub certificate: Option<OwnIdentity>,
    /// The token of all requests.
    pub token: Option<BearerToken>,
    /// The Unix socket that all requests go to instead of a network.
    pub socket: Option<PathBuf>,
}

/// The client for http hosts. It has no root certificates, since loading them takes longer than a request.
pub(super) fn plain(options: &HttpOptions) -> Result<Client, String> {
    // Fails if a provider is installed already, which then serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = builder(options)?.tls_certs_only([]);
    let builder = match &options.socket {
        Some(socket) => builder.unix_socket(socket.as_path()),
        None => builder,
    };
    builder.build().map_err(|error| last_cause(&error))
}

/// The client for a host that is known by its key or by an authority's; `cacert` vouches for one of which no key is known, too. It shows the user's key.
pub(super) fn known(
    options: &HttpOptions,
    trust: HostTrust,
    cacert: Option<Arc<dyn ServerCertVerifier>>,
    own: Option<&OwnIdentity>,
) -> Result<Client, String> {
    let config = client::known_host(trust, cacert, own)?;
    builder(options)?.tls_backend_preconfigured(config).build().map_err(|error| last_cause(&error))
}

/// The client for https hosts, with the certificates that the user names, or else those of the system.
pub(super) fn secure(options: &HttpOptions, cacert: Option<Arc<dyn ServerCertVerifier>>) -> Result<Client, String> {
    let mut builder = builder(options)?;
    let own = options.certificate.as_ref();
    let named = cacert.map_or_else(certificates::of_environment, |cacert| Ok(Some(cacert)))?;
    if let Some(verifier) = named {
        builder = builder.tls_backend_preconfigured(client::with_verifier(verifier, own)?);
    } else if let Some(own) = own {
        builder = builder.identity(client_certificate::identity(own)?);
    }
    builder.build().map_err(|error| last_cause(&error))
}

fn builder(options: &HttpOptions) -> Result<ClientBuilder, String> {
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        // `http` follows redirects itself, since they depend on the request.
        .redirect(Policy::none())
        .pool_max_idle_per_host(1)
        .tcp_nodelay(true);
    if let Some(timeout) = options.connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    Ok(match &options.proxy {
        ProxyChoice::None => builder.no_proxy(),
        ProxyChoice::Environment => builder,
        ProxyChoice::Url(url) => {
            let proxy =
                Proxy::all(url).map_err(|error| format!("the proxy {url:?} is not a URL: {}", last_cause(&error)))?;
            builder.proxy(proxy)
        }
    })
}
