//! What changes behind the back of a gate, by the clock of the runtime: restarts between its rounds, and what the schedule breaks while
//! others run.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use smoker_model::status::Status;
use smoker_model::verdict::answer::Answer;
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
        let has_met_restart = host == 0 && self.has_met_restart.get();
        UnderWay { has_met_restart, runs_settled: has_met_restart, waits_for: WaitsFor::Runs }
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

/// A host whose plugin `Queue` is quick, and bad from one moment on by the results of its schedule, and whose plugin `Slow` takes a while.
struct Broken {
    begin: Instant,
    /// From when on `Queue` is bad, and until when, in milliseconds.
    bad: (u64, u64),
    /// How long a run of `Slow` takes.
    slow: Duration,
    runs_again: Cell<bool>,
}

impl Broken {
    fn is_bad(&self) -> bool {
        let now = u64::try_from(self.begin.elapsed().as_millis()).expect("not that long");
        (self.bad.0..self.bad.1).contains(&now)
    }
}

impl Prober for Broken {
    async fn probe(&self, _: usize, settled: BTreeSet<String>) -> Probed {
        sleep(Duration::from_millis(5)).await;
        let names = BTreeSet::from(["Queue".to_owned(), "Slow".to_owned()]);
        let has_fallen = settled.contains("Queue") && self.is_bad();
        self.runs_again.set(has_fallen);
        let mut runs = BTreeMap::new();
        if has_fallen || !settled.contains("Queue") {
            sleep(Duration::from_millis(5)).await;
            runs.insert("Queue".to_owned(), run(if self.is_bad() { Status::Error } else { Status::Ok }, None));
        }
        if !settled.contains("Slow") {
            sleep(self.slow).await;
            runs.insert("Slow".to_owned(), run(Status::Ok, None));
        }
        self.runs_again.set(false);
        let mut answer = answer(None, names, runs);
        if let (Answer::Answered { fallen, .. }, true) = (&mut answer, has_fallen) {
            fallen.insert("Queue".to_owned());
        }
        Probed { answer, past: None }
    }

    fn under_way(&self, _: usize) -> UnderWay {
        UnderWay { runs_settled: self.runs_again.get(), ..UnderWay::default() }
    }
}

/// The end of a run is no answer about the plugins that did not run meanwhile.
#[test]
fn what_the_schedule_breaks_while_a_plugin_runs_keeps_the_gate_closed() {
    for (name, bad, slow, settle, expected) in [
        ("it stays bad", (3_000, u64::MAX), 12_000, 1, (End::Deadline, Decision::NotSettled)),
        ("the run is short", (300, u64::MAX), 600, 1, (End::Deadline, Decision::NotSettled)),
        ("more rounds", (3_000, u64::MAX), 12_000, 2, (End::Deadline, Decision::NotSettled)),
        (
            "the run ends shortly before the deadline",
            (58_000, u64::MAX),
            59_900,
            1,
            (End::Deadline, Decision::NotSettled),
        ),
        ("it is good again", (3_000, 20_000), 12_000, 1, (End::Settled, Decision::Proceed)),
        ("it is good all the time", (0, 0), 12_000, 1, (End::Settled, Decision::Proceed)),
    ] {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
        runtime.block_on(async {
            let slow = Duration::from_millis(slow);
            let host = Broken { begin: Instant::now(), bad, slow, runs_again: Cell::default() };
            let settings = Settings { settle, budget: Budget::default(), strict: false, warn_is_bad: false };
            let mut rounds = Rounds::new(settings, 1, None);
            let timing = Timing { within: Duration::from_secs(60), every: Duration::from_secs(5) };
            let end = drive(&mut rounds, 1, &host, timing, |_| {}).await;
            assert_eq!((end, rounds.verdict().decision), expected, "{name}");
        });
    }
}
