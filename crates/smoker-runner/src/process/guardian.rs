//! A small process that outlives the daemon for a moment, when the daemon is
//! killed by SIGKILL, which no process can catch, and ends the runs that it left.
//!
//! It waits at the end of a pipe that the daemon holds. A daemon that shuts down
//! cleanly says so first. The parent-death signal of Linux would reach only the
//! shell of a run.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt;
use tokio::net::unix::pipe;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::process::attributes::surroundings::Surroundings;
use crate::process::child::Child;
use crate::process::children;
use crate::process::containment::cgroup::tree::CgroupTree;
use crate::process::containment::leftovers::GuardianReport;
use crate::process::containment::orphans::Reaper;
use crate::process::containment::process_scanner::ProcessScanner;
use crate::process::containment::process_tree::ProcessTree;
use crate::process::run_id::RunId;
use crate::process::spawn::{Program, spawn_helper};
use crate::process::sys::ScanScope;
use crate::process::terminate::{kill_helper, terminate_cgroup};

/// The first argument that makes a program of ours the guardian.
pub const SUBCOMMAND: &str = "__guardian";

/// The message of a daemon that shuts down cleanly.
const SHUTDOWN_MESSAGE: &str = "shutdown";

/// How long a guardian may take to exit after that.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);

/// One that dies sooner than this after its start is not replaced at once.
const MIN_LIFETIME: Duration = Duration::from_secs(10);

/// How many times the runs are scanned for: some are started while others are ended.
const MAX_ROUNDS: usize = 5;

/// The daemon's side of a guardian.
#[derive(Debug)]
pub struct Guardian {
    dismissed: CancellationToken,
    supervisor: JoinHandle<()>,
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
        let dismissed = CancellationToken::new();
        let supervisor = GuardianSupervisor { reaper: reaper.clone(), dismissed: dismissed.clone() };
        let first = supervisor.spawn().await?;
        Ok(Some(Self { dismissed, supervisor: tokio::spawn(supervisor.supervise(first)) }))
    }

    /// Dismisses the guardian, since the daemon shuts down cleanly.
    async fn dismiss(self) {
        self.dismissed.cancel();
        // A supervisor whose task panicked has no guardian to dismiss.
        let _ = self.supervisor.await;
    }
}

/// Ends what [`Reaper::start`] and [`Guardian::start`] began, when all runs are over and before this process ends: waits until
/// what the runs left has ended, dismisses the guardian, and removes the cgroups. The last step waits for the guardian, which is
/// in one of them, and is done here since nothing is sure to drop the reaper: a runtime that stops in the background
/// drops its tasks when this process may be gone.
pub async fn end(reaper: &Reaper, guardian: Option<Guardian>) {
    reaper.settle().await;
    if let Some(guardian) = guardian {
        guardian.dismiss().await;
    }
    if let Some(cgroups) = reaper.containment().cgroups() {
        cgroups.remove();
    }
}

/// The message that there is no guardian, and what follows from it for `subject`, whose processes it would end.
#[must_use]
pub fn absence_message(error: &io::Error, subject: &str) -> String {
    format!("no guardian ({error}): should {subject} be killed with SIGKILL, its processes keep running")
}

/// Keeps a guardian alive and up to date.
struct GuardianSupervisor {
    reaper: Reaper,
    dismissed: CancellationToken,
}

impl GuardianSupervisor {
    async fn spawn(&self) -> io::Result<Child> {
        let daemon = RunId::of_daemon();
        let number = daemon.to_string();
        let cgroups = self.reaper.containment().cgroups().map(|tree| tree.path().as_os_str());
        let arguments: Vec<_> = [OsStr::new(SUBCOMMAND), OsStr::new(&number)].into_iter().chain(cgroups).collect();
        let program = Program {
            path: Path::new("/proc/self/exe"),
            name: Some("smokerd"),
            arguments: &arguments,
            surroundings: Surroundings::of_daemon(),
            environment: &[],
            credentials: None,
            has_input: true,
        };
        spawn_helper(&program).await
    }

