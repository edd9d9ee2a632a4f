//! A host with an optional port, as `Host` headers, origins and request targets have it.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// A host and its port. Two of them are equal when a browser would connect to the same place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostPort {
    pub(crate) host: HostName,
    /// None: the default port of the scheme.
    pub(crate) port: Option<u16>,
}

/// The host of an [`HostPort`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostName {
    Address(IpAddr),
    /// In lower case, without the dot that a full name may end in.
    Name(String),
}

impl HostPort {
    /// Reads `name`, `name:port`, `[address]`... `None` for anything else, user information (`user@name`) included: it is
    /// meant to be taken for another host than it is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, port) = rest.split_once(']')?;
            let port = port.strip_prefix(':').or(port.is_empty().then_some(""))?;
            (HostName::Address(IpAddr::V6(ipv6(address)?)), port)
        } else {
            let (name, port) = text.split_once(':').unwrap_or((text, ""));
            (HostName::parse(name)?, port)
        };
        let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = if port.is_empty() { None } else { Some(port.parse().ok().filter(|_| is_number)?) };
        Some(Self { host, port })
    }
}

/// As a URL has it.
impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            HostName::Address(IpAddr::V6(address)) => write!(f, "[{address}]")?,
            HostName::Address(address) => address.fmt(f)?,
            HostName::Name(name) => f.write_str(name)?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl HostName {
    /// Reads a name or an IPv4 address without port.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || name.starts_with('.') || name.ends_with('.') || !name.bytes().all(is_name) {
            return None;
        }
        Some(name.parse().map_or_else(|_| Self::Name(name.to_ascii_lowercase()), Self::Address))
    }
}

/// An IPv6 address. Its zone (`fe80::1%eth0`) names an interface of the client, so it says nothing here.
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    let (address, zone) = text.split_once('%').unwrap_or((text, "-"));
    let is_zone = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%');
    if zone.is_empty() || !zone.bytes().all(is_zone) { None } else { address.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(String, Option<u16>)> {
        let HostPort { host, port } = HostPort::parse(text)?;
        let host = match host {
            HostName::Address(address) => format!("address {address}"),
            HostName::Name(name) => name,
        };
        Some((host, port))
    }

    #[test]
    fn hosts_with_and_without_port() {
        for text in ["web1", "web1:8086", "127.0.0.1:80", "[::1]:8086", "[::1]"] {
            assert_eq!(HostPort::parse(text).expect("a host").to_string(), text);
        }
        for (text, host, port) in [
            ("web1", "web1", None),
            ("WEB1.Example.ORG.:8086", "web1.example.org", Some(8086)),
            ("web1:", "web1", None),
            ("127.0.0.1:80", "address 127.0.0.1", Some(80)),
            ("127.0.0.1.", "address 127.0.0.1", None),
            ("[::1]", "address ::1", None),
            ("[FE80::1%25eth0]:8086", "address fe80::1", Some(8086)),
        ] {
            assert_eq!(parsed(text), Some((host.to_owned(), port)), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_host() {
        for text in [
            "",
            ".",
            "..",
            ":80",
            "a..",
            ".a",
            "a:b",
            "a:80:90",
            "a:+80",
            "a:65536",
            "user@a",
            "a@127.0.0.1",
            "a, b",
            "a b",
            "a/b",
            "http://a",
            "[::1",
            "[::1]80",
            "[::1]x",
            "[a]",
            "[::1%]",
            "[::1%a b]",
            "::1",
            "č",
            "a\\b",
            "a#b",
            "a?b",
            "*",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
