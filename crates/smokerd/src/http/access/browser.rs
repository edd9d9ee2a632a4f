//! No browser on behalf of another site.

use std::net::IpAddr;
use std::sync::Arc;

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderName, ORIGIN};

use crate::http::access::identity::Identity;
use crate::http::access::refusal::Refusal;
use crate::os::host_name::host_name;

/// Sent by browsers only (Fetch Metadata Request Headers, W3C).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Tells pages of the daemon from pages of other sites. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct BrowserCheck {
    /// The configured address, which may be one of this host's names.
    bind_host: Arc<str>,
}

impl BrowserCheck {
    pub(crate) fn new(bind_host: &str) -> Self {
        Self { bind_host: bind_host.into() }
    }

    /// Only browsers send `Origin` and `Sec-Fetch-Site`. With either, the page that sends the request must be one of
    /// the daemon's: by what the browser says of it, by its origin and, against DNS rebinding, by the `Host` that it
    /// connected to.
    pub(crate) fn check(&self, identity: &Identity, headers: &HeaderMap) -> Result<(), Refusal> {
        let origin = headers.get(ORIGIN);
        let site = headers.get(SEC_FETCH_SITE);
        if origin.is_none() && site.is_none() {
            return Ok(());
        }
        if site.is_some_and(|site| site.as_bytes().eq_ignore_ascii_case(b"cross-site")) {
            return Err(Refusal::Forbidden("Requests from pages of other sites are refused.".to_owned()));
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if let Some(origin) = origin {
            let origin = origin.to_str().unwrap_or_default();
            let origin_host = origin.split_once("://").map_or(origin, |(_, host)| host);
            if !origin_host.eq_ignore_ascii_case(host) || host.is_empty() {
                return Err(Refusal::Forbidden(format!(
                    "Requests from pages of another origin ({origin}) are refused."
                )));
            }
        }
        if self.is_own_name(name_of(host), identity) {
            Ok(())
        } else {
            Err(Refusal::Forbidden(format!("A browser asked for '{host}', which is none of this host's names.")))
        }
    }

    fn is_own_name(&self, name: &str, identity: &Identity) -> bool {
        if let Ok(address) = name.parse::<IpAddr>() {
            return address.to_canonical() == identity.local.ip().to_canonical() || address.is_loopback();
        }
        let full = host_name();
        let short = full.split('.').next().unwrap_or_default();
        ["localhost", &full, short, &self.bind_host].iter().any(|own| !own.is_empty() && own.eq_ignore_ascii_case(name))
    }
}

/// A `Host` header without port and brackets.
fn name_of(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name).trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn is_allowed(headers: &[(&'static str, &'static str)]) -> bool {
        let address = |text: &str| text.parse().expect("an address");
        let identity = Identity { peer: address("10.1.2.3:50000"), local: address("10.0.0.5:8086") };
        let header = |&(name, value): &(_, _)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        let headers = headers.iter().map(header).collect();
        BrowserCheck::new("smoker.example.org").check(&identity, &headers).is_ok()
    }

    #[test]
    fn a_client_that_is_no_browser_may_use_any_name() {
        assert!(is_allowed(&[("host", "whatever.example.com")]));
    }

    #[test]
    fn a_browser_may_send_requests_from_pages_of_the_daemon_only() {
        assert!(is_allowed(&[("host", "10.0.0.5:8086"), ("origin", "http://10.0.0.5:8086")]));
        assert!(is_allowed(&[("host", "smoker.example.org"), ("sec-fetch-site", "none")]));
        assert!(!is_allowed(&[("host", "10.0.0.5:8086"), ("origin", "http://evil.example")]));
        assert!(!is_allowed(&[("host", "10.0.0.5:8086"), ("origin", "null")]));
        assert!(!is_allowed(&[("host", "localhost:8086"), ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn a_foreign_name_that_resolves_to_this_host_is_refused() {
        assert!(!is_allowed(&[("host", "evil.example:8086"), ("origin", "http://evil.example:8086")]));
        assert!(!is_allowed(&[("host", "10.9.9.9"), ("sec-fetch-site", "same-origin")]));
    }
}
