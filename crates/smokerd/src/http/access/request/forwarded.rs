//! Whether a proxy has passed a request on. One on the daemon's host connects over loopback, or over the Unix socket, for clients of any other host.

use hyper::HeaderMap;

use crate::http::access::request::host_port::{HostName, HostPort};

/// What proxies add, beside all that begin with [`FAMILY`].
const NAMES: [&str; 6] = ["forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip"];
const FAMILY: &str = "x-forwarded-";

/// Whether the headers say that somebody else has sent the request first.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with(FAMILY) || NAMES.contains(&name.as_str()))
}

/// The names of loopback in `/etc/hosts`, which every system has some of.
const LOOPBACK_NAMES: [&str; 7] = [
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost6",
    "localhost6.localdomain6",
    "ip6-localhost",
    "ip6-loopback",
];

/// Whether a request that came over loopback is for a place that its client cannot have reached over loopback: a proxy that passes bytes on adds no header,
/// but leaves the `Host` as the client wrote it. A name may be an alias of loopback in `/etc/hosts`, so it shows a proxy by its port alone; `own_port` is the
/// daemon's, `default_port` that of the scheme. A host without a dot and without a port is what is typed by hand.
pub(crate) fn is_for_elsewhere(host: &HostPort, own_port: u16, default_port: u16) -> bool {
    match &host.host {
        HostName::Address(address) => {
            let address = address.to_canonical();
            !address.is_loopback() && !address.is_unspecified()
        }
        HostName::Name(name) if LOOPBACK_NAMES.contains(&name.as_str()) || name.ends_with(".localhost") => false,
        HostName::Name(name) => match host.port {
            None if !name.contains('.') => false,
            port => port.unwrap_or(default_port) != own_port,
        },
    }
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn a_host_that_loopback_does_not_lead_to_shows_a_proxy() {
        let is_for_elsewhere =
            |host: &str| is_for_elsewhere(&HostPort::parse(host).unwrap_or_else(|| panic!("{host}")), 8086, 443);
        for host in [
            "192.0.2.1:8086",
            "192.0.2.1",
            "[2001:db8::1]:8086",
            "[::ffff:192.0.2.1]:8086",
            "web1:9086",
            "smoker.example.org",
        ] {
            assert!(is_for_elsewhere(host), "{host}");
        }
        for host in [
            "127.0.0.1:8086",
            "127.0.1.1:9999",
            "[::1]:8086",
            "[::ffff:127.0.0.1]:8086",
            "0.0.0.0:8086",
            "localhost:9999",
            "LOCALHOST.",
            "ip6-localhost:1",
            "web.localhost:1",
            "web1:8086",
            "web1.example.org:8086",
            "web1",
        ] {
            assert!(!is_for_elsewhere(host), "{host}");
        }
    }

    #[test]
    fn proxies_show_themselves_by_their_headers() {
        let with = |name: &str| {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            is_forwarded(&HeaderMap::from_iter([(name, HeaderValue::from_static(""))]))
        };
        for name in ["Forwarded", "X-Forwarded-For", "x-forwarded-proto", "X-Real-IP", "Via", "True-Client-IP"] {
            assert!(with(name), "{name}");
        }
        for name in ["host", "user-agent", "authorization", "x-forwarded", "prefer", "viable"] {
            assert!(!with(name), "{name}");
        }
    }
}
