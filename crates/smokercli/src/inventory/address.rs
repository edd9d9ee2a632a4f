//! The address of one daemon.

use std::net::Ipv6Addr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use smoker_trust::known_hosts::problem::KnownHostProblem;
use smoker_trust::known_hosts::{FILE, KnownHosts};

/// Where a daemon listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostAddress {
    /// The address as it was typed, without a password. Messages show it until the daemon has given its name.
    pub label: String,
    /// The URL of the about page, or why the host is not asked.
    pub page: Result<Url, AddressProblem>,
}

/// Why a host is not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressProblem {
    /// The text is not an address.
    #[error("invalid address: {0}")]
    Invalid(String),
    /// Its key may be in a line of `known_hosts` that is not understood.
    #[error(
        "not asked: a line of {FILE} that may be meant for it is not understood ({0}); correct the line, or remove it"
    )]
    UnreadableKey(KnownHostProblem),
}

impl HostAddress {
    /// Reads `host`, `host:port`, `[::1]:8086` or a URL. A text that is not an
    /// address becomes a host that cannot be asked.
    #[must_use]
    pub fn parse(typed: &str, default_port: &str) -> Self {
        let page = if typed.contains("://") { parse_url(typed) } else { parse_host_port(typed, default_port) };
        let label = match &page {
            // What is behind the host may have a `@`, too.
            Ok(url) if url.password().is_some() && has_at_behind_host(url) => without_password(url),
            Ok(url) if url.password().is_some() => without_typed_password(typed),
            Ok(_) => typed.to_owned(),
            Err(_) => without_typed_password(typed),
        };
        Self { label, page: page.map_err(AddressProblem::Invalid) }
    }

    /// The same daemon, over TLS where its key is known, and not at all where a line of `known_hosts` that may be meant for it
    /// is not understood: of a host that is known, one that may take trust away (`@revoked`). A URL stays as it was typed.
    #[must_use]
    pub fn over_tls(mut self, known: &KnownHosts) -> Self {
        let is_url = self.label.contains("://");
        let Ok(url) = &mut self.page else { return self };
        let Some((host, port)) = host_and_port(url) else { return self };
        let trust = known.of(&host, port);
        let is_asked_by_it = if is_url { url.scheme() == "https" && trust.is_some() } else { true };
        if let Some(problem) = known.problem_of(&host, port).filter(|_| is_asked_by_it) {
            self.page = Err(AddressProblem::UnreadableKey(problem.clone()));
        } else if !is_url && trust.is_some_and(|trust| !trust.pins.is_empty() || !is_loopback(&host)) {
            // Neither fails: the URL has a host, and both schemes have ports.
            let _ = url.set_scheme("https");
            let _ = url.set_port(Some(port));
        }
        self
    }

    /// The same host by its name, under which it has reported to a NATS server.
    #[must_use]
    pub fn through_nats(self) -> Self {
        let name = utf8_percent_encode(&self.label, ESCAPED);
        let by_name = || Url::parse(&format!("nats://{name}/")).map_err(|error| error.to_string());
        let page = if self.label.is_empty() || self.label.contains("://") {
            Err("through a NATS server a host is asked by its name alone; leave the scheme away".to_owned())
        } else {
            by_name()
        };
        Self { page: page.map_err(AddressProblem::Invalid), ..self }
    }
}

/// What is no letter, digit, dot, dash or underscore, which the host of a URL may have.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// The host and the port of a URL; an address of IPv6 is in brackets.
#[must_use]
pub fn host_and_port(url: &Url) -> Option<(String, u16)> {
    Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
}

