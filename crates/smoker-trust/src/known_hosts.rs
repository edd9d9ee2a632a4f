//! The daemons that a client knows: `known_hosts`, an address and a pin a line, as in SSH's file of that name. `@cert-authority PATTERN PIN` is an authority for the hosts that fit the
//! pattern.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use crate::known_hosts::problem::{AUTHORITY, KnownHostProblem};
use crate::pattern::fits;
use crate::pin::Pin;
use crate::storage::file_error::FileError;
use crate::storage::lines::{self, LineProblem};
use crate::storage::text_file;

pub mod pattern;
pub mod problem;

/// The name of the file in the client's folder.
pub const FILE: &str = "known_hosts";

const HEADER: &str = "# The daemons that smokercli knows: address and pin. smokercli trust adds and removes lines.\n";

/// What is known of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostTrust {
    /// Its address, as `host:port`.
    pub host: String,
    /// The keys that it may have.
    pub pins: Vec<Pin>,
    /// The authorities that may have signed its certificate.
    pub authorities: Vec<Pin>,
}

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHost {
    /// The address, as `host:port`; a pattern for an authority.
    pub host: String,
    /// The key of the host or of the authority.
    pub pin: Pin,
    /// Whether it is an authority's.
    pub is_authority: bool,
}

/// The lines of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownHosts {
    /// The lines that are understood.
    pub hosts: Vec<KnownHost>,
    /// The lines that are not, which count for nothing.
    pub problems: Vec<KnownHostProblem>,
}

impl KnownHost {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Self, String> {
        let words: Vec<_> = line.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
        let (is_authority, host, pin) = match words[..] {
            [AUTHORITY, pattern, pin] => (true, pattern, pin),
            [host, pin] if host != AUTHORITY => (false, host, pin),
            _ => return Err(format!("it is neither HOST:PORT PIN nor {AUTHORITY} PATTERN PIN; correct or remove it")),
        };
        let pin = pin.parse().map_err(|error: crate::pin::PinError| error.to_string())?;
        let host = host.to_lowercase();
        let host = if is_authority {
            pattern::check(&host)?;
            host
        } else {
            with_port(&host)?
        };
        Ok(Self { host, pin, is_authority })
    }

    /// The line.
    #[must_use]
    pub fn line(&self) -> String {
        let authority = if self.is_authority { format!("{AUTHORITY} ") } else { String::new() };
        format!("{authority}{} {}", self.host, self.pin)
    }
}

impl KnownHosts {
    /// Reads the text of a file. A line that is not understood is reported; the others count.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        for (line, written) in lines::lines(text) {
            match KnownHost::parse(written) {
                Ok(host) => found.hosts.push(host),
                Err(reason) => found.problems.push(KnownHostProblem::of(LineProblem { line, reason }, written)),
            }
        }
        found
    }

    /// Reads the file; one that is missing has no line.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        Ok(text_file::read(path)?.map_or_else(Self::default, |text| Self::parse(&text)))
    }

    /// What is known of this host (a name or an address, one of IPv6 in brackets) at this port; `None` when nothing is.
    #[must_use]
    pub fn of(&self, host: &str, port: u16) -> Option<HostTrust> {
        let host = without_dot(&host.to_lowercase()).to_owned();
        let address = format!("{host}:{port}");
        let (mut pins, mut authorities) = (Vec::new(), Vec::new());
        for known in &self.hosts {
            if known.is_authority {
                if fits(&known.host, &host) || fits(&known.host, &address) {
                    authorities.push(known.pin);
                }
            } else if known.host == address {
                pins.push(known.pin);
            }
        }
        let is_known = !pins.is_empty() || !authorities.is_empty();
        is_known.then_some(HostTrust { host: address, pins, authorities })
    }

    /// The line that is not understood and may be meant for this host: where nothing is known of it, and where the line may take trust away.
    #[must_use]
    pub fn problem_of(&self, host: &str, port: u16) -> Option<&KnownHostProblem> {
        let host = host.to_lowercase();
        let is_known = self.of(&host, port).is_some();
        self.problems.iter().find(|problem| problem.concerns(&host, port) && (!is_known || problem.may_revoke()))
    }
}

