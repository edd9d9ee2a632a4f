//! Starts this program once more, in one of its hidden modes.

use std::env;
use std::process::Command;

/// The command that does.
pub(crate) fn command(mode: &str) -> Result<Command, String> {
    let program = program()?;
    let mut command = Command::new(program);
    command.arg(mode);
    Ok(command)
}

/// The path of this program.
pub(crate) fn program() -> Result<String, String> {
    let program = env::current_exe().map_err(|error| format!("this program has no path: {error}"))?;
    program.into_os_string().into_string().map_err(|path| format!("{} is not UTF-8", path.display()))
}
