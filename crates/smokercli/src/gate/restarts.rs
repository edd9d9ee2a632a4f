//! Restarts that a gate meets between its rounds, by the clock of the runtime.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use smoker_model::status::Status;
use smoker_model::verdict::budget::Budget;
use smoker_model::verdict::outcome::{Decision, Verdict};
use smoker_model::verdict::rounds::{Rounds, Settings};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use crate::gate::drive::{End, Probed, Prober, Timing, UnderWay, WaitsFor, drive};
use crate::gate::made_up::{answer, run};

/// A host whose daemon starts again so quickly that no round meets a closed port; behind that its plugin takes a while.
struct Restarting {
    begin: Instant,
    /// When it starts again, in milliseconds.
    at: u64,
    /// How long a run takes behind that.
    run: Duration,
    is_bad: bool,
    known: Cell<Option<&'static str>>,
    has_met_restart: Cell<bool>,
}

/// The first host is the one that restarts; the second is never good, so that the gate lasts until its deadline.
impl Prober for Restarting {
    async fn probe(&self, host: usize, settled: BTreeSet<String>) -> Probed {
        sleep(Duration::from_millis(5)).await;
        let is_old = self.begin.elapsed() < Duration::from_millis(self.at);
        let instance = if is_old || host > 0 { "a" } else { "b" };
        let has_met_restart = host == 0 && self.known.replace(Some(instance)).is_some_and(|known| known != instance);
        if host == 0 {
            self.has_met_restart.set(has_met_restart);
        }
        let names = BTreeSet::from(["Web".to_owned()]);
        let is_bad = host > 0 || (self.is_bad && instance == "b");
        let status = if is_bad { Status::Error } else { Status::Ok };
        let mut runs = BTreeMap::new();
        if has_met_restart || !settled.contains("Web") {
            sleep(if instance == "b" { self.run } else { Duration::from_millis(5) }).await;
            runs.insert("Web".to_owned(), run(status, None));
        }
        if host == 0 {
            self.has_met_restart.set(false);
        }
        Probed { answer: answer(Some(instance), names, runs), past: None }
    }

    fn under_way(&self, host: usize) -> UnderWay {
        UnderWay { has_met_restart: host == 0 && self.has_met_restart.get(), waits_for: WaitsFor::Runs }
    }
}

/// The verdict over a host that restarts and one that is bad until the deadline of 60 s.
fn verdict(at: u64, run: Duration, is_bad: bool, (settle, every): (u32, u64)) -> (End, Verdict) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let begin = Instant::now();
        let host = Restarting { begin, at, run, is_bad, known: Cell::default(), has_met_restart: Cell::default() };
        let settings = Settings { settle, budget: Budget::default(), strict: false, warn_is_bad: false };
        let mut rounds = Rounds::new(settings, 2, None);
        let timing = Timing { within: Duration::from_secs(60), every: Duration::from_secs(every) };
        let end = drive(&mut rounds, 2, &host, timing, |_| {}).await;
        (end, rounds.verdict())
    })
}

#[test]
fn a_host_that_restarted_behind_its_rounds_has_to_settle_again() {
    let quick = Duration::from_millis(5);
    for (name, at, run, is_bad, settle, every, is_good) in [
        ("in the middle, and it is bad since", 20_000, quick, true, 1, 5, false),
        ("in the middle, and it is good since", 20_000, quick, false, 1, 5, true),
        ("shortly before the end, and it is bad since", 57_000, quick, true, 1, 5, false),
        ("the same with long pauses", 57_000, quick, true, 1, 30, false),
        ("shortly before the end, and one round is not enough", 57_000, quick, false, 2, 5, false),
        ("shortly before the end, and its run lasts longer", 57_000, Duration::from_secs(20), false, 1, 5, false),
        ("the same, in the middle of the last pause", 40_000, Duration::from_secs(40), false, 1, 30, false),
    ] {
        let (end, verdict) = verdict(at, run, is_bad, (settle, every));
        assert_eq!(end, End::Deadline, "{name}");
        assert_eq!((verdict.hosts[0].is_bad, verdict.decision), (!is_good, Decision::NotSettled), "{name}");
        let is_told = verdict.hosts[0].restarts == 1 || verdict.hosts[0].is_restarting;
        assert!(is_told, "{name}: {:?}", verdict.hosts[0]);
    }
}
