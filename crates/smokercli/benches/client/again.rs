//! Starts this program once more, in one of its hidden modes.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::thread;

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

/// This program in a mode that serves. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Serving {
    child: Child,
    /// The line by which it has said that it serves.
    pub(crate) line: String,
}

impl Serving {
    /// Starts it and waits for its line.
    pub(crate) fn start(mut command: Command) -> Result<Self, String> {
        let shown = format!("{command:?}");
        let failed = |error: std::io::Error| format!("{shown} does not start: {error}");
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut serving = Self { child: child.map_err(failed)?, line: String::new() };
        if let Some(stdout) = serving.child.stdout.take() {
            BufReader::new(stdout).read_line(&mut serving.line).map_err(failed)?;
        }
        if serving.line.is_empty() {
            return Err(format!("{shown} has ended"));
        }
        serving.line.truncate(serving.line.trim_end().len());
        Ok(serving)
    }
}

impl Drop for Serving {
    /// It has nothing to lose, and its end is all that is wanted.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends this program when standard input does, as when the parent is gone.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}
