//! A daemon with one plugin for each kind of escape.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::escapes::{self, Escape, Parent};
use smoker_tests::machine::containment::Level;
use smoker_tests::machine::processes;
use smoker_tests::wait;

/// Between SIGTERM and SIGKILL: every third process ignores SIGTERM.
pub(crate) const GRACE: Duration = Duration::from_millis(500);

/// How long everything may take to be in place: hundreds of processes on a loaded machine.
const SETTLING: Duration = Duration::from_secs(60);

/// A column has hundreds of processes; several at a time would only wait for each other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Everything about one column.
pub(crate) struct EscapeFixture {
    pub(crate) daemon: Daemon,
    pub(crate) cells: Vec<Escape>,
    _alone: MutexGuard<'static, ()>,
}

impl EscapeFixture {
    /// With these lines for each row's plugin, and one slot for each.
    pub(crate) fn build(parent: Parent, lines: &str) -> Self {
        Self::build_at(Level::OfHost, parent, lines).expect("it needs nothing")
    }

    /// As [`Self::build`], at a level of containment; none, said loudly, where that cannot be had.
    pub(crate) fn build_at(level: Level, parent: Parent, lines: &str) -> Option<Self> {
        let through = level.through()?;
        let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let cells = escapes::all(parent);
        let daemon = Boot::of(config(cells.iter(), cells.len(), parent, lines)).through(through).grace(GRACE).start();
        Some(Self { daemon, cells, _alone: alone })
    }

    /// Reloads: every second row's plugin gets these lines, the others are removed.
    pub(crate) fn change_and_remove(&self, lines: &str) {
        let changed: Vec<_> = self.cells.iter().step_by(2).collect();
        let log = self.daemon.reload(&config(changed.iter().copied(), self.cells.len(), Parent::Waits, lines));
        let (changed, removed) = (changed.len(), self.cells.len() - changed.len());
        for part in [format!("{changed} changed"), format!("{removed} removed")] {
            assert!(log.contains(&part), "{part}: {log}");
        }
    }

    /// The plugins of all rows.
    pub(crate) fn plugins(&self) -> Vec<&str> {
        self.cells.iter().map(|cell| cell.plugin.as_str()).collect()
    }

    /// Waits until every row's run has begun: a run that waits at a reload has the new configuration.
    pub(crate) fn wait_until_begun(&self) {
        let has_begun = |cell: &Escape| {
            ["once", "module"].iter().any(|mark| self.daemon.path(&format!("{}.sh.{mark}", cell.plugin)).exists())
        };
        wait::until_true("the begin of all runs", || self.cells.iter().all(has_begun));
    }

    /// Waits until every row's processes are there.
    pub(crate) fn wait_until_in_place(&self) {
        let missing = || {
            let holders = self.holders();
            let count = |cell: &Escape| holders.get(cell.token.text()).map_or(0, Vec::len);
            let missing = self.cells.iter().filter(|cell| match cell.row.processes {
                0 => !self.is_locked(cell),
                processes => count(cell) < processes,
            });
            missing.map(Escape::name).collect::<Vec<_>>()
        };
        let mut last = Vec::new();
        let all_there = wait::within(SETTLING, || {
            last = missing();
            last.is_empty().then_some(())
        });
        assert!(all_there.is_some(), "not all of their processes are there: {last:#?}");
    }

    /// Fails, naming every cell, unless nothing is left of any.
    #[track_caller]
    pub(crate) fn expect_no_survivors(&self) {
        assert_eq!(self.survivors(), [""; 0]);
    }

    /// As [`Self::expect_no_survivors`], when nothing tells of the end.
    #[track_caller]
    pub(crate) fn wait_for_no_survivors(&self, limit: Duration) {
        let _ = wait::within(limit, || self.survivors().is_empty().then_some(()));
        self.expect_no_survivors();
    }

    fn survivors(&self) -> Vec<String> {
        let holders = self.holders();
        let survivor = |cell: &Escape| {
            let pids = holders.get(cell.token.text());
            (pids.is_some() || self.is_locked(cell)).then(|| format!("{}: {pids:?}", cell.name()))
        };
        self.cells.iter().filter_map(survivor).collect()
    }

    fn holders(&self) -> HashMap<&str, Vec<i32>> {
        processes::with_arguments(&self.cells.iter().map(|cell| cell.token.text()).collect::<Vec<_>>())
    }

    fn is_locked(&self, cell: &Escape) -> bool {
        let lock = File::open(self.daemon.path(&cell.lock())).expect("the lock is there");
        Flock::lock(lock, FlockArg::LockExclusiveNonblock).is_err()
    }

    /// Fails unless as many plugins as there are slots run at a time.
    pub(crate) fn expect_all_slots_free(&self) {
        let probes: Vec<_> = (0..self.cells.len()).map(|probe| format!("probe-{probe}")).collect();
        let probes: Vec<_> = probes.iter().map(String::as_str).collect();
        for (probe, outcome) in self.daemon.finish(&self.daemon.force(&probes)) {
            assert_eq!(outcome.status(), "OK", "{probe}: {}", outcome.0);
        }
    }

    /// Ends the daemon by this signal; returns its exit code and how long it took.
    pub(crate) fn end(&mut self, signal: Signal) -> (i32, Duration) {
        let begun = Instant::now();
        self.daemon.signal(signal);
        (self.daemon.wait_for_exit(), begun.elapsed())
    }
}

fn config<'a>(cells: impl Iterator<Item = &'a Escape>, slots: usize, parent: Parent, lines: &str) -> Config {
    cells.fold(with_probes(slots), |config, cell| cell.add_to(config, parent, lines))
}

/// The number of slots; the plugins together need every one of them.
fn with_probes(slots: usize) -> Config {
    let config = Config::new().top(&format!("nr_concurrent_plugins: {slots}")).file("probes/first", "");
    (0..slots).fold(config, |config, probe| {
        let all_there = format!("[ $(ls {{{{DIR}}}}/probes | wc -l) -gt {slots} ]");
        let command = format!("'echo > {{{{DIR}}}}/probes/{probe}; until {all_there}; do sleep 1; done'");
        config.plugin(&format!("probe-{probe}"), &format!("Command: {command}"))
    })
}