/// The host of an address as it is written: without scheme, user, port and path, and an address of IPv6 without brackets. A URL would
/// have it in lower case, and in the form that is sent to name servers. A text that is no address is a name.
#[must_use]
pub fn host_as_written(typed: &str) -> &str {
    if HostAddress::parse(typed, "80").page.is_err() {
        return typed;
    }
    let authority = match typed.split_once("://") {
        Some((_, rest)) => {
            let authority = rest.trim_start_matches('/').split(['/', '?', '#', '\\']).next().unwrap_or_default();
            authority.rsplit_once('@').map_or(authority, |(_, host)| host)
        }
        None => typed,
    };
    if let Some(literal) = authority.strip_prefix('[') {
        return literal.split(']').next().unwrap_or_default();
    }
    if authority.parse::<Ipv6Addr>().is_ok() {
        return authority;
    }
    authority.split(':').next().unwrap_or_default()
}

fn has_at_behind_host(url: &Url) -> bool {
    [Some(url.path()), url.query(), url.fragment()].into_iter().flatten().any(|text| text.contains('@'))
}

/// An authority signs for names that the host has elsewhere, too.
fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn parse_url(typed: &str) -> Result<Url, String> {
    let url = Url::parse(typed).map_err(|error| format!("not a URL: {error}"))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        other => Err(format!("unsupported scheme {other}; use http or https")),
    }
}

fn parse_host_port(typed: &str, default_port: &str) -> Result<Url, String> {
    if typed.contains('@') {
        return Err("not a host name; only a URL can have a user and password".to_owned());
    }
    let (host, port) = split_port(typed)?;
    let port = port.unwrap_or(default_port);
    if port.parse::<u16>().map_or(true, |number| number == 0) {
        return Err(format!("{port:?} is not a port; use a number from 1 to 65535"));
    }
    let invalid = || format!("{host:?} is not a host name; use HOST, HOST:PORT, [IPV6]:PORT or a URL");
    if host.is_empty() || host.contains(['/', '@', '?', '#', '\\', '%']) || host.contains(char::is_whitespace) {
        return Err(invalid());
    }
    Url::parse(&format!("http://{host}:{port}/")).map_err(|_| invalid())
}

fn split_port(typed: &str) -> Result<(String, Option<&str>), String> {
    if let Some(rest) = typed.strip_prefix('[') {
        let (literal, after) = rest.split_once(']').ok_or("the bracket of the IPv6 address is not closed")?;
        let port = match after.strip_prefix(':') {
            Some(port) => Some(port),
            None if after.is_empty() => None,
            None => return Err("only :PORT may follow the IPv6 address".to_owned()),
        };
        return Ok((format!("[{literal}]"), port));
    }
    if typed.parse::<Ipv6Addr>().is_ok() {
        return Ok((format!("[{typed}]"), None));
    }
    match *typed.split(':').collect::<Vec<_>>() {
        [host] => Ok((host.to_owned(), None)),
        [host, port] => Ok((host.to_owned(), Some(port))),
        _ => Err("too many colons; use HOST:PORT, or [IPV6]:PORT".to_owned()),
    }
}

/// A URL as messages show it: without the password.
#[must_use]
pub fn without_password(url: &Url) -> String {
    let mut url = url.clone();
    // Fails only for a URL that cannot have a password, and then there is none to remove.
    let _ = url.set_password(None);
    url.to_string()
}

