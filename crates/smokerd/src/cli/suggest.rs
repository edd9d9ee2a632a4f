//! `smokerd suggest`: a configuration for this host.

use std::ffi::OsString;

use clap::Parser;

/// Look at this host (ports, services, units that have failed, mounts, certificates, jobs of cron), and print a configuration to read
/// and keep. Nothing is run but systemctl, which lists the units, and nothing is written.
#[derive(Debug, Parser)]
#[command(name = "smokerd suggest")]
struct SuggestArguments {}

/// Reads the arguments behind `suggest`; help and usage errors are errors of clap.
pub(super) fn parse(arguments: &[OsString]) -> Result<(), clap::Error> {
    let name = OsString::from("smokerd suggest");
    SuggestArguments::try_parse_from(std::iter::once(&name).chain(arguments)).map(drop)
}
