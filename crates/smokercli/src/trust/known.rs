//! Lists and forgets the keys of daemons.

use std::fmt::Write;

use smoker_trust::known_hosts;

use crate::cli::trust_args::Hosts;
use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::output;
use crate::trust::targets;
use crate::trust_store::{TrustStore, user_at_host};

/// Prints the user's key, then what is known of daemons.
pub(super) fn list(store: &TrustStore) -> Result<u8, ExitError> {
    let own = store.own().map_err(|error| ExitError::new(error.to_string()))?;
    let mut text = match own {
        Some(own) => format!("# your key ({})\n{}\n", user_at_host(), own.pin),
        None => "# you have no key; smokercli trust key makes one\n".to_owned(),
    };
    text.push_str("# daemons\n");
    for host in &store.known.hosts {
        // Writing to a text never fails.
        let _ = writeln!(text, "{}", host.line());
    }
    output::print(&text)?;
    let console = Console::new(Verbosity::Quiet);
    store.warnings().iter().for_each(|warning| console.warn(warning));
    Ok(exit_code::SUCCESS)
}

/// Forgets the keys of these hosts.
pub(super) fn remove(store: &TrustStore, hosts: &Hosts, port: &str) -> Result<u8, ExitError> {
    let path = store.make_folder()?.path().join(known_hosts::FILE);
    let console = Console::new(Verbosity::Quiet);
    let mut code = exit_code::SUCCESS;
    for target in targets::of(hosts, port)? {
        let removed =
            known_hosts::remove(&path, &target.address()).map_err(|error| ExitError::new(error.to_string()))?;
        if removed.is_empty() {
            code = exit_code::FAILURE;
            console.error(&format!(
                "Host {}: no key is known; smokercli trust list shows those that are",
                target.address()
            ));
        }
        for host in removed {
            output::print(&format!("{}: forgotten, {}\n", host.host, host.pin))?;
        }
    }
    Ok(code)
}
