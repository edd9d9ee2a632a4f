//! What a shell completes, made from the definition of the command line.

use clap::Command;
use clap_complete::Shell;

/// The script for a shell.
#[must_use]
pub(crate) fn of(mut command: Command, shell: Shell) -> String {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
