//! The daemons that a client knows: `known_hosts`, an address and a pin a line, as in SSH's file of that name. `@cert-authority PATTERN PIN` is an authority for the hosts that fit the
//! pattern.

use std::path::Path;

use crate::pin::Pin;
use crate::storage::file_error::FileError;
use crate::storage::lines::{self, LineProblem};
use crate::storage::text_file;

/// The name of the file in the client's folder.
pub const FILE: &str = "known_hosts";

const AUTHORITY: &str = "@cert-authority";
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
    pub problems: Vec<LineProblem>,
}

impl KnownHost {
    /// Reads a line.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Self, String> {
        let words: Vec<_> = line.split_whitespace().collect();
        let (is_authority, host, pin) = match words[..] {
            [AUTHORITY, pattern, pin] => (true, pattern, pin),
            [host, pin] if host != AUTHORITY => (false, host, pin),
            _ => return Err(format!("it is neither HOST:PORT PIN nor {AUTHORITY} PATTERN PIN; correct or remove it")),
        };
        let pin = pin.parse().map_err(|error: crate::pin::PinError| error.to_string())?;
        let host = host.to_lowercase();
        let host = if is_authority { host } else { with_port(&host)? };
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
                Err(reason) => found.problems.push(LineProblem { line, reason }),
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
        let host = host.to_lowercase();
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
}

/// `HOST:PORT` with the port as it is compared, without zeros before it.
fn with_port(host: &str) -> Result<String, String> {
    let parts =
        host.rsplit_once(':').filter(|(name, port)| !name.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    match parts.and_then(|(name, port)| Some((name, port.parse::<u16>().ok()?))) {
        Some((name, port)) => Ok(format!("{name}:{port}")),
        None => Err(format!(
            "{:?} is no host with a port; write HOST:PORT, such as web1:8086",
            host.chars().take(80).collect::<String>()
        )),
    }
}

/// Whether a host fits a pattern, in which `*` stands for any text, of which there may be one.
fn fits(pattern: &str, host: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == host,
        Some((before, behind)) => {
            host.len() >= before.len() + behind.len() && host.starts_with(before) && host.ends_with(behind)
        }
    }
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
    // What is written has to be read again.
    KnownHost::parse(&line).map_err(|reason| FileError::new(path, reason))?;
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
        let lines: Vec<_> = known.problems.iter().map(|problem| problem.line).collect();
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
