//! The names that the daemon may be called by: against DNS rebinding, where a page of another site has its own name lead
//! to the daemon's address and so makes a browser take the daemon for a part of that site.

use std::sync::{PoisonError, RwLock};

use axum::extract::Request;
use hyper::HeaderMap;
use hyper::header::HOST;

use crate::http::access::refusal::Refusal;
use crate::http::access::request::browser;
use crate::http::access::request::host_port::{HostName, HostPort};
use crate::os::host_name::host_name;

/// Holds each request against the names that the daemon may be called by.
#[derive(Debug)]
pub(crate) struct HostCheck {
    /// The configured address, which may be one of this host's names.
    bind_host: Option<HostName>,
    /// Names beside this host's own; absent: clients other than browsers may use any name.
    allowed: RwLock<Option<Vec<HostName>>>,
}

impl HostCheck {
    pub(crate) fn new(bind_host: &str, allowed: Option<&[String]>) -> Self {
        let check = Self { bind_host: HostName::parse(bind_host), allowed: RwLock::default() };
        check.set_allowed(allowed);
        check
    }

    /// Other names count from the next request on, also on connections that are open.
    pub(crate) fn set_allowed(&self, allowed: Option<&[String]>) {
        let allowed = allowed.map(|names| names.iter().filter_map(|name| HostName::parse(name)).collect());
        *self.allowed.write().unwrap_or_else(PoisonError::into_inner) = allowed;
    }

    /// Refuses a request for a foreign name, when names are listed or a browser may have sent it; returns the host that
    /// the request is for, if it names one.
    pub(crate) fn check(&self, request: &Request) -> Result<Option<HostPort>, Refusal> {
        let host = host_of(request.headers())?;
        // The target of a request has a host of its own when the request is meant for a proxy.
        let target = request.uri().authority().map(axum::http::uri::Authority::as_str);
        let allowed = self.allowed.read().unwrap_or_else(PoisonError::into_inner);
        if allowed.is_some() || browser::may_have_sent(request.headers()) {
            for named in [Some(host.unwrap_or_default()), target].into_iter().flatten() {
                self.check_name(named, allowed.as_deref().unwrap_or_default())?;
            }
        }
        Ok(target.or(host).and_then(HostPort::parse))
    }

    fn check_name(&self, named: &str, allowed: &[HostName]) -> Result<(), Refusal> {
        // A name that is an address leads to no other one, so no site can turn it against the daemon.
        let is_known = match HostPort::parse(named).map(|named| named.host) {
            Some(HostName::Address(_)) => true,
            Some(name) => allowed.contains(&name) || self.bind_host.as_ref() == Some(&name) || is_own(&name),
            None => false,
        };
        if is_known {
            return Ok(());
        }
        Err(Refusal::Forbidden(format!(
            "The request is for '{named}', which is neither an address nor one of this host's names: use one of them, or \
             list the name under 'allowed_hosts'."
        )))
    }
}

fn is_own(name: &HostName) -> bool {
    let full = host_name();
    let short = full.split('.').next().unwrap_or_default();
    ["localhost", &full, short].into_iter().any(|own| HostName::parse(own).as_ref() == Some(name))
}

/// The only `Host` header; with a second one, client, proxy and daemon may each believe another.
fn host_of(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().map(|host| host.to_str().unwrap_or("?"));
    match hosts.next() {
        None => Ok(host),
        Some(_) => Err(Refusal::BadRequest("The request has more than one Host header.")),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn is_allowed(allowed: Option<&[&str]>, target: &str, headers: &[(&str, &str)]) -> bool {
        let allowed: Option<Vec<_>> = allowed.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        let mut request = Request::builder().uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).expect("a request");
        HostCheck::new("smoker.example.org", allowed.as_deref()).check(&request).is_ok()
    }

    const BROWSER: (&str, &str) = ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)");

    #[test]
    fn a_client_that_is_no_browser_may_use_any_name() {
        assert!(is_allowed(None, "/", &[("host", "alias.example.com")]));
        assert!(is_allowed(None, "/", &[]));
        assert!(is_allowed(None, "http://alias.example.com/", &[("host", "another")]));
    }

    #[test]
    fn a_browser_may_use_addresses_and_names_of_this_host() {
        for host in [
            "10.0.0.5:8086",
            "localhost",
            "LOCALHOST.:1",
            "[::1]:8086",
            "[fe80::1%25eth0]",
            "smoker.example.org",
            "203.0.113.9",
        ] {
            assert!(is_allowed(None, "/", &[("host", host), BROWSER]), "{host}");
        }
        for host in
            ["evil.example:8086", "localhost.evil.example", "127.0.0.1.evil.example", "x@127.0.0.1", "", "127.0.0.1, a"]
        {
            assert!(!is_allowed(None, "/", &[("host", host), BROWSER]), "{host}");
        }
        assert!(!is_allowed(None, "/", &[BROWSER]), "no Host");
    }

    #[test]
    fn the_host_of_the_target_counts_too() {
        assert!(is_allowed(None, "http://localhost:8086/", &[("host", "localhost:8086"), BROWSER]));
        assert!(!is_allowed(None, "http://evil.example/", &[("host", "localhost:8086"), BROWSER]));
        assert!(!is_allowed(None, "http://localhost@evil.example/", &[("host", "localhost:8086"), BROWSER]));
        assert!(!is_allowed(None, "http://localhost/", &[("host", "evil.example"), BROWSER]));
    }

    #[test]
    fn listed_names_count_for_every_client() {
        let names = Some(&["smoker.example.net"][..]);
        for headers in [&[("host", "Smoker.Example.Net.:8086")][..], &[("host", "smoker.example.net"), BROWSER]] {
            assert!(is_allowed(names, "/", headers), "{headers:?}");
            assert!(!is_allowed(Some(&[]), "/", headers), "{headers:?}");
        }
        assert!(is_allowed(names, "/", &[("host", "127.0.0.1")]));
        assert!(!is_allowed(names, "/", &[("host", "alias.example.com")]));
        assert!(!is_allowed(names, "/", &[]), "no Host");
    }

    #[test]
    fn a_second_host_is_refused() {
        assert!(!is_allowed(None, "/", &[("host", "localhost"), ("host", "localhost")]));
    }
}
