//! A line that is not understood, and the hosts that it may be meant for: of them nobody knows whether a key is known.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::pattern;
use crate::storage::lines::LineProblem;

/// What a line for all hosts of an authority begins with.
pub(super) const AUTHORITY: &str = "@cert-authority";

/// What a pin begins with, also one that is not written right.
const HASH: &str = "sha256";

/// A line that is not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct KnownHostProblem {
    /// The line, and what is wrong with it.
    pub problem: LineProblem,
    /// What may be names of hosts in it.
    names: Vec<String>,
    /// Whether it begins with a word such as `@revoked`.
    is_marked: bool,
}

impl KnownHostProblem {
    pub(super) fn of(problem: LineProblem, written: &str) -> Self {
        let written = written.to_lowercase();
        let words = written.split_whitespace().take_while(|word| !word.starts_with('#'));
        let names = words.filter(|word| !word.starts_with('@')).flat_map(|word| word.split([',', ';', '"', '\'']));
        let names = names.filter(|name| !name.is_empty() && !name.starts_with(HASH)).map(str::to_owned).collect();
        let is_marked = written.trim_start().starts_with('@') && !written.trim_start().starts_with(AUTHORITY);
        Self { problem, names, is_marked }
    }

    /// Whether the line may say that a key is not to be trusted, as `@revoked` of SSH does.
    pub(super) fn may_revoke(&self) -> bool {
        self.is_marked
    }

    /// Whether the line may be meant for this host, at this port. A line without a name, and a name that cannot be read, may be meant for any.
    pub(super) fn concerns(&self, host: &str, port: u16) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| may_mean(name, host, port))
    }
}

/// Whether what is written may mean the host, which is in lower case and of IPv6 in brackets.
fn may_mean(written: &str, host: &str, port: u16) -> bool {
    let name = written.split_once("://").map_or(written, |(_, name)| name);
    let name = name.split('/').next().unwrap_or_default().trim_start_matches('!');
    let (host, address) = (host.trim_matches(['[', ']']).trim_end_matches('.'), format!("{host}:{port}"));
    if name.chars().any(|c| !c.is_ascii_alphanumeric() && !"-._:*?[]".contains(c)) {
        return true;
    }
    let name = name.replace('?', "*");
    // A port is part of a name, or is not, or is a pattern itself.
    let bare = name.trim_matches(['[', ']']);
    let without_port = name.rsplit_once(':').map_or(bare, |(name, _)| name.trim_matches(['[', ']']));
    // An address that is not written as usual may be read as any.
    let last_label = without_port.rsplit('.').next().unwrap_or_default();
    let is_address = without_port.contains('.') && last_label.starts_with(|c: char| c.is_ascii_digit());
    if is_address && without_port.parse::<Ipv4Addr>().is_err() && host.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let is_meant = |name: &str| {
        let is_same_address = || name.parse::<Ipv6Addr>().is_ok_and(|address| host.parse() == Ok(address));
        name.trim_end_matches('.') == host || is_same_address() || (name.contains('*') && pattern::fits(name, host))
    };
    is_meant(bare) || is_meant(without_port) || pattern::fits(&name, &address)
}
