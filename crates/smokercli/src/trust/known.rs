//! Lists the keys of daemons.

use std::fmt::Write;

use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::output;
use crate::trust_store::{TrustStore, user_at_host};

/// Prints the user's key, then what is known of daemons.
pub(super) fn list(store: &TrustStore) -> Result<u8, ExitError> {
    let own = store.own().map_err(|error| ExitError::new(error.to_string()))?;
    let mut text = match own {
        Some(own) => format!("# your key ({})\n{}\n", user_at_host(), own.pin),
        None => "# you have no key; smokercli trust key makes one\n".to_owned(),
    };
    text.push_str("# daemons\n");
    if store.known.hosts.is_empty() {
        text.push_str("# none is known; smokercli trust add -s HOST --via ssh takes the key of one, and so does smokercli trust scan -s HOST\n");
    }
    for host in &store.known.hosts {
        // Writing to a text never fails.
        let _ = writeln!(text, "{}", host.line());
    }
    output::print(&text)?;
    let console = Console::new(Verbosity::Quiet);
    store.warnings().iter().for_each(|warning| console.warn(warning));
    Ok(exit_code::SUCCESS)
}
