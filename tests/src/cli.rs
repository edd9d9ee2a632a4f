//! Runs a program to its end, or fails the test when it has none.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::NamedTempFile;

use crate::binary;
use crate::sandbox::Sandbox;
use crate::started::Started;
use crate::wait;

/// How a program ended and what it said.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its exit code, minus the signal's number when a signal ended it.
    pub code: i32,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// Fails the test unless the exit code is this one.
    #[track_caller]
    pub fn expect_code(&self, code: i32) {
        assert_eq!(self.code, code, "stdout:\n{}stderr:\n{}", self.stdout, self.stderr);
    }

    /// Both streams as one text.
    #[must_use]
    pub fn text(&self) -> String {
        self.stdout.clone() + &self.stderr
    }
}

/// Runs the daemon's program with these arguments in which `{{DIR}}`,
/// `{{PORT}}` and `{{PIDFILE}}` are filled in.
#[must_use]
pub fn smokerd(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    run(&mut smokerd_command(sandbox, arguments))
}

/// The command that [`smokerd`] runs.
#[must_use]
pub fn smokerd_command(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = sandbox.command(&binary::path("smokerd"));
    let pidfile = sandbox.pidfile().display().to_string();
    command.args(arguments.iter().map(|word| sandbox.fill(word).replace("{{PIDFILE}}", &pidfile)));
    command
}

/// Runs a command to its end. Its output goes to files, so that a daemon that
/// it leaves behind holds nothing open that is waited for.
pub fn run(command: &mut Command) -> Output {
    run_within(command, wait::DEADLINE + Duration::from_secs(10))
}

/// As [`run`], for a command that may take longer.
pub fn run_within(command: &mut Command, limit: Duration) -> Output {
    let (stdout, stderr) = (NamedTempFile::new(), NamedTempFile::new());
    let (stdout, stderr) = (stdout.expect("a temporary file"), stderr.expect("a temporary file"));
    let reopened = |file: &Path| File::options().append(true).open(file).map(Stdio::from).expect("we made it");
    command.stdout(reopened(stdout.path())).stderr(reopened(stderr.path()));
    let mut started = Started::spawn(command).expect("the program can be started");
    let code = started.exit_within(limit);
    let read = |file: &Path| String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned();
    let (stdout, stderr) = (read(stdout.path()), read(stderr.path()));
    let code = code.unwrap_or_else(|| panic!("{command:?} does not end; stdout:\n{stdout}stderr:\n{stderr}"));
    Output { code, stdout, stderr }
}