    async fn supervise(self, mut guardian: Child) {
        loop {
            let started_at = Instant::now();
            let died = self.watch(&mut guardian).await;
            children::release(guardian.pid);
            let Some(died) = died else { return };
            tracing::warn!("the guardian died ({died}); starting another");
            let Some(another) = self.replace(started_at).await else { return };
            guardian = another;
        }
    }

    /// Starts another guardian; returns none when it is no longer needed.
    async fn replace(&self, started_at: Instant) -> Option<Child> {
        let mut not_before = started_at + MIN_LIFETIME;
        loop {
            tokio::select! {
                () = sleep_until(not_before) => {}
                () = self.dismissed.cancelled() => return None,
            }
            match self.spawn().await {
                Ok(another) => return Some(another),
                Err(error) => tracing::error!("{}", absence_message(&error, "smokerd")),
            }
            not_before = Instant::now() + MIN_LIFETIME;
        }
    }

    /// Returns how the guardian died, or nothing when it was dismissed.
    async fn watch(&self, guardian: &mut Child) -> Option<ExitStatus> {
        let mut report = self.reaper.leftovers().guardian_report();
        let mut pipe = guardian.stdin.take()?;
        let sent = tokio::select! {
            never = send_reports(&mut pipe, &mut report) => match never {},
            died = guardian.wait() => return died.ok(),
            () = self.dismissed.cancelled() => timeout(EXIT_TIMEOUT, pipe.write_all(SHUTDOWN_MESSAGE.as_bytes())).await,
        };
        drop(pipe);
        if sent.is_err() || timeout(EXIT_TIMEOUT, guardian.wait()).await.is_err() {
            // A guardian that was stopped by a signal reads nothing.
            let _ = kill_helper(guardian);
            let _ = guardian.wait().await;
        }
        None
    }
}

