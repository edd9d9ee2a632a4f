//! An address that every host of the network can reach, with no list of those that may.

use std::net::IpAddr;

use crate::lint::findings::Findings;
use crate::yaml::node::{Entry, find_text};

pub(crate) fn review(root: &[Entry], findings: &mut Findings) {
    let Some(bind) = find_text(root, "bind_host") else { return };
    let says = |key: &str, word: &str| {
        let entry = find_text(root, key);
        entry.is_some_and(|entry| entry.value.to_value().as_text().map(str::trim) == Some(word))
    };
    if says("access", "authenticated") {
        return;
    }
    let is_restricted = find_text(root, "allow").is_some_and(|allow| !allow.value.is_null());
    let value = bind.value.to_value();
    let Some(host) = value.as_text().map(str::trim).filter(|_| !is_restricted) else { return };
    let is_local = match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        // With a port it is no address at all, which is reported for itself.
        Err(_) => host.eq_ignore_ascii_case("localhost") || host.contains(':'),
    };
    if !is_local {
        let text = format!(
            "bind_host is {host} without allow: every host that reaches this one can read all results and run plugins; \
             write `access: authenticated`, or list the networks of its clients in allow"
        );
        findings.of_place(&bind.place, "bind_host", text);
    }
}
