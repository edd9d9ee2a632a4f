//! A small process that outlives the daemon for a moment, when the daemon is
//! killed by a signal that nobody can catch, and ends the runs that it left.
//!
//! It waits at the end of a pipe that the daemon holds. A daemon that ends in
//! order says so first. The parent-death signal of Linux would reach only the
//! shell of a run, and would cost every run a fork in place of `posix_spawn`.

use std::collections::BTreeSet;
use std::io::{self, BufRead};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::process::containment::census::Census;
use crate::process::containment::reaper::Reaper;
use crate::process::containment::run_id::RunId;
use crate::process::containment::tree::Tree;
use crate::process::spawn::program_of_ours;
use crate::process::sys::Subject;
use crate::process::terminate::kill_helper;

/// The first argument that makes a program of ours the guardian.
pub const SUBCOMMAND: &str = "__guardian";

/// What a daemon says when it ends in order.
const FAREWELL: &str = "bye";

/// How long a guardian may take to end after that.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// One that dies sooner than this after its start is not replaced at once.
const SHORTEST_LIFE: Duration = Duration::from_secs(10);

/// How often processes are looked for that were started while others were ended.
const LOOKS: usize = 5;

/// The daemon's side of a guardian.
#[derive(Debug)]
pub struct Guardian {
    farewell: CancellationToken,
    keeper: JoinHandle<()>,
}

impl Guardian {
    /// Starts a guardian for this process, and another one should it die.
    /// `None` where the list of processes, which it needs, does not exist.
    ///
    /// # Errors
    ///
    /// When our own program cannot be started once more.
    pub async fn start(reaper: &Reaper) -> io::Result<Option<Self>> {
        if !cfg!(target_os = "linux") {
            return Ok(None);
        }
        let farewell = CancellationToken::new();
        let keeper = Keeper { reaper: reaper.clone(), farewell: farewell.clone() };
        let first = keeper.spawn().await?;
        Ok(Some(Self { farewell, keeper: tokio::spawn(keeper.keep(first)) }))
    }

    /// Lets the guardian go, since everything was ended in order.
    pub async fn dismiss(self) {
        self.farewell.cancel();
        // A keeper that broke has none to let go.
        let _ = self.keeper.await;
    }
}

/// What it means that there is no guardian.
#[must_use]
pub fn without(error: &io::Error) -> String {
    format!("no guardian ({error}): should smokerd be killed with SIGKILL, its commands live on")
}

/// Keeps a guardian alive and up to date.
struct Keeper {
    reaper: Reaper,
    farewell: CancellationToken,
}

impl Keeper {
    async fn spawn(&self) -> io::Result<Child> {
        let daemon = RunId::of_daemon();
        let mut command = program_of_ours(Path::new("/proc/self/exe"));
        command.arg0("smokerd").args([SUBCOMMAND, &daemon.to_string()]);
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        self.reaper.spawn(Command::from(command), daemon).await
    }

    async fn keep(self, mut guardian: Child) {
        loop {
            let born = Instant::now();
            let pid = guardian.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
            let died = self.attend(&mut guardian).await;
            if let Some(pid) = pid {
                self.reaper.release(pid);
            }
            let Some(died) = died else { return };
            tracing::warn!("the guardian died ({died}); starting another");
            let Some(another) = self.replace(born).await else { return };
            guardian = another;
        }
    }

    /// Starts another guardian; gives none when it is no longer needed.
    async fn replace(&self, born: Instant) -> Option<Child> {
        let mut not_before = born + SHORTEST_LIFE;
        loop {
            tokio::select! {
                () = sleep_until(not_before) => {}
                () = self.farewell.cancelled() => return None,
            }
            match self.spawn().await {
                Ok(another) => return Some(another),
                Err(error) => tracing::error!("{}", without(&error)),
            }
            not_before = Instant::now() + SHORTEST_LIFE;
        }
    }