/// Sends a guardian, a line each time, what it has to know.
async fn send_reports(
    pipe: &mut pipe::Sender,
    report: &mut watch::Receiver<GuardianReport>,
) -> std::convert::Infallible {
    report.mark_changed();
    while report.changed().await.is_ok() {
        let line = as_line(&report.borrow_and_update());
        if pipe.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
    // It is gone, or the daemon ends: both show elsewhere.
    std::future::pending().await
}

/// The numbers of the runs, then the cgroups, then the orphans.
fn as_line(report: &GuardianReport) -> String {
    let numbers = report.exempt_runs.iter().map(ToString::to_string);
    let orphans = report.orphans.iter().map(|(pid, start)| format!("{pid}:{start}"));
    let words: Vec<_> = numbers.chain(report.exempt_cgroups.iter().cloned()).chain(orphans).collect();
    words.join(" ") + "\n"
}

/// The guardian's life: waits for the daemon's end and, unless it was
/// clean, ends the runs that were going on. `arguments` are those behind
/// [`SUBCOMMAND`].
#[must_use]
pub fn serve(mut arguments: impl Iterator<Item = String>) -> ExitCode {
    let Some(daemon) = arguments.next().and_then(|number| number.parse().ok()) else {
        let _ = writeln!(io::stderr(), "smokerd starts {SUBCOMMAND} by itself; do not start it by hand");
        return ExitCode::FAILURE;
    };
    match guard(daemon, arguments.next().map(PathBuf::from)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "the guardian of smokerd failed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn guard(daemon: RunId, cgroups: Option<PathBuf>) -> io::Result<()> {
    // A service manager signals all processes of a service; the guardian ends after the daemon.
    SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]).thread_block()?;
    let Some(report) = read_report(io::stdin().lock())? else { return Ok(()) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    runtime.block_on(async {
        if let Some(tree) = cgroups.and_then(|path| CgroupTree::open(path).ok()) {
            terminate_cgroups(&tree, &report.exempt_cgroups).await;
        }
        // Where there are cgroups, of the runs that the kernel refused one.
        terminate_runs(daemon, report).await
    })
}

/// Reads what [`send_reports`] sends until the daemon is gone, and returns its last whole line; none when it shut down
/// cleanly.
fn read_report(mut daemon: impl BufRead) -> io::Result<Option<GuardianReport>> {
    let mut report = String::new();
    loop {
        let mut line = String::new();
        daemon.read_line(&mut line)?;
        if !line.ends_with('\n') {
            return Ok((line != SHUTDOWN_MESSAGE).then(|| from_line(&report)));
        }
        report = line;
    }
}

fn from_line(line: &str) -> GuardianReport {
    let mut report = GuardianReport::default();
    for word in line.split_ascii_whitespace() {
        let orphan = word.split_once(':').and_then(|(pid, start)| Some((pid.parse().ok()?, start.parse().ok()?)));
        match (word.parse(), orphan) {
            (Ok(run), _) => drop(report.exempt_runs.insert(run)),
            (Err(_), Some(orphan)) => drop(report.orphans.insert(orphan)),
            (Err(_), None) => drop(report.exempt_cgroups.insert(word.to_owned())),
        }
    }
    report
}

/// Ends the runs in cgroups but those that were over and left something, then
/// removes what is empty.
async fn terminate_cgroups(tree: &CgroupTree, left: &BTreeSet<String>) {
    let (_never, deaths) = watch::channel(());
    let mut ending = JoinSet::new();
    for cgroup in tree.all().into_iter().filter(|cgroup| !left.contains(cgroup.name())) {
        let deaths = deaths.clone();
        ending.spawn(async move { terminate_cgroup(&cgroup, deaths).await });
    }
    while ending.join_next().await.is_some() {}
    tree.remove();
}

/// Ends all runs, as far as marks tell, but those that were over and had the right to leave something running.
async fn terminate_runs(daemon: RunId, report: GuardianReport) -> io::Result<()> {
    let scanner = ProcessScanner::start(ScanScope::daemon(daemon))?;
    // Orphans are not our children, so no death is ever reported; ending a tree scans by itself.
    let (_never, deaths) = watch::channel(());
    let mut orphans = scanner.find(report.orphans.iter().map(|(pid, _)| Pid::from_raw(*pid)).collect()).await;
    orphans.retain(|orphan| report.orphans.contains(&(orphan.pid.as_raw(), orphan.start)));
    for _ in 0..MAX_ROUNDS {
        let runs = scanner.runs().await.into_iter().filter(|run| !report.exempt_runs.contains(run));
        let of_runs = runs.map(|run| (Some(run), Vec::new()));
        let of_orphans = (!orphans.is_empty()).then(|| (None, std::mem::take(&mut orphans)));
        let trees: Vec<_> = of_runs.chain(of_orphans).collect();
        if trees.is_empty() {
            break;
        }
        let mut ending = JoinSet::new();
        for (run, known) in trees {
            let (scanner, deaths) = (scanner.clone(), deaths.clone());
            ending.spawn(async move {
                ProcessTree { run, owner: None, group: None }.end_with(known, &scanner, deaths).await
            });
        }
        while ending.join_next().await.is_some() {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_whole_line_counts_unless_the_daemon_shut_down() {
        let run = RunId::new();
        let read = |text: &str| read_report(text.as_bytes()).expect("text");
        let exempt = GuardianReport {
            exempt_runs: BTreeSet::from([run]),
            exempt_cgroups: BTreeSet::from(["run-7".to_owned()]),
            orphans: BTreeSet::from([(17, 4711)]),
        };
        assert_eq!(read(""), Some(GuardianReport::default()));
        assert_eq!(read(&format!("\n{}", as_line(&exempt))), Some(exempt));
        assert_eq!(read(&format!("{run} \n\n461168601")), Some(GuardianReport::default()));
        assert_eq!(read(&format!("{run} \nshutdown")), None);
    }
}
