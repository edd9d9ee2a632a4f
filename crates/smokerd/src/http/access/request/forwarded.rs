//! Whether a proxy has passed a request on. One on the daemon's host connects over loopback, or over the Unix socket, for clients of any other host.

use hyper::HeaderMap;

/// What proxies add, beside all that begin with [`FAMILY`].
const NAMES: [&str; 6] = ["forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip"];
const FAMILY: &str = "x-forwarded-";

/// Whether the headers say that somebody else has sent the request first.
pub(crate) fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with(FAMILY) || NAMES.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderName, HeaderValue};

    use super::*;

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
