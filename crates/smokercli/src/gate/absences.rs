//! Hosts on which something is missing for a while, by a clock that tests set: a gate has its time to wait for that.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use smoker_model::status::Status;
use smoker_model::verdict::answer::{Answer, PluginRun};
use smoker_model::verdict::baseline::Before;
use smoker_model::verdict::budget::Budget;
use smoker_model::verdict::outcome::Decision;
use smoker_model::verdict::part::Part;
use smoker_model::verdict::rounds::{Rounds, Settings};
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep};

use crate::gate::drive::{End, Probed, Prober, Timing, UnderWay, drive};
use crate::gate::made_up::{answer, finding, run};

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Component,
    /// All components: the plugin ends with an error, as it did before.
    Components,
    Plugin,
    /// What the call names, and nobody has had before.
    Named,
}

/// A host whose plugin `Disk` has the components `a` and `b`, and of which something is missing from one moment to another.
struct Host {
    begin: Instant,
    missing: Missing,
    from: Duration,
    until: Duration,
}

impl Host {
    /// What is there.
    fn runs(&self) -> BTreeMap<String, PluginRun> {
        let elapsed = self.begin.elapsed();
        let missing = Some(self.missing).filter(|_| elapsed >= self.from && elapsed < self.until);
        let names: &[&str] = match missing {
            Some(Missing::Component) => &["a"],
            Some(Missing::Components) => &[],
            Some(Missing::Plugin | Missing::Named) | None => &["a", "b"],
        };
        let components = names.iter().map(|name| ((*name).to_owned(), finding(Status::Ok, None))).collect();
        let disk = PluginRun { finding: finding(Status::Error, None), components };
        let web = run(Status::Ok, None);
        let has_disk = missing != Some(Missing::Plugin);
        let all = [("Web".to_owned(), web)].into_iter().chain(has_disk.then(|| ("Disk".to_owned(), disk)));
        all.collect()
    }
}

impl Prober for Host {
    async fn probe(&self, _: usize, settled: BTreeSet<String>) -> Probed {
        sleep(Duration::from_millis(5)).await;
        let mut runs = self.runs();
        let names: BTreeSet<_> = runs.keys().cloned().collect();
        let is_named = self.missing == Missing::Named && self.begin.elapsed() < self.until;
        runs.retain(|name, _| !settled.contains(name));
        let mut answer = answer(None, names, runs);
        if let (Answer::Answered { missing, .. }, true) = (&mut answer, is_named) {
            missing.insert("Wbe".to_owned());
        }
        Probed { answer, past: None }
    }

    fn under_way(&self, _: usize) -> UnderWay {
        UnderWay::default()
    }
}

/// The end of a gate, its decision, and how many seconds it took. `within`, `every` and `until` are seconds.
fn gate(missing: Missing, until: u64, settle: u32, (within, every): (u64, u64)) -> (End, Decision, u64) {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let begin = Instant::now();
        let host = Host { begin, missing, from: Duration::ZERO, until: Duration::from_secs(until) };
        let part = |part, status| (part, Before { status, seconds: None });
        let before: BTreeMap<_, _> = [
            part(Part::of_plugin("Web"), Status::Ok),
            part(Part::of_plugin("Disk"), Status::Error),
            part(Part::of_component("Disk", "a"), Status::Ok),
            part(Part::of_component("Disk", "b"), Status::Ok),
        ]
        .into();
        let settings = Settings { settle, budget: Budget::default(), strict: false, warn_is_bad: false };
        let mut rounds = Rounds::new(settings, 1, Some(vec![Some(before)]));
        let timing = Timing { within: Duration::from_secs(within), every: Duration::from_secs(every) };
        let end = drive(&mut rounds, 1, &host, timing, |_| {}).await;
        (end, rounds.verdict().decision, begin.elapsed().as_secs())
    })
}

#[test]
fn what_comes_back_in_time_is_waited_for() {
    for settle in 1..4 {
        for missing in [Missing::Component, Missing::Components, Missing::Plugin] {
            for (until, timing) in [(2, (15, 1)), (20, (300, 5)), (20, (1_200, 1))] {
                let (end, decision, _) = gate(missing, until, settle, timing);
                assert_eq!(
                    (end, decision),
                    (End::Settled, Decision::Proceed),
                    "{missing:?} {until} {settle} {timing:?}"
                );
            }
        }
        // As late as it gets.
        for missing in [Missing::Component, Missing::Components] {
            let (end, decision, _) = gate(missing, 200, settle, (300, 5));
            assert_eq!((end, decision), (End::Settled, Decision::Proceed), "{missing:?} {settle}");
        }
    }
}

#[test]
fn what_stays_away_is_worse_and_early_only_where_the_configuration_lacks_it() {
    for settle in 1..4 {
        for missing in [Missing::Component, Missing::Components] {
            let (end, decision, took) = gate(missing, 1_000, settle, (300, 5));
            assert_eq!((end, decision, took), (End::Deadline, Decision::Worse, 300), "{missing:?} {settle}");
        }
        let (end, decision, took) = gate(Missing::Plugin, 1_000, settle, (300, 5));
        assert_eq!((end, decision), (End::Lost, Decision::Worse), "{settle}");
        assert!((30..120).contains(&took), "{settle}: {took}");
    }
}

/// As what the configuration of the daemons lacks: a deployment has its time to bring it, and a name that was mistyped does not take all
/// of `--within`.
#[test]
fn a_name_that_no_host_has_or_had_is_given_up_before_the_deadline() {
    for settle in 1..4 {
        let (end, decision, took) = gate(Missing::Named, 1_000, settle, (300, 5));
        assert_eq!((end, decision), (End::Unselected, Decision::NotSettled), "{settle}");
        assert!((30..60).contains(&took), "{settle}: {took}");
        let (end, decision, _) = gate(Missing::Named, 20, settle, (300, 5));
        assert_eq!((end, decision), (End::Settled, Decision::Proceed), "{settle}");
    }
}
