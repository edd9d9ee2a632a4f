//! Starting a child, the only place that does.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command as StdCommand, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::credentials::Credentials;
use crate::environment::OF_THE_DAEMON;
use crate::reaper::Reaper;
use crate::sys::{self, MARKER};
use crate::terminate::Tree;

/// All run ids have this length: the module host's children write theirs over
/// the host's own, in place.
const RUN_ID_LENGTH: usize = 56;

/// A program and what surrounds it.
#[derive(Debug)]
pub(crate) struct Program<'a> {
    pub(crate) path: &'a Path,
    /// What it is told to be called, when that is not its path.
    pub(crate) name: Option<&'a str>,
    pub(crate) arguments: &'a [&'a OsStr],
    pub(crate) environment: &'a [(String, String)],
    pub(crate) credentials: Option<&'a Credentials>,
    pub(crate) has_input: bool,
}

/// A program that runs, leader of a process group of its own.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) pid: Pid,
    pub(crate) tree: Tree,
}

/// Starts a program as a run of its own.
///
/// Without credentials there is nothing to do between fork and exec, which
/// lets the standard library use `posix_spawn`: it does not copy our page
/// tables and costs a fraction of a fork.
pub(crate) fn spawn(reaper: &Reaper, program: &Program<'_>) -> io::Result<Process> {
    let run_id = RunId::new();
    let mut command = program_of_ours(program.path);
    if let Some(name) = program.name {
        command.arg0(name);
    }
    command
        .args(program.arguments)
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .env(MARKER.trim_end_matches('='), &run_id.0)
        .process_group(0)
        .stdin(if program.has_input { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(credentials) = program.credentials {
        sys::run_as(&mut command, credentials);
    }
    let child = reaper.spawn(&mut Command::from(command))?;
    let pid = pid_of(&child)?;
    let tree = run_id.tree(pid);
    Ok(Process { child, pid, tree })
}

/// Starts a module host, with its control socket as standard input. It leads a
/// process group of its own, so that a terminal's signals reach it only
/// through us. It belongs to no run.
pub(crate) fn spawn_host(
    reaper: &Reaper,
    interpreter: &Path,
    arguments: &[OsString],
    control: OwnedFd,
) -> io::Result<(Child, Pid)> {
    let mut command = program_of_ours(interpreter);
    command
        .args(arguments)
        .env(MARKER.trim_end_matches('='), "-".repeat(RUN_ID_LENGTH))
        .process_group(0)
        .stdin(Stdio::from(control))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = reaper.spawn(&mut Command::from(command))?;
    let pid = pid_of(&child)?;
    Ok((child, pid))
}

fn program_of_ours(path: &Path) -> StdCommand {
    let mut command = StdCommand::new(path);
    for variable in OF_THE_DAEMON {
        command.env_remove(variable);
    }
    command
}

fn pid_of(child: &Child) -> io::Result<Pid> {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    Ok(Pid::from_raw(pid.ok_or_else(|| io::Error::other("the child has no process number"))?))
}

/// What all processes of one run have in their environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunId(String);

impl RunId {
    /// Unique over all daemons of a machine: the start of ours and a counter.
    pub(crate) fn new() -> Self {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let run = COUNTER.fetch_add(1, Ordering::Relaxed);
        let micros = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
        let id = format!("{}.{micros}.{run}", std::process::id());
        Self(format!("{id:-<RUN_ID_LENGTH$}"))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The processes of this run, whose group has this leader.
    pub(crate) fn tree(&self, leader: Pid) -> Tree {
        Tree { group: leader, marker: format!("{MARKER}{}", self.0) }
    }
}
