//! Refuses requests that a browser sends for a page of another site (CSRF).

use hyper::HeaderMap;
use hyper::header::{ACCEPT_LANGUAGE, COOKIE, HeaderName, ORIGIN, REFERER, USER_AGENT};

use crate::http::access::refusal::Refusal;
use crate::http::access::request::host_port::HostPort;

/// Sent by browsers only (Fetch Metadata Request Headers, W3C), and not over plain HTTP to all hosts.
const SEC_FETCH: &str = "sec-fetch-";
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What the daemon speaks, plain and over TLS, and the port that a URL of it has by default.
const PLAIN: (&str, u16) = ("http://", 80);
const TLS: (&str, u16) = ("https://", 443);

/// Whether a browser could have sent a request with these headers: each has at least one of them. A page may change some
/// of them, but cannot make a browser leave all of them out.
pub(crate) fn may_have_sent(headers: &HeaderMap) -> bool {
    [ORIGIN, REFERER, COOKIE, ACCEPT_LANGUAGE].iter().any(|name| headers.contains_key(name))
        || headers.keys().any(|name| name.as_str().starts_with(SEC_FETCH))
        || headers.get_all(USER_AGENT).iter().any(|agent| contains_mozilla(agent.as_bytes()))
}

fn contains_mozilla(agent: &[u8]) -> bool {
    let mozilla = b"Mozilla/";
    agent.windows(mozilla.len()).any(|part| part.eq_ignore_ascii_case(mozilla))
}

/// Refuses the request of a page that is not one of the daemon's: by what the browser says of it, and by its origin, which
/// has to be the `host` that the request is for.
pub(crate) fn check(headers: &HeaderMap, host: Option<&HostPort>, is_tls: bool) -> Result<(), Refusal> {
    let is_cross_site = |site: &[u8]| site.eq_ignore_ascii_case(b"cross-site");
    if headers.get_all(SEC_FETCH_SITE).iter().any(|site| is_cross_site(site.as_bytes())) {
        return Err(Refusal::Forbidden("Requests from pages of other sites are refused.".to_owned()));
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else { return Ok(()) };
    if origins.next().is_some() {
        return Err(Refusal::BadRequest("The request has more than one Origin header."));
    }
    let origin = origin.to_str().unwrap_or_default();
    if host.is_some_and(|host| is_origin_of(origin, host, if is_tls { TLS } else { PLAIN })) {
        Ok(())
    } else {
        Err(Refusal::Forbidden(format!("Requests from pages of another origin ({origin}) are refused.")))
    }
}

/// Whether scheme, host and port are the same.
fn is_origin_of(origin: &str, host: &HostPort, (prefix, default_port): (&str, u16)) -> bool {
    let Some((scheme, authority)) = origin.split_at_checked(prefix.len()) else { return false };
    let port = |authority: &HostPort| authority.port.unwrap_or(default_port);
    scheme.eq_ignore_ascii_case(prefix)
        && HostPort::parse(authority).is_some_and(|origin| origin.host == host.host && port(&origin) == port(host))
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn headers(headers: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn what_browsers_send_shows_them() {
        for (name, value) in [
            ("origin", "null"),
            ("referer", "http://evil.example/"),
            ("cookie", ""),
            ("accept-language", ""),
            ("sec-fetch-site", "none"),
            ("sec-fetch-dest", "image"),
            ("user-agent", "Mozilla/5.0"),
            ("user-agent", "a mozilla/5.0"),
        ] {
            assert!(may_have_sent(&headers(&[("host", "a"), (name, value)])), "{name}: {value}");
        }
        assert!(may_have_sent(&headers(&[("user-agent", "curl/8"), ("user-agent", "Mozilla/5.0")])));
        assert!(!may_have_sent(&headers(&[("user-agent", "curl/8.14.1"), ("accept", "*/*")])));
        assert!(!may_have_sent(&headers(&[])));
    }

    fn is_allowed(host: &str, origin: &'static str) -> bool {
        check(&headers(&[("origin", origin)]), HostPort::parse(host).as_ref(), false).is_ok()
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (host, origin) in [
            ("10.0.0.5:8086", "http://10.0.0.5:8086"),
            ("web1", "http://web1"),
            ("web1:80", "http://WEB1"),
            ("web1", "HTTP://web1:80"),
            ("[::1]:8086", "http://[0:0::1]:8086"),
        ] {
            assert!(is_allowed(host, origin), "{host}: {origin}");
        }
        for (host, origin) in [
            ("10.0.0.5:8086", "http://evil.example"),
            ("10.0.0.5:8086", "http://10.0.0.5"),
            ("10.0.0.5:8086", "http://10.0.0.5:8087"),
            ("10.0.0.5:8086", "https://10.0.0.5:8086"),
            ("10.0.0.5:8086", "10.0.0.5:8086"),
            ("10.0.0.5:8086", "chrome-extension://10.0.0.5:8086"),
            ("10.0.0.5:8086", "http://10.0.0.5:8086/"),
            ("10.0.0.5:8086", "http://10.0.0.5:8086 http://evil.example"),
            ("10.0.0.5:8086", "http://x@10.0.0.5:8086"),
            ("10.0.0.5:8086", "null"),
            ("null", "null"),
            ("", ""),
        ] {
            assert!(!is_allowed(host, origin), "{host}: {origin}");
        }
    }

    #[test]
    fn a_second_origin_and_another_site_are_refused() {
        let host = HostPort::parse("web1");
        let own = ("origin", "http://web1");
        assert!(check(&headers(&[own]), host.as_ref(), false).is_ok());
        assert!(check(&headers(&[own]), host.as_ref(), true).is_err(), "the connection is of TLS");
        assert!(check(&headers(&[("origin", "https://web1")]), host.as_ref(), true).is_ok());
        assert!(check(&headers(&[own, own]), host.as_ref(), false).is_err());
        assert!(check(&headers(&[("sec-fetch-site", "same-origin")]), host.as_ref(), false).is_ok());
        assert!(check(&headers(&[("sec-fetch-site", "Cross-Site")]), host.as_ref(), false).is_err());
    }
}