/// A typed text without the password that it may hold between the first colon
/// and the last `@`, even if it is not an address.
pub(super) fn without_typed_password(typed: &str) -> String {
    let Some((before, host)) = typed.rsplit_once('@') else { return typed.to_owned() };
    let scheme = before.find("://").filter(|at| !before[..*at].contains('@'));
    let start = scheme.map_or(0, |at| at + "://".len());
    let user = before[start..].find(':').map_or(before, |at| &before[..start + at]);
    format!("{user}@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(typed: &str) -> Result<String, String> {
        HostAddress::parse(typed, "8086").page.map(String::from).map_err(|problem| problem.to_string())
    }

    #[test]
    fn every_form_of_address_leads_to_a_page() {
        let cases = [
            ("server1", "http://server1:8086/"),
            ("server1:90", "http://server1:90/"),
            ("[::1]", "http://[::1]:8086/"),
            ("[::1]:90", "http://[::1]:90/"),
            ("::1", "http://[::1]:8086/"),
            ("http://server1:90", "http://server1:90/"),
            ("https://smoker.example.org/a/", "https://smoker.example.org/a/"),
        ];
        for (typed, expected) in cases {
            assert_eq!(page(typed).as_deref(), Ok(expected), "{typed}");
        }
    }

    #[test]
    fn the_host_of_an_address_is_as_it_was_written() {
        for (typed, expected) in [
            ("Web01", "Web01"),
            ("WEB01.Example.org:90", "WEB01.Example.org"),
            ("https://user:p%40ss@Web01:90/a?b", "Web01"),
            (HostAddress::parse("https://user:pass@Web01:90/", "1").label.as_str(), "Web01"),
            ("http://Web01", "Web01"),
            ("kůň:1", "kůň"),
            ("[2001:DB8::1]:90", "2001:DB8::1"),
            ("2001:DB8::1", "2001:DB8::1"),
            ("http://[2001:DB8::1]/", "2001:DB8::1"),
            ("0x7f.1", "0x7f.1"),
            ("web 3", "web 3"),
            ("a:b:c", "a:b:c"),
        ] {
            assert_eq!(host_as_written(typed), expected, "{typed}");
        }
    }

    #[test]
    fn a_known_daemon_is_asked_over_tls_at_the_same_port() {
        let pin = "sha256//LHDhK3oGRvkiefQnx7OOczTY5Tic/xZ6HcMOc/gmtoM=";
        let known = format!("web1:8086 {pin}\n[::1]:80 {pin}\n@cert-authority * {pin}\nlocalhost:1 {pin}\n");
        let known = KnownHosts::parse(&known);
        for (typed, expected) in [
            ("web1", "https://web1:8086/"),
            ("WEB1", "https://web1:8086/"),
            ("[::1]:80", "https://[::1]:80/"),
            ("other:90", "https://other:90/"),
            ("http://web1:8086", "http://web1:8086/"),
            ("localhost", "http://localhost:8086/"),
            ("localhost:1", "https://localhost:1/"),
            ("127.0.0.1", "http://127.0.0.1:8086/"),
        ] {
            let address = HostAddress::parse(typed, "8086").over_tls(&known);
            assert_eq!(address.page.map(String::from).as_deref(), Ok(expected), "{typed}");
        }
        let broken = KnownHosts::parse("web1:8086 sha256//x\n");
        let refused =
            HostAddress::parse("web1", "8086").over_tls(&broken).page.expect_err("a pin with a typo").to_string();
        assert!(refused.contains("known_hosts") && refused.contains("line 1"), "{refused}");
        assert!(HostAddress::parse("web2", "8086").over_tls(&broken).page.is_ok());
        let unknown = HostAddress::parse("web1", "8086").over_tls(&KnownHosts::default());
        assert_eq!(unknown, HostAddress::parse("web1", "8086"));
    }

    #[test]
    fn through_a_nats_server_a_host_is_its_name() {
        for (typed, expected) in [
            ("web1", Some("nats://web1/")),
            ("Web-1.example_org", Some("nats://Web-1.example_org/")),
            ("web1:90", Some("nats://web1%3A90/")),
            ("größe 1", Some("nats://gr%C3%B6%C3%9Fe%201/")),
            ("http://web1/", None),
            ("", None),
        ] {
            let page = HostAddress::parse(typed, "8086").through_nats().page.map(String::from).ok();
            assert_eq!(page.as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn a_text_that_is_not_an_address_gives_the_reason() {
        for (typed, word) in [
            ("127.0.0.1:http", "port"),
            ("127.0.0.1:0", "port"),
            ("127.0.0.1:70000", "port"),
            ("127.0.0.1:80:99", "colons"),
            ("", "host name"),
            ("a b", "host name"),
            ("user@host", "host name"),
            ("[::1", "bracket"),
            ("[::1]x", "IPv6"),
            ("ftp://host", "scheme"),
        ] {
            let reason = page(typed).expect_err(typed);
            assert!(reason.contains(word), "{typed}: {reason}");
        }
    }
}