    /// Gives how the guardian died, or nothing when it was let go.
    async fn attend(&self, guardian: &mut Child) -> Option<ExitStatus> {
        let mut sparing = self.reaper.leftovers().sparing();
        let mut pipe = guardian.stdin.take()?;
        let told = tokio::select! {
            never = tell(&mut pipe, &mut sparing) => match never {},
            died = guardian.wait() => return died.ok(),
            () = self.farewell.cancelled() => timeout(LAST_WORDS, pipe.write_all(FAREWELL.as_bytes())).await,
        };
        drop(pipe);
        if told.is_err() || timeout(LAST_WORDS, guardian.wait()).await.is_err() {
            // Whoever was stopped hears nothing.
            let _ = kill_helper(guardian);
            let _ = guardian.wait().await;
        }
        None
    }
}

/// Tells a guardian, a line each time, which runs in progress have the right
/// to leave something running: by their numbers alone those cannot be told
/// from runs that are over.
async fn tell(pipe: &mut ChildStdin, sparing: &mut watch::Receiver<BTreeSet<RunId>>) -> std::convert::Infallible {
    sparing.mark_changed();
    while sparing.changed().await.is_ok() {
        let line = sparing.borrow_and_update().iter().fold(String::new(), |line, run| line + &format!("{run} ")) + "\n";
        if pipe.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
    // It is gone, or the daemon ends: both show elsewhere.
    std::future::pending().await
}

/// The guardian's life: waits for the daemon's end and, unless it was in
/// order, ends the runs that were going on. `arguments` are those behind
/// [`SUBCOMMAND`].
#[must_use]
pub fn serve(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let Some(daemon) = arguments.next().and_then(|number| number.parse().ok()) else {
        eprintln!("smokerd starts {SUBCOMMAND} by itself; it is of no use on a command line");
        return ExitCode::FAILURE;
    };
    match stand_guard(daemon) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the guardian of smokerd failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn stand_guard(daemon: RunId) -> io::Result<()> {
    // Who stops a service signals all of its processes; the guardian ends after the daemon.
    SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]).thread_block()?;
    let Some(sparing) = listen(io::stdin().lock())? else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(end_runs(daemon, &sparing))
}

/// Listens to what [`tell`] says until the daemon is gone, and gives the runs
/// of its last whole line; none when it ended in order.
fn listen(mut daemon: impl BufRead) -> io::Result<Option<BTreeSet<RunId>>> {
    let mut sparing = String::new();
    loop {
        let mut line = String::new();
        daemon.read_line(&mut line)?;
        if !line.ends_with('\n') {
            let runs = sparing.split_ascii_whitespace().filter_map(|number| number.parse().ok());
            return Ok((line != FAREWELL).then(|| runs.collect()));
        }
        sparing = line;
    }
}

/// Ends all runs but those that were over and had the right to leave something running.
async fn end_runs(daemon: RunId, in_progress: &BTreeSet<RunId>) -> io::Result<()> {
    let census = Census::start(Subject::daemon(daemon))?;
    // Orphans are not our children, so no death is ever told; whoever ends a tree looks by itself.
    let (_never, deaths) = watch::channel(());
    for _ in 0..LOOKS {
        let runs = census.runs().await;
        let runs: Vec<_> = runs.into_iter().filter(|run| !run.leaves_running() || in_progress.contains(run)).collect();
        if runs.is_empty() {
            break;
        }
        let mut ending = JoinSet::new();
        for run in runs {
            let (census, deaths) = (census.clone(), deaths.clone());
            ending.spawn(async move { Tree::of_orphans(run).end(&census, deaths).await });
        }
        while ending.join_next().await.is_some() {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_line_counts_unless_the_daemon_said_farewell() {
        let run = RunId::new(true);
        let heard = |text: &str| listen(text.as_bytes()).expect("text");
        assert_eq!(heard(""), Some(BTreeSet::new()));
        assert_eq!(heard(&format!("\n{run} \n")), Some(BTreeSet::from([run])));
        assert_eq!(heard(&format!("{run} \n\n461168601")), Some(BTreeSet::new()));
        assert_eq!(heard(&format!("{run} \nbye")), None);
    }
}