/// `HOST:PORT` as it is compared: the port without zeros before it, an address of IPv6 in its shortest form.
fn with_port(host: &str) -> Result<String, String> {
    let parts =
        host.rsplit_once(':').filter(|(name, port)| !name.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    match parts.and_then(|(name, port)| Some((host_name(name)?, port.parse::<u16>().ok()?))) {
        Some((name, port)) => Ok(format!("{name}:{port}")),
        None => Err(format!(
            "{:?} is no host with a port; write HOST:PORT, such as web1:8086, 192.0.2.7:8086 or [2001:db8::7]:8086",
            host.chars().take(80).collect::<String>()
        )),
    }
}

/// A name without the dot that a full name may end in: both lead to the same host.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// A name or an address as the client has it in a URL; none for what no URL has.
fn host_name(name: &str) -> Option<String> {
    let name = without_dot(name);
    if let Some(address) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().ok().map(|address| format!("[{address}]"));
    }
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    // The last label of a name is never a number.
    let is_address = name
        .rsplit('.')
        .find(|label| !label.is_empty())
        .is_none_or(|label| label.bytes().all(|digit| digit.is_ascii_digit()) || label.starts_with("0x"));
    let has_labels = name.split('.').all(|label| !label.is_empty());
    let is_usual = has_labels && name.chars().all(is_of_name) && (!is_address || name.parse::<Ipv4Addr>().is_ok());
    is_usual.then(|| name.to_owned())
}

/// Makes this the one key of a host, and returns the keys that were known before.
///
/// # Errors
///
/// When the file cannot be written.
pub fn set(path: &Path, host: &str, pin: Pin) -> Result<Vec<Pin>, FileError> {
    put(path, &KnownHost { host: host.to_lowercase(), pin, is_authority: false })
}

/// Makes this the one authority of a pattern, and returns those that were known before.
///
/// # Errors
///
/// When the file cannot be written.
pub fn set_authority(path: &Path, pattern: &str, pin: Pin) -> Result<Vec<Pin>, FileError> {
    put(path, &KnownHost { host: pattern.to_lowercase(), pin, is_authority: true })
}

fn put(path: &Path, new: &KnownHost) -> Result<Vec<Pin>, FileError> {
    let line = new.line();
    // What is written has to be read again, and is compared as it is read.
    let new = KnownHost::parse(&line).map_err(|reason| FileError::new(path, reason))?;
    text_file::edit(path, |old| {
        let header = if old.is_empty() { HEADER } else { "" };
        let (kept, removed) = without(old, |known| known.host == new.host && known.is_authority == new.is_authority);
        Ok((format!("{header}{kept}{line}\n"), removed.into_iter().map(|known| known.pin).collect()))
    })
}

/// Forgets a host, or the pattern of an authority, and returns its lines.
///
/// # Errors
///
/// When the file cannot be written.
pub fn remove(path: &Path, host: &str) -> Result<Vec<KnownHost>, FileError> {
    let host = host.to_lowercase();
    let host = with_port(&host).unwrap_or(host);
    text_file::edit(path, |old| Ok(without(old, |known| known.host == host)))
}

