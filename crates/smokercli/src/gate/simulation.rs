//! Fleets that tests make up, by a clock that they set: the runtime's, which stands still but where everything waits.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fastrand::Rng;
use smoker_model::status::Status;
use smoker_model::verdict::answer::Answer;
use smoker_model::verdict::baseline::Before;
use smoker_model::verdict::budget::{Budget, Share};
use smoker_model::verdict::outcome::{Decision, Kind, Verdict};
use smoker_model::verdict::part::Part;
use smoker_model::verdict::past::Past;
use smoker_model::verdict::rounds::{Rounds, Settings};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use crate::gate::drive::{End, Probed, Prober, Timing, UnderWay, drive};
use crate::gate::made_up;

const HOSTS: usize = 200;
const SEEDS: u64 = 100;
const PLUGINS: [&str; 5] = ["Disk", "Load", "Memory", "Queue", "Web"];
const WITHIN: Duration = Duration::from_secs(600);
/// How long the daemon of a host is down while it gets the new version.
const ROLLOUT: u64 = 40_000;

/// How a plugin of a host behaves, as time goes by in milliseconds.
#[derive(Clone, Copy)]
enum Behaviour {
    Good,
    Bad,
    BadUntil(u64),
    /// Bad in this number of 100 runs.
    Flaky(u8),
    /// It is not there any more from this time on.
    GoneFrom(u64),
}

struct SimulatedHost {
    /// From when until when the daemon is down.
    down: (u64, u64),
    /// From when on the host does not answer.
    silent_from: Option<u64>,
    plugins: BTreeMap<&'static str, Behaviour>,
}

struct Fleet {
    begin: Instant,
    hosts: Vec<SimulatedHost>,
    rng: RefCell<Rng>,
}

/// What a test adds to a rollout that goes well.
#[derive(Clone, Copy, Default)]
struct Mishaps {
    silent: usize,
    regression: bool,
    gone: bool,
    /// A host goes silent behind its rollout, when it may be settled already.
    crash: Option<u64>,
}

impl Fleet {
    /// A rollout over all hosts with three flaky plugins, one that was bad before and one that is slow to start.
    fn new(rng: &mut Rng, mishaps: Mishaps) -> Self {
        let mut hosts: Vec<_> = (0..HOSTS)
            .map(|_| {
                let start = rng.u64(..5_000);
                let plugins = PLUGINS.map(|name| (name, Behaviour::Good)).into();
                SimulatedHost { down: (start, start + ROLLOUT), silent_from: None, plugins }
            })
            .collect();
        let mut places: Vec<_> = (0..HOSTS).collect();
        rng.shuffle(&mut places);
        let mut place = places.into_iter();
        let mut next = || place.next().expect("there are enough hosts");
        for _ in 0..3 {
            hosts[next()].plugins.insert("Queue", Behaviour::Flaky(20));
        }
        hosts[next()].plugins.insert("Disk", Behaviour::Bad);
        hosts[next()].plugins.insert("Web", Behaviour::BadUntil(90_000));
        for _ in 0..mishaps.silent {
            hosts[next()].silent_from = Some(0);
        }
        if mishaps.regression {
            hosts[next()].plugins.insert("Load", Behaviour::Bad);
        }
        if mishaps.gone {
            hosts[next()].plugins.insert("Memory", Behaviour::GoneFrom(0));
        }
        if let Some(from) = mishaps.crash {
            hosts[next()].silent_from = Some(from);
        }
        Self { begin: Instant::now(), hosts, rng: RefCell::new(rng.fork()) }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.begin.elapsed().as_millis()).expect("not that long")
    }

    /// How the hosts were before: all good but the one that was not.
    fn before(&self) -> Vec<Option<BTreeMap<Part, Before>>> {
        let was = |host: usize, name: &str| match self.hosts[host].plugins[name] {
            Behaviour::Bad if name == "Disk" => Status::Error,
            _ => Status::Ok,
        };
        let part = |host, name: &&str| (Part::of_plugin(name), Before { status: was(host, name), seconds: Some(0.2) });
        (0..HOSTS).map(|host| Some(PLUGINS.iter().map(|name| part(host, name)).collect())).collect()
    }

    fn is_bad(&self, behaviour: Behaviour) -> bool {
        match behaviour {
            Behaviour::Good | Behaviour::GoneFrom(_) => false,
            Behaviour::Bad => true,
            Behaviour::BadUntil(end) => self.now() < end,
            Behaviour::Flaky(share) => self.rng.borrow_mut().u8(..100) < share,
        }
    }

    fn past(host: &SimulatedHost) -> BTreeMap<Part, Past> {
        let is_flaky = |behaviour: &Behaviour| matches!(behaviour, Behaviour::Flaky(_));
        let past = |(name, behaviour): (&&str, &Behaviour)| {
            let was_good = (0..20).map(|run| !is_flaky(behaviour) || run % 5 != 2).collect();
            (Part::of_plugin(name), Past { durations: vec![0.2; 20], was_good })
        };
        host.plugins.iter().map(past).collect()
    }
}

