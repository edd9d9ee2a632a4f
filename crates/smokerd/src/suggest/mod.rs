//! `smokerd suggest`: looks at the host and proposes a configuration to read. It reads files, and asks systemd for
//! units that have failed: nothing is changed, and nothing is asked over a network.
//!
//! # Layout
//!
//! - `host`: what there is on the host
//! - `listeners`: the ports that wait for clients
//! - `proposals`: what of it becomes a plugin
//! - `page`: the proposal as a text

use std::path::Path;

use crate::exit_code;
use crate::os::host_name;
use crate::output;
use crate::suggest::host::Host;

mod host;
mod listeners;
mod page;
mod proposals;

/// Prints a configuration for this host, and returns the exit code.
///
/// # Errors
///
/// Why it cannot be printed.
pub(crate) fn run() -> Result<u8, String> {
    let mut host = Host::read(Path::new("/"));
    host.ask_for_failed_units();
    output::print(&page::text(&host_name::host_name(), &host, &proposals::of(&host)))?;
    Ok(exit_code::SUCCESS)
}
