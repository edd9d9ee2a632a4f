//! Scripts that complete a command line in a shell, made from its definition.

use clap::Command;
use clap_complete::Shell;

/// The completion script of a command for this shell.
#[must_use]
pub(crate) fn of(mut command: Command, shell: Shell) -> String {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