impl Prober for Fleet {
    async fn probe(&self, host: usize, settled: BTreeSet<String>) -> Probed {
        let latency = self.rng.borrow_mut().u64(2..300);
        sleep(Duration::from_millis(latency)).await;
        let host = &self.hosts[host];
        let silent = |reason: &str, is_restarting| {
            let reason = reason.to_owned();
            Probed { answer: Answer::Silent { reason, is_restarting }, past: None }
        };
        if host.silent_from.is_some_and(|from| self.now() >= from) {
            sleep(Duration::from_secs(5)).await;
            return silent("timed out", false);
        }
        let is_down = |now: u64| (host.down.0..host.down.1).contains(&now);
        if is_down(self.now()) {
            return silent("connection refused", true);
        }
        let is_there = |behaviour: &Behaviour| !matches!(behaviour, Behaviour::GoneFrom(from) if self.now() >= *from);
        let has: BTreeMap<_, _> = host.plugins.iter().filter(|(_, behaviour)| is_there(behaviour)).collect();
        let names: BTreeSet<_> = has.keys().map(|name| (**name).to_owned()).collect();
        let wanted: Vec<_> = has.into_iter().filter(|(name, _)| !settled.contains(**name)).collect();
        if !wanted.is_empty() {
            sleep(Duration::from_millis(200)).await;
        }
        // A run that the restart meets is lost.
        if is_down(self.now()) {
            return silent("the daemon has no process any more", true);
        }
        let run = |(name, behaviour): (&&str, &Behaviour)| {
            let status = if self.is_bad(*behaviour) { Status::Error } else { Status::Ok };
            ((*name).to_owned(), made_up::run(status, Some(0.2)))
        };
        let runs: BTreeMap<_, _> = wanted.into_iter().map(run).collect();
        let has_bad = runs.values().any(|run| !run.finding.is_good());
        Probed { answer: made_up::answer(None, names, runs), past: has_bad.then(|| Self::past(host)) }
    }

    fn under_way(&self, _: usize) -> UnderWay {
        UnderWay::default()
    }
}

struct Outcome {
    end: End,
    verdict: Verdict,
    elapsed: Duration,
}

/// A gate over a fleet of this seed.
fn gate(seed: u64, mishaps: Mishaps, budget: Budget, has_baseline: bool) -> Outcome {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let fleet = Fleet::new(&mut Rng::with_seed(seed), mishaps);
        let settings = Settings { settle: 3, budget, strict: false, warn_is_bad: false };
        let mut rounds = Rounds::new(settings, HOSTS, has_baseline.then(|| fleet.before()));
        let timing = Timing { within: WITHIN, every: Duration::from_secs(5) };
        let begin = Instant::now();
        let end = drive(&mut rounds, HOSTS, &fleet, timing, |_| {}).await;
        Outcome { end, verdict: rounds.verdict(), elapsed: begin.elapsed() }
    })
}

/// A gate that ended at the deadline ended within a second of it.
fn is_at_deadline(outcome: &Outcome) -> bool {
    outcome.end == End::Deadline && outcome.elapsed >= WITHIN && outcome.elapsed < WITHIN + Duration::from_secs(1)
}

#[test]
fn a_rollout_that_goes_well_proceeds_when_the_slowest_has_settled() {
    for seed in 0..SEEDS {
        let Outcome { end, verdict, elapsed } = gate(seed, Mishaps::default(), Budget::default(), true);
        assert_eq!((end, verdict.decision), (End::Settled, Decision::Proceed), "seed {seed}");
        // Three rounds behind the slow start.
        assert!(elapsed > Duration::from_secs(100) && elapsed < WITHIN, "seed {seed}: {elapsed:?}");
        assert_eq!(verdict.count(Kind::KnownFailure), 1, "seed {seed}");
        assert_eq!(verdict.count(Kind::Good), HOSTS * PLUGINS.len() - 1, "seed {seed}");
        let flaky = verdict.parts().filter(|(_, part)| part.flaky.is_some());
        let names: Vec<_> = flaky.map(|(_, part)| part.part.plugin.as_str()).collect();
        assert!(names.iter().all(|name| *name == "Queue"), "seed {seed}: {names:?}");
    }
}

