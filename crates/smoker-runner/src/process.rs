//! Starting a child, the only place that does.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::credentials::Credentials;
use crate::reaper::Reaper;
use crate::sys::{self, MARKER};
use crate::terminate::Tree;

/// A line for the shell and what surrounds it.
#[derive(Debug)]
pub(crate) struct ShellLine<'a> {
    pub(crate) line: &'a str,
    pub(crate) environment: &'a [(String, String)],
    pub(crate) credentials: Option<&'a Credentials>,
    pub(crate) has_input: bool,
}

/// A shell that runs, leader of a process group of its own.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) pid: Pid,
    pub(crate) tree: Tree,
}

/// Starts `/bin/sh -c LINE`.
///
/// Without credentials there is nothing to do between fork and exec, which
/// lets the standard library use `posix_spawn`: it does not copy our page
/// tables and costs a fraction of a fork.
pub(crate) fn spawn(reaper: &Reaper, shell_line: &ShellLine<'_>) -> io::Result<Process> {
    let run_id = new_run_id();
    let mut command = std::process::Command::new("/bin/sh");
    command
        .arg("-c")
        .arg(shell_line.line)
        .envs(shell_line.environment.iter().map(|(name, value)| (name, value)))
        .env(MARKER.trim_end_matches('='), &run_id)
        .process_group(0)
        .stdin(if shell_line.has_input { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(credentials) = shell_line.credentials {
        sys::run_as(&mut command, credentials);
    }
    let child = reaper.spawn(&mut Command::from(command))?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    let pid = Pid::from_raw(pid.ok_or_else(|| io::Error::other("the child has no process number"))?);
    let tree = Tree { group: pid, marker: format!("{MARKER}{run_id}") };
    Ok(Process { child, pid, tree })
}

/// Unique over all daemons of a machine: the start of ours and a counter.
fn new_run_id() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let run = COUNTER.fetch_add(1, Ordering::Relaxed);
    let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    format!("{}.{micros}.{run}", std::process::id())
}
