//! Addresses of pages: `http://host:port/path`, `https://...`.

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) is_secure: bool,
    /// Without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// With the query.
    pub(crate) path: String,
}

impl Url {
    /// Reads an address; the error is what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = text.split_once("://").ok_or("it has to begin with http:// or https://")?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err("it has to begin with http:// or https://"),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err("a user and a password belong into User and Password");
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("it has blanks: write %20 for each");
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, behind) = rest.split_once(']').ok_or("the bracket is not closed")?;
                (host, behind.strip_prefix(':'))
            }
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port = match port {
            None | Some("") => Some(if is_secure { 443 } else { 80 }),
            Some(digits) => digits.parse().ok().filter(|port| *port > 0),
        };
        let port = port.ok_or("the port has to be a number from 1 to 65535")?;
        if host.is_empty() {
            return Err("it has no host");
        }
        let path = if path.starts_with('/') { encoded(path) } else { format!("/{}", encoded(path)) };
        Ok(Self { is_secure, host: host.to_owned(), port, path })
    }

    /// Where a redirect from here leads.
    pub(crate) fn join(&self, location: &str) -> Result<Self, &'static str> {
        // A query may hold another address.
        if location.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':')) {
            return Self::parse(location);
        }
        let scheme = if self.is_secure { "https" } else { "http" };
        if location.starts_with("//") {
            return Self::parse(&format!("{scheme}:{location}"));
        }
        let folder = self.path.split('?').next().unwrap_or_default();
        let folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
        let path = match location.chars().next() {
            Some('/') => location.to_owned(),
            Some('?') => format!("{}{location}", self.path.split('?').next().unwrap_or_default()),
            _ => format!("{folder}/{location}"),
        };
        let path = encoded(path.split('#').next().unwrap_or_default());
        if path.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err("it has blanks");
        }
        Ok(Self { path, ..self.clone() })
    }

    /// The value of `Host`.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.is_secure { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }

    /// Whether a request there may have the secrets of a request to the other.
    pub(crate) fn is_same_origin(&self, other: &Self) -> bool {
        (self.is_secure, &self.host, self.port) == (other.is_secure, &other.host, other.port)
    }
}

/// Letters of other scripts are bytes in percent on the wire.
fn encoded(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |out, byte| match byte {
        0..=127 => out + &char::from(byte).to_string(),
        _ => out + &format!("%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_a_port_and_a_path() {
        for (text, authority, path) in [
            ("http://a", "a", "/"),
            ("HTTPS://a:443/b?c#d", "a", "/b?c"),
            ("http://a:8080?x=1", "a:8080", "/?x=1"),
            ("http://[::1]:81/é", "[::1]:81", "/%C3%A9"),
        ] {
            let url = Url::parse(text).expect("an address");
            assert_eq!((url.authority().as_str(), url.path.as_str()), (authority, path), "{text}");
        }
        for text in
            ["a", "ftp://a", "http://", "http://a:0", "http://a:x", "http://u:p@a", "http://a/b c", "http://[::1"]
        {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn redirects_lead_from_where_they_are() {
        let url = Url::parse("http://a:8080/b/c?d").expect("an address");
        for (location, authority, path) in [
            ("https://e/f", "e", "/f"),
            ("//e/f", "e", "/f"),
            ("/x#y", "a:8080", "/x"),
            ("x", "a:8080", "/b/x"),
            ("?x", "a:8080", "/b/c?x"),
            ("/login?next=http://e/", "a:8080", "/login?next=http://e/"),
            ("login?next=http://e/", "a:8080", "/b/login?next=http://e/"),
        ] {
            let target = url.join(location).expect("an address");
            assert_eq!((target.authority().as_str(), target.path.as_str()), (authority, path), "{location}");
        }
    }
}
