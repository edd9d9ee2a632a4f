//! Who may ask: networks (`allow`), and no browser on behalf of another site.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hyper::HeaderMap;
use hyper::header::{HOST, HeaderName, ORIGIN};
use ipnet::IpNet;

use crate::http::api::about;
use crate::http::api::error::ApiError;
use crate::http::limits;

/// Sent by browsers only (Fetch Metadata Request Headers, W3C).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The two ends of a connection; the server puts it into each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connection {
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
}

/// What requests are measured by. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    allowed: Arc<RwLock<Option<Vec<IpNet>>>>,
    bind_host: Arc<str>,
}

impl Guard {
    /// `allowed` absent: all networks. `bind_host` is one of our names.
    pub(crate) fn new(allowed: Option<Vec<IpNet>>, bind_host: &str) -> Self {
        Self { allowed: Arc::new(RwLock::new(allowed)), bind_host: bind_host.into() }
    }

    /// Takes other networks from the next request on, also on connections that are open.
    pub(crate) fn set_allowed(&self, allowed: Option<Vec<IpNet>>) {
        *self.allowed.write().unwrap_or_else(PoisonError::into_inner) = allowed;
    }

    fn check(&self, connection: Connection, request: &Request) -> Result<(), ApiError> {
        self.check_network(connection.peer.ip())?;
        check_size(request)?;
        self.check_browser(connection, request.headers())
    }

    fn check_network(&self, peer: IpAddr) -> Result<(), ApiError> {
        let peer = peer.to_canonical();
        match &*self.allowed.read().unwrap_or_else(PoisonError::into_inner) {
            Some(networks) if !networks.iter().any(|network| network.contains(&peer)) => {
                Err(ApiError::Forbidden(format!("{peer} is in none of the networks that 'allow' lists.")))
            }
            _ => Ok(()),
        }
    }

    /// Only browsers send `Origin` and `Sec-Fetch-Site`. With either, the page
    /// that asks must be ours: by what the browser says of it, by its origin,
    /// and, against names that were made to point here, by the host it asked.
    fn check_browser(&self, connection: Connection, headers: &HeaderMap) -> Result<(), ApiError> {
        let origin = headers.get(ORIGIN);
        let site = headers.get(SEC_FETCH_SITE);
        if origin.is_none() && site.is_none() {
            return Ok(());
        }
        if site.is_some_and(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site")) {
            return Err(ApiError::Forbidden("Requests from pages of other sites are refused.".to_owned()));
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if let Some(origin) = origin {
            let origin = origin.to_str().unwrap_or_default();
            let asked_from = origin.split_once("://").map_or(origin, |(_, host)| host);
            if !asked_from.eq_ignore_ascii_case(host) || host.is_empty() {
                return Err(ApiError::Forbidden(format!(
                    "Requests from pages of another origin ({origin}) are refused."
                )));
            }
        }
        if self.is_our_name(name_of(host), connection) {
            Ok(())
        } else {
            Err(ApiError::Forbidden(format!("A browser asked for '{host}', which is none of this host's names.")))
        }
    }

    fn is_our_name(&self, name: &str, connection: Connection) -> bool {
        if let Ok(address) = name.parse::<IpAddr>() {
            return address.to_canonical() == connection.local.ip().to_canonical() || address.is_loopback();
        }
        let full = about::host_name();
        let short = full.split('.').next().unwrap_or_default();
        ["localhost", &full, short, &self.bind_host]
            .iter()
            .any(|ours| !ours.is_empty() && ours.eq_ignore_ascii_case(name))
    }
}

/// A host header without port and brackets.
fn name_of(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name).trim_end_matches('.')
}

fn check_size(request: &Request) -> Result<(), ApiError> {
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let path = request.uri().path_and_query().map_or(0, |path| path.as_str().len());
    if headers + path > limits::HEADERS || request.headers().len() > limits::HEADER_COUNT {
        Err(ApiError::HeadersTooLarge)
    } else {
        Ok(())
    }
}

/// Lets a request through or refuses it, and logs it.
pub(crate) async fn watch(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let Some(connection) = request.extensions().get::<Connection>().copied() else {
        return ApiError::Internal.into_response();
    };
    let line = tracing::enabled!(tracing::Level::INFO).then(|| format!("{} {}", request.method(), request.uri()));
    let response = match guard.check(connection, &request) {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    };
    if let Some(line) = line {
        tracing::info!("{} \"{line}\" {}", connection.peer, response.status().as_u16());
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn connection() -> Connection {
        let address = |text: &str| text.parse().expect("an address");
        Connection { peer: address("10.1.2.3:50000"), local: address("10.0.0.5:8086") }
    }

    fn verdict(headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        Guard::new(None, "smoker.example.org").check(connection(), &request).is_ok()
    }

    #[test]
    fn what_is_no_browser_may_ask_by_any_name() {
        assert!(verdict(&[("host", "whatever.example.com")]));
    }

    #[test]
    fn a_browser_may_ask_from_our_own_pages_only() {
        assert!(verdict(&[("host", "10.0.0.5:8086"), ("origin", "http://10.0.0.5:8086")]));
        assert!(verdict(&[("host", "smoker.example.org"), ("sec-fetch-site", "none")]));
        assert!(!verdict(&[("host", "10.0.0.5:8086"), ("origin", "http://evil.example")]));
        assert!(!verdict(&[("host", "10.0.0.5:8086"), ("origin", "null")]));
        assert!(!verdict(&[("host", "localhost:8086"), ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn a_name_that_was_made_to_point_here_is_refused() {
        assert!(!verdict(&[("host", "evil.example:8086"), ("origin", "http://evil.example:8086")]));
        assert!(!verdict(&[("host", "10.9.9.9"), ("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn only_allowed_networks_may_ask() {
        let guard = |network: &str| Guard::new(Some(vec![network.parse().expect("a network")]), "");
        let peer = |text: &str| text.parse().expect("an address");
        assert!(guard("10.1.0.0/16").check_network(peer("10.1.2.3")).is_ok());
        assert!(guard("10.1.0.0/16").check_network(peer("::ffff:10.1.2.3")).is_ok());
        assert!(guard("10.1.0.0/16").check_network(peer("127.0.0.1")).is_err());
    }
}
