//! The names of subjects.
//!
//! | subject | what is published there |
//! |---|---|
//! | `smoker.v1.FLEET.host.HOST` | requests to one host |
//! | `smoker.v1.FLEET.group.GROUP` | requests to all hosts of a group |
//! | `smoker.v1.FLEET.present.HOST` | that a host is there |
//! | `smoker.v1.FLEET.result.HOST.PLUGIN` | results of a plugin |
//!
//! Names are tokens: what has a meaning in subjects, and what is not printable ASCII, is written as `%XX`.

use std::fmt::Write;

/// The group that every host is in.
pub const EVERYBODY: &str = "all";

/// The first tokens of all subjects. The number changes when older programs would misunderstand what is sent.
pub const PREFIX: &str = "smoker.v1";

/// A name as one token of a subject: each byte of `.`, `*`, `>`, `%`, `/`, `\`, blanks, control characters and everything beyond ASCII becomes
/// `%XX`. `/` and `\` have no meaning in subjects, but are refused in the names of streams. An empty name becomes `%`, since no token may be empty.
#[must_use]
pub fn token(name: &str) -> String {
    if name.is_empty() {
        return "%".to_owned();
    }
    let mut token = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_graphic() && !b".*>%/\\".contains(&byte) {
            token.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(token, "%{byte:02X}");
        }
    }
    token
}

/// The name that [`token`] was made of, or `None` for a token that it does not make.
#[must_use]
pub fn name(token: &str) -> Option<String> {
    if token == "%" {
        return Some(String::new());
    }
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let name = String::from_utf8(bytes).ok()?;
    // There is one token for a name, so that permissions of one cannot be passed by another.
    (self::token(&name) == token).then_some(name)
}

/// The subjects and streams of a fleet: hosts that one account of NATS reaches under one name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fleet {
    token: String,
}

impl Fleet {
    /// The fleet of this name, which may have any characters.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { token: token(name) }
    }

    /// Where requests to a host go.
    #[must_use]
    pub fn host(&self, host: &str) -> String {
        self.of("host", host)
    }

    /// Where requests to all hosts of a group go.
    #[must_use]
    pub fn group(&self, group: &str) -> String {
        self.of("group", group)
    }

    /// The subjects of all hosts.
    #[must_use]
    pub fn host_pattern(&self) -> String {
        format!("{PREFIX}.{}.host.*", self.token)
    }

    /// The subjects of all groups.
    #[must_use]
    pub fn group_pattern(&self) -> String {
        format!("{PREFIX}.{}.group.*", self.token)
    }

    /// Where a host says that it is there.
    #[must_use]
    pub fn present(&self, host: &str) -> String {
        self.of("present", host)
    }

    /// The subjects of all hosts that say that they are there.
    #[must_use]
    pub fn all_present(&self) -> String {
        format!("{PREFIX}.{}.present.*", self.token)
    }

    /// Where results of a plugin go.
    #[must_use]
    pub fn result(&self, host: &str, plugin: &str) -> String {
        format!("{}.{}", self.of("result", host), token(plugin))
    }

    /// The subjects of all results of a host.
    #[must_use]
    pub fn results_of(&self, host: &str) -> String {
        format!("{}.*", self.of("result", host))
    }

    /// The subjects of all results.
    #[must_use]
    pub fn all_results(&self) -> String {
        format!("{PREFIX}.{}.result.*.*", self.token)
    }

    /// The stream with results.
    #[must_use]
    pub fn results_stream(&self) -> String {
        format!("SMOKER_{}", self.token)
    }

    /// The stream with the newest presence of each host.
    #[must_use]
    pub fn presence_stream(&self) -> String {
        format!("SMOKER_{}_PRESENT", self.token)
    }

    /// The host and the plugin of a subject that [`Fleet::result`] made, or `None` for another one.
    #[must_use]
    pub fn read_result(&self, subject: &str) -> Option<(String, String)> {
        let (host, plugin) = self.rest_of("result", subject)?.split_once('.')?;
        Some((name(host)?, name(plugin)?))
    }

    /// The host of a subject that [`Fleet::present`] made, or `None` for another one.
    #[must_use]
    pub fn read_present(&self, subject: &str) -> Option<String> {
        name(self.rest_of("present", subject)?)
    }

    fn of(&self, kind: &str, name: &str) -> String {
        format!("{PREFIX}.{}.{kind}.{}", self.token, token(name))
    }

    fn rest_of<'a>(&self, kind: &str, subject: &'a str) -> Option<&'a str> {
        subject
            .strip_prefix(PREFIX)?
            .strip_prefix('.')?
            .strip_prefix(&self.token)?
            .strip_prefix('.')?
            .strip_prefix(kind)?
            .strip_prefix('.')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_one_token() {
        for (name, expected) in [
            ("web1", "web1"),
            ("web1.example.org", "web1%2Eexample%2Eorg"),
            ("*", "%2A"),
            ("a>b", "a%3Eb"),
            ("100%", "100%25"),
            ("disk /var", "disk%20%2Fvar"),
            ("tab\there\n", "tab%09here%0A"),
            ("größe", "gr%C3%B6%C3%9Fe"),
            ("", "%"),
        ] {
            assert_eq!(token(name), expected, "{name:?}");
            assert_eq!(self::name(expected).as_deref(), Some(name), "{expected}");
        }
    }

    /// Otherwise a host could publish as another one under a token that permissions do not know.
    #[test]
    fn a_name_has_no_second_token() {
        for token in ["%41", "%2e", "%zz", "%2", "web%", "a%", "%C3", "a b", "a.b", "%%", ""] {
            assert_eq!(name(token), None, "{token}");
        }
    }

    #[test]
    fn subjects_of_a_fleet() {
        let fleet = Fleet::new("prod.eu");
        assert_eq!(fleet.host("web.1"), "smoker.v1.prod%2Eeu.host.web%2E1");
        assert_eq!(fleet.group("web"), "smoker.v1.prod%2Eeu.group.web");
        assert_eq!(fleet.present("a"), "smoker.v1.prod%2Eeu.present.a");
        assert_eq!(fleet.all_present(), "smoker.v1.prod%2Eeu.present.*");
        assert_eq!(fleet.results_of("a"), "smoker.v1.prod%2Eeu.result.a.*");
        assert_eq!(fleet.results_stream(), "SMOKER_prod%2Eeu");
        assert_eq!(fleet.read_result(&fleet.result("a.b", "c d")), Some(("a.b".to_owned(), "c d".to_owned())));
        assert_eq!(fleet.read_present(&fleet.present("a.b")).as_deref(), Some("a.b"));
        let other = Fleet::new("prod");
        assert_eq!(other.read_present(&fleet.present("a")), None);
        assert_eq!(other.read_result("smoker.v1.prod.result.a"), None);
        assert_eq!(other.read_result("smoker.v1.prod.result.a.b.c"), None);
    }
}