#[test]
fn a_gate_is_never_open_while_a_host_is_silent() {
    for seed in 0..SEEDS {
        let outcome = gate(seed, Mishaps { silent: 2, ..Mishaps::default() }, Budget::default(), true);
        assert!(is_at_deadline(&outcome), "seed {seed}: {:?} {:?}", outcome.end, outcome.elapsed);
        assert_eq!(outcome.verdict.decision, Decision::NotSettled, "seed {seed}");
        assert_eq!(outcome.verdict.hosts.iter().filter(|host| host.silent.is_some()).count(), 2, "seed {seed}");
        assert_eq!(outcome.verdict.count(Kind::Silent), 2 * PLUGINS.len(), "seed {seed}");
    }
}

#[test]
fn a_host_that_goes_silent_behind_its_rounds_is_missed() {
    for seed in 0..SEEDS {
        // It is settled by then, and the slow start keeps the gate going.
        let outcome = gate(seed, Mishaps { crash: Some(70_000), ..Mishaps::default() }, Budget::default(), true);
        assert!(is_at_deadline(&outcome), "seed {seed}: {:?} {:?}", outcome.end, outcome.elapsed);
        assert_eq!(outcome.verdict.decision, Decision::NotSettled, "seed {seed}");
    }
}

#[test]
fn a_regression_is_worse_at_the_deadline_and_what_is_gone_before_it() {
    for seed in 0..SEEDS {
        let outcome = gate(seed, Mishaps { regression: true, ..Mishaps::default() }, Budget::default(), true);
        assert!(is_at_deadline(&outcome), "seed {seed}: {:?}", outcome.end);
        assert_eq!(outcome.verdict.decision, Decision::Worse, "seed {seed}");
        assert_eq!(outcome.verdict.count(Kind::NewFailure), 1, "seed {seed}");
        let outcome = gate(seed, Mishaps { gone: true, ..Mishaps::default() }, Budget::default(), true);
        assert_eq!((outcome.end, outcome.verdict.decision), (End::Lost, Decision::Worse), "seed {seed}");
        assert!(outcome.elapsed < WITHIN, "seed {seed}: {:?}", outcome.elapsed);
    }
}

#[test]
fn without_a_baseline_what_was_bad_before_keeps_the_gate_closed() {
    for seed in 0..SEEDS / 10 {
        let outcome = gate(seed, Mishaps::default(), Budget::default(), false);
        assert!(is_at_deadline(&outcome), "seed {seed}");
        assert_eq!(outcome.verdict.decision, Decision::NotSettled, "seed {seed}");
        assert_eq!(outcome.verdict.count(Kind::Failure), 1, "seed {seed}");
    }
}

#[test]
fn a_budget_lets_bad_hosts_pass_and_waits_for_silent_ones_until_the_deadline() {
    let budget = Budget { allow_bad: Some(Share::parse("1%").expect("a share")), min_ok: None };
    for seed in 0..SEEDS / 10 {
        let outcome = gate(seed, Mishaps { regression: true, ..Mishaps::default() }, budget, true);
        assert_eq!((outcome.end, outcome.verdict.decision), (End::Settled, Decision::Proceed), "seed {seed}");
        assert!(outcome.verdict.needs_review());
        let silent = |silent| Mishaps { silent, ..Mishaps::default() };
        let outcome = gate(seed, silent(2), budget, true);
        assert!(is_at_deadline(&outcome), "seed {seed}: {:?}", outcome.end);
        assert_eq!(outcome.verdict.decision, Decision::Proceed, "seed {seed}");
        assert_eq!(gate(seed, silent(3), budget, true).verdict.decision, Decision::NotSettled, "seed {seed}");
    }
}

/// Hosts that are good and far away, of which few are asked at once.
struct Distant {
    asking: Semaphore,
    delay: Duration,
}

impl Prober for Distant {
    async fn probe(&self, _: usize, settled: BTreeSet<String>) -> Probed {
        let _permit = self.asking.acquire().await;
        sleep(self.delay).await;
        made_up::one_plugin(Status::Ok, &settled)
    }

    fn under_way(&self, _: usize) -> UnderWay {
        UnderWay::default()
    }
}

