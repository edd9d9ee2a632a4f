//! What the first identity of a host changes: without `access` in the configuration, it is authenticated from then on.

use std::net::IpAddr;

use smoker_config::spec::settings::access_settings::Access;
use smoker_trust::access::first_identity;

use crate::identity::host_state::HostState;
use crate::output;
use crate::state_folder::marker;
use crate::state_folder::plain_clients::PlainClients;

/// How many clients are named.
const NAMED: usize = 20;

/// Notes that the host has an identity, and says on standard error what that changes. Clients of other hosts show the line to those who have it run over SSH, and
/// know it by its first word.
///
/// # Errors
///
/// When it cannot be noted.
pub(super) fn report(host: &HostState) -> Result<(), String> {
    let is_first = !marker::exists(&host.folder);
    marker::make(&host.folder).map_err(|error| error.to_string())?;
    let beside = marker::make_beside(&host.settings);
    for text in is_first.then(|| changed(host)).flatten().into_iter().chain(beside.err()) {
        output::report(format_args!("NOTE: {text}"));
    }
    Ok(())
}

fn changed(host: &HostState) -> Option<String> {
    match host.settings.mode {
        Some(Access::Authenticated) => None,
        Some(Access::Open) => {
            Some("The configuration says `access: open`, so other hosts need no identity all the same.".to_owned())
        }
        None => Some(from_now_on(&PlainClients::in_folder(&host.folder).addresses())),
    }
}

fn from_now_on(clients: &[IpAddr]) -> String {
    let who = match clients {
        [] => "No other host has asked over plain http in the last day.".to_owned(),
        clients => {
            let mut named: Vec<_> = clients.iter().take(NAMED).map(ToString::to_string).collect();
            if named.len() < clients.len() {
                named.push(format!("and {} more", clients.len() - named.len()));
            }
            format!("In the last day these asked over plain http, and are refused now: {}.", named.join(", "))
        }
    };
    format!("From now on this host is authenticated: {}. {who} {}.", first_identity::NEEDED, first_identity::STAY_OPEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_that_are_refused_from_now_on_are_named() {
        assert!(from_now_on(&[]).contains("No other host"));
        let clients: Vec<_> = (0..=20).map(|last| IpAddr::from([10, 0, 0, last])).collect();
        let text = from_now_on(&clients);
        assert!(text.contains("10.0.0.0, 10.0.0.1,") && text.contains("10.0.0.19, and 1 more."), "{text}");
        assert!(text.contains("`access: open`"), "{text}");
    }
}
