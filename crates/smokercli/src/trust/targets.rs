//! The hosts of a command.

use crate::cli::trust_args::{Hosts, InventoryHosts};
use crate::config::ClientConfig;
use crate::error::ExitError;
use crate::inventory::address::{HostAddress, host_and_port};
use crate::inventory::{expressions, file};
use crate::targets;
use crate::terminal::console::{Console, Verbosity};

/// A daemon's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Its host; an address of IPv6 is in brackets.
    pub(super) host: String,
    /// Its port.
    pub(super) port: u16,
    /// Its host as it was typed: ssh takes capitals in the names of its configuration for others.
    pub(super) typed: String,
}

impl Target {
    /// Host and port, as `known_hosts` has them.
    pub(super) fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The host as other programs take it: without brackets.
    pub(super) fn bare_host(&self) -> &str {
        self.host.trim_matches(['[', ']'])
    }
}

/// The hosts that a command names, also by groups and inventories.
///
/// # Errors
///
/// When there is none, one is no address, or one that was to be left out is not known: a command that changes trust does all of what it was asked for, or nothing.
pub(super) fn of(hosts: &InventoryHosts, config: &ClientConfig) -> Result<Vec<Target>, ExitError> {
    let console = Console::new(Verbosity::Quiet);
    let Some(selection) = targets::named(&hosts.host_args(), config, &console)? else {
        return Err(ExitError::usage(
            "no host is named; name some by -s HOST, -g GROUP, --inventory FILE or --hosts-file FILE",
        ));
    };
    selection.refuse_unused_exclusions()?;
    selection.addresses().into_iter().map(target).collect()
}

/// The hosts that these options name by themselves.
///
/// # Errors
///
/// As [`of`].
pub(super) fn of_names(hosts: &Hosts, port: &str) -> Result<Vec<Target>, ExitError> {
    let mut named = hosts.hosts.clone();
    for path in &hosts.hosts_file {
        named.extend(file::read_file(path)?);
    }
    if named.is_empty() {
        return Err(ExitError::usage("no host is named; name some by -s HOST or --hosts-file FILE"));
    }
    expressions::expand(&named, port).into_iter().map(target).collect()
}

fn target(address: HostAddress) -> Result<Target, ExitError> {
    let HostAddress { label, page } = address;
    let url = page.map_err(|reason| ExitError::usage(format!("{label}: {reason}")))?;
    let (host, port) = host_and_port(&url).ok_or_else(|| ExitError::usage(format!("{label} has no host")))?;
    let typed = as_typed(&label, &host);
    Ok(Target { host, port, typed })
}

/// The part of an address that is its host, of which `host` is the form in small letters.
fn as_typed(address: &str, host: &str) -> String {
    let host = host.trim_matches(['[', ']']);
    let at = address.to_ascii_lowercase().find(host);
    at.and_then(|at| address.get(at..at + host.len())).unwrap_or(host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ssh_is_given_a_host_as_it_was_typed() {
        for (address, host, typed) in [
            ("Web1-Prod", "web1-prod", "Web1-Prod"),
            ("https://Web1-Prod:8086/", "web1-prod", "Web1-Prod"),
            ("[FE80::1]:8086", "[fe80::1]", "FE80::1"),
            ("0x7f.1", "127.0.0.1", "127.0.0.1"),
        ] {
            assert_eq!(as_typed(address, host), typed, "{address}");
        }
    }
}
