//! A small process that outlives the daemon for a moment, when the daemon is
//! killed by a signal that nobody can catch, and ends the runs that it left.
//!
//! It waits at the end of a pipe that the daemon holds. A daemon that ends in
//! order says so first. The parent-death signal of Linux would reach only the
//! shell of a run, and would cost every run a fork in place of `posix_spawn`.

use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, Stdio};

use nix::unistd::{Pid, getsid};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::census::Census;
use crate::environment::OF_THE_DAEMON;
use crate::terminate::Tree;

/// The first argument that makes a program of ours the guardian.
pub const SUBCOMMAND: &str = "__guardian";

/// What a daemon says when it ends in order.
const FAREWELL: &[u8] = b"bye";

/// The daemon's side of a guardian.
#[derive(Debug)]
pub struct Guardian(Child);

impl Guardian {
    /// Starts a guardian for this process. `None` where the list of processes,
    /// which it needs, does not exist.
    ///
    /// # Errors
    ///
    /// When our own program cannot be started once more.
    pub fn start() -> io::Result<Option<Self>> {
        if !cfg!(target_os = "linux") {
            return Ok(None);
        }
        let session = getsid(None)?;
        let mut command = Command::new("/proc/self/exe");
        command.arg0("smokerd").args([SUBCOMMAND, &std::process::id().to_string(), &session.to_string()]);
        for variable in OF_THE_DAEMON {
            command.env_remove(variable);
        }
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().map(Self).map(Some)
    }

    /// Lets the guardian go, since everything was ended in order.
    pub fn dismiss(mut self) {
        if let Some(mut pipe) = self.0.stdin.take() {
            // A guardian that is gone needs no farewell.
            let _ = pipe.write_all(FAREWELL);
        }
        let _ = self.0.wait();
    }
}

/// The guardian's life: waits for the daemon's end and, unless it was in
/// order, ends the runs that were going on. `arguments` are those behind
/// [`SUBCOMMAND`].
#[must_use]
pub fn serve(arguments: impl Iterator<Item = String>) -> ExitCode {
    let numbers: Vec<i32> = arguments.filter_map(|argument| argument.parse().ok()).collect();
    let [daemon, session] = numbers[..] else {
        eprintln!("smokerd starts {SUBCOMMAND} by itself; it is of no use on a command line");
        return ExitCode::FAILURE;
    };
    match stand_guard(daemon, Pid::from_raw(session)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the guardian of smokerd {daemon} failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn stand_guard(daemon: i32, session: Pid) -> io::Result<()> {
    let mut last_words = Vec::new();
    io::stdin().read_to_end(&mut last_words)?;
    if last_words == FAREWELL {
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(end_runs(&format!("{daemon}."), session))
}

async fn end_runs(run_prefix: &str, session: Pid) -> io::Result<()> {
    let census = Census::start()?;
    // Orphans are not our children, so no death is ever told; the tree looks by itself.
    let (_never, deaths) = watch::channel(());
    let mut ending = JoinSet::new();
    for (group, marker) in census.runs_in_progress(run_prefix, session).await {
        let (census, deaths) = (census.clone(), deaths.clone());
        ending.spawn(async move { Tree { group, marker }.end(&census, deaths).await });
    }
    while ending.join_next().await.is_some() {}
    Ok(())
}