/// To ask all of them takes longer than an answer may be old.
#[test]
fn a_large_fleet_is_asked_once_more_and_not_for_ever() {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let fleet = Distant { asking: Semaphore::new(64), delay: Duration::from_millis(200) };
        let settings = Settings { settle: 1, budget: Budget::default(), strict: false, warn_is_bad: false };
        let mut rounds = Rounds::new(settings, 1_000, None);
        let timing = Timing { within: WITHIN, every: Duration::from_secs(5) };
        let begin = Instant::now();
        let end = drive(&mut rounds, 1_000, &fleet, timing, |_| {}).await;
        // Sixteen turns of 200 ms, and as many again at most.
        assert_eq!((end, begin.elapsed() < Duration::from_secs(7)), (End::Settled, true), "{:?}", begin.elapsed());
    });
}

/// A host with one plugin, by milliseconds.
#[derive(Clone, Copy)]
struct Script {
    bad_until: u64,
    silent_from: u64,
    /// Whether it is silent for as long as a client waits, or refuses at once.
    hangs: bool,
}

struct Scripted {
    begin: Instant,
    hosts: Vec<Script>,
}

impl Prober for Scripted {
    async fn probe(&self, host: usize, settled: BTreeSet<String>) -> Probed {
        let script = self.hosts[host];
        let now = || u64::try_from(self.begin.elapsed().as_millis()).expect("not that long");
        sleep(Duration::from_millis(5)).await;
        if now() >= script.silent_from {
            sleep(Duration::from_secs(if script.hangs { 20 } else { 0 })).await;
            let answer = Answer::Silent { reason: "no answer".to_owned(), is_restarting: !script.hangs };
            return Probed { answer, past: None };
        }
        made_up::one_plugin(if now() < script.bad_until { Status::Error } else { Status::Ok }, &settled)
    }

    fn under_way(&self, _: usize) -> UnderWay {
        UnderWay::default()
    }
}

/// A gate over such hosts: its end, what it has seen, and how long it took. `within` is in seconds, `every` in milliseconds.
fn scripted(hosts: &[Script], budget: Budget, (within, every): (u64, u64)) -> (End, Rounds, Duration) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let fleet = Scripted { begin: Instant::now(), hosts: hosts.to_vec() };
        let settings = Settings { settle: 1, budget, strict: false, warn_is_bad: false };
        let mut rounds = Rounds::new(settings, hosts.len(), None);
        let timing = Timing { within: Duration::from_secs(within), every: Duration::from_millis(every) };
        let end = drive(&mut rounds, hosts.len(), &fleet, timing, |_| {}).await;
        (end, rounds, fleet.begin.elapsed())
    })
}

/// What a host was when it settled says nothing of what it is when the gate ends.
#[test]
fn a_host_that_went_silent_while_others_were_waited_for_is_missed() {
    let good = Script { bad_until: 0, silent_from: u64::MAX, hangs: false };
    let hangs = Script { silent_from: 1_000, hangs: true, ..good };
    let dies = Script { silent_from: 1_000, ..good };
    let never = Script { silent_from: 0, ..good };
    let late = |bad_until| Script { bad_until, ..good };
    let one = Budget { allow_bad: Some(Share::parse("1").expect("a share")), min_ok: None };
    for (name, hosts, budget, within, every, silent) in [
        ("it hangs, and another is good late", [hangs, late(2_500)], Budget::default(), 4, 500, 1),
        ("the same with more time", [hangs, late(2_500)], Budget::default(), 12, 500, 1),
        ("it dies, and another never answers", [dies, never], one, 8, 500, 2),
        (
            "it is bad within the budget and hangs",
            [Script { bad_until: u64::MAX, ..hangs }, late(2_500)],
            one,
            60,
            3_000,
            1,
        ),
    ] {
        let (end, rounds, _) = scripted(&hosts, budget, (within, every));
        assert_eq!((end, rounds.progress().silent), (End::Deadline, silent), "{name}");
    }
}

/// A budget is for what stays bad.
#[test]
fn a_slow_start_is_waited_for_within_the_budget_too() {
    let one = Budget { allow_bad: Some(Share::parse("1").expect("a share")), min_ok: None };
    let bad_until = |bad_until| Script { bad_until, silent_from: u64::MAX, hangs: false };
    for (name, slow, within, bad, took) in [
        ("it is good within a quarter of the time", 6_000, 30, 0, 6..8),
        ("it is good within 30 s", 29_000, 600, 0, 29..35),
        ("it stays bad", u64::MAX, 30, 1, 7..9),
        ("it stays bad, and there is much time", u64::MAX, 600, 1, 30..32),
    ] {
        let (end, rounds, elapsed) = scripted(&[bad_until(0), bad_until(slow)], one, (within, 1_000));
        assert_eq!((end, rounds.progress().bad), (End::Settled, bad), "{name}");
        assert!(took.contains(&elapsed.as_secs()), "{name}: {elapsed:?}");
    }
}
