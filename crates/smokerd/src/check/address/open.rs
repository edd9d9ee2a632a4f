//! An address on which every host of the network is answered, with no list of those that may ask and no proof of who they are.

use std::net::IpAddr;

use smoker_config::spec::settings::DaemonSettings;
use smoker_config::spec::settings::access_settings::{Access, AccessSettings};

use crate::state_folder::identities;

/// What an operator has to know of `bind_host`; none when not everybody is answered.
pub(crate) fn problem(settings: &DaemonSettings) -> Option<String> {
    let host = settings.bind_host.trim();
    let is_local = match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        // With a port it is no address at all, which is reported for itself.
        Err(_) => host.eq_ignore_ascii_case("localhost") || host.contains(':'),
    };
    if is_local || settings.allow.is_some() || needs_identity(&settings.access) {
        return None;
    }
    Some(format!(
        "bind_host is {host} without allow: every host that reaches this one can read all results and run plugins; write `access: \
         authenticated`, or list the networks of its clients in allow"
    ))
}

/// Whether a daemon that starts with these settings answers other hosts only when they prove who they are.
fn needs_identity(settings: &AccessSettings) -> bool {
    match settings.mode {
        Some(mode) => mode == Access::Authenticated,
        None => settings.tls_client_ca.is_some() || settings.state_dir.as_deref().is_some_and(identities::limit_access),
    }
}