/// A text without the lines that are meant, and these.
fn without(text: &str, is_meant: impl Fn(&KnownHost) -> bool) -> (String, Vec<KnownHost>) {
    let mut removed = Vec::new();
    let kept = lines::kept(text, |line| match KnownHost::parse(line).ok().filter(&is_meant) {
        Some(known) => {
            removed.push(known);
            false
        }
        None => true,
    });
    (kept, removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(key: &str) -> Pin {
        Pin::of_public_key(key.as_bytes())
    }

    #[test]
    fn hosts_are_known_by_address_and_port_and_by_the_authorities_of_their_names() {
        let (a, b, ca) = (pin("a"), pin("b"), pin("ca"));
        let text = format!(
            "# mine\nWEB1:8086 {a}\nweb1:8086 {b}\n[::1]:90 {a}\n@cert-authority *.example.org {ca}\nweb2 {a}\nweb3:8086 x\nrubbish\n@cert-authority {a}\n"
        );
        let known = KnownHosts::parse(&text);
        let lines: Vec<_> = known.problems.iter().map(|found| found.problem.line).collect();
        assert_eq!(lines, [6, 7, 8, 9]);
        assert!(known.problems[0].to_string().contains("is no host with a port"));
        assert!(KnownHost::parse(&format!(":07 {a}")).is_err() && KnownHost::parse(&format!("web1:+7 {a}")).is_err());
        assert_eq!(KnownHost::parse(&format!("web1:007 {a}")).expect("a host").host, "web1:7");
        assert_eq!(known.of("Web1", 8086).expect("known").pins, [a, b]);
        assert_eq!(known.of("[::1]", 90).expect("known").pins, [a]);
        assert_eq!(known.of("db.example.org", 1).expect("known").authorities, [ca]);
        for (host, port) in [("web1", 90), ("web2", 8086), ("example.org", 1), ("", 0)] {
            assert_eq!(known.of(host, port), None, "{host}");
        }
    }

    #[test]
    fn lines_mean_the_hosts_that_a_url_has() {
        let a = pin("a");
        let text = format!(
            "web1:8086 {a} # the first\n[0:0::1]:8086 {a}\n@cert-authority 192.*.2.* {a}\n@cert-authority a*b*c {a}\n"
        );
        let known = KnownHosts::parse(&text);
        assert_eq!(known.problems, []);
        for host in ["web1", "[::1]", "192.0.2.7", "192.168.2.9", "abc", "axxbxxc"] {
            assert!(known.of(host, 8086).is_some(), "{host}");
        }
        for host in ["192.0.3.7", "ac", "abcd", "abx"] {
            assert_eq!(known.of(host, 8086), None, "{host}");
        }
        for host in
            ["[web1]:8086", "web1..:1", "a:1,b:1", "127.1:8086", "0x7f.1:1", "::1:8086", "[fe80::1%lo]:1", "ü:1"]
        {
            assert!(KnownHost::parse(&format!("{host} {a}")).is_err(), "{host}");
        }
    }

    #[test]
    fn a_line_that_is_not_understood_says_which_host_it_may_be_meant_for() {
        let a = pin("a");
        for (line, host) in [
            ("web1:8086 sha256//typo".to_owned(), "web1"),
            (format!("web1 {a}"), "WEB1"),
            (format!("[web1]:8086 {a}"), "web1"),
            (format!("web2:1,web1:8086 {a}"), "web1"),
            (format!("::1:8086 {a}"), "[::1]"),
            (format!("{a} web1:8086"), "web1"),
            ("@cert-authority *.example.org x".to_owned(), "web1.example.org"),
            (format!("web*1:8086 {a}"), "web1"),
            (format!("*1:8086 {a}"), "web1"),
            (format!("*.example.org:8086 {a}"), "web1.example.org"),
            (format!("*.example.org:* {a}"), "web1.example.org"),
            (format!("[*1]:8086 {a}"), "web1"),
            (format!("web?1:8086 {a}"), "web21"),
            (format!("@revoked web1:8086 {a}"), "web1"),
            (format!("@cert-authority web?.example.org {a}"), "web1.example.org"),
            (format!("@cert-authority *.example.org,*.x {a}"), "web1.example.org"),
            (format!("https://web1:8086/ {a}"), "web1"),
            (format!("web1.:8086 more {a}"), "web1"),
            (format!("10.77.000.1:8086 {a}"), "10.77.0.1"),
            (format!("127.1:8086 {a}"), "127.0.0.1"),
            (format!("[2001:0db8::1] {a}"), "[2001:db8::1]"),
            (format!("2001:0db8::1:8086 {a}"), "[2001:db8::1]"),
        ] {
            let known = KnownHosts::parse(&line);
            assert_eq!(known.problem_of(host, 8086).map(|found| found.problem.line), Some(1), "{line}");
            assert_eq!(known.problem_of("db", 8086), None, "{line}");
        }
        for line in [
            a.to_string(),
            format!("*:8086 {a}"),
            format!("*:8086,!web1:8086 {a}"),
            format!("@cert-authority {a}"),
            format!("|1|salt|hash= {a}"),
            format!("bücher:8086 {a}"),
        ] {
            let known = KnownHosts::parse(&line);
            assert!(known.problem_of("web1", 8086).is_some(), "{line}: nobody knows which host is meant");
        }
        let known = KnownHosts::parse(&format!("web1 {a}\nweb1:8086 {a}"));
        assert_eq!(known.problem_of("web1", 8086), None, "another line says it");
        let known = KnownHosts::parse(&format!("web1:8086 {a}\n@revoked web1:8086 {a}\nweb2:8086 {a}"));
        assert!(known.problem_of("web1", 8086).is_some(), "no other line gives what this one may take away");
        assert_eq!(known.problem_of("web2", 8086), None);
    }

    #[test]
    fn a_dot_behind_a_full_name_changes_no_host() {
        let known = KnownHosts::parse(&format!("web1.example.org.:8086 {}\nweb2:8086 {}", pin("a"), pin("b")));
        for (host, key) in [("web1.example.org", "a"), ("web1.example.org.", "a"), ("WEB2.", "b")] {
            assert_eq!(known.of(host, 8086).expect("known").pins, [pin(key)], "{host}");
        }
    }

    #[test]
    fn a_host_is_set_changed_and_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        assert_eq!(set(&path, "Web1:8086", pin("a")), Ok(Vec::new()));
        assert_eq!(set(&path, "web2:8086", pin("b")), Ok(Vec::new()));
        assert_eq!(set(&path, "web1:8086", pin("c")), Ok(vec![pin("a")]));
        assert_eq!(set_authority(&path, "*", pin("ca")), Ok(Vec::new()));
        assert!(set(&path, "web 3:8086", pin("c")).is_err() && set(&path, "web3", pin("c")).is_err());
        let known = KnownHosts::load(&path).expect("read");
        assert_eq!((known.hosts.len(), known.problems.len()), (3, 0));
        assert_eq!(known.of("web1", 8086).expect("known").pins, [pin("c")]);
        assert_eq!(remove(&path, "WEB1:8086").expect("removed").len(), 1);
        assert_eq!(KnownHosts::load(&path).expect("read").of("web1", 8086).expect("the authority").pins, []);
    }
}
