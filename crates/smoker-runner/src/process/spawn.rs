//! Starts children; no other file does.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command as StdCommand, Stdio};

use nix::unistd::Pid;
use tokio::process::{Child, Command};

use crate::process::containment::orphans::Reaper;
use crate::process::credentials::Credentials;
use crate::process::environment::DAEMON_ONLY;
use crate::process::process_tree::ProcessTree;
use crate::process::run_id::{self, RunId};
use crate::process::sys;

/// A program with its arguments, environment and account.
#[derive(Debug)]
pub(crate) struct Program<'a> {
    pub(crate) path: &'a Path,
    /// Its `argv[0]`, when that is not its path.
    pub(crate) name: Option<&'a str>,
    pub(crate) arguments: &'a [&'a OsStr],
    pub(crate) environment: &'a [(String, String)],
    pub(crate) credentials: Option<&'a Credentials>,
    pub(crate) has_input: bool,
}

/// A program that runs, leader of a process group of its own.
#[derive(Debug)]
pub(crate) struct ChildProcess {
    pub(crate) child: Child,
    pub(crate) pid: Pid,
    pub(crate) tree: ProcessTree,
}

/// Starts a program as a child of a run.
///
/// Without credentials there is nothing to do between fork and exec, which
/// lets the standard library use `posix_spawn`: it does not copy our page
/// tables and costs a fraction of a fork.
pub(crate) async fn spawn(reaper: &Reaper, program: &Program<'_>, run: RunId) -> io::Result<ChildProcess> {
    let mut command = clean_command(program.path);
    if let Some(name) = program.name {
        command.arg0(name);
    }
    command
        .args(program.arguments)
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .env(run_id::VARIABLE, run.to_string())
        .process_group(0)
        .stdin(if program.has_input { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(credentials) = program.credentials {
        sys::run_as(&mut command, credentials.uid, credentials.gid, &credentials.groups);
    }
    let child = reaper.spawn(Command::from(command), run).await?;
    let pid = pid_of(&child)?;
    let tree = ProcessTree::of_child(run, pid);
    Ok(ChildProcess { child, pid, tree })
}

/// Starts a module host, with its control socket as standard input. It leads a
/// process group of its own, so that a terminal's signals reach it only
/// through us. It belongs to no run.
pub(crate) async fn spawn_host(
    reaper: &Reaper,
    interpreter: &Path,
    arguments: &[OsString],
    control: OwnedFd,
) -> io::Result<(Child, Pid)> {
    let mut command = clean_command(interpreter);
    command
        .args(arguments)
        .env(run_id::VARIABLE, RunId::of_daemon().to_string())
        .process_group(0)
        .stdin(Stdio::from(control))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = reaper.spawn(Command::from(command), RunId::of_daemon()).await?;
    let pid = pid_of(&child)?;
    Ok((child, pid))
}

/// A command for a program of smokerd or of a plugin, without the variables
/// that are meant for the daemon alone.
pub(crate) fn clean_command(path: &Path) -> StdCommand {
    let mut command = StdCommand::new(path);
    for variable in DAEMON_ONLY {
        command.env_remove(variable);
    }
    command
}

fn pid_of(child: &Child) -> io::Result<Pid> {
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    Ok(Pid::from_raw(pid.ok_or_else(|| io::Error::other("the child has no process number"))?))
}
