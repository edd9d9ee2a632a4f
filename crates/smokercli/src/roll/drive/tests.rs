use std::collections::HashMap;

use smoker_model::verdict::budget::Share;

use super::*;
use crate::roll::event::{Plan, PlannedHost, VERSION};

/// Hosts whose fate a seed decides; their commands end at once.
#[derive(Default)]
struct Fates {
    fail: Vec<String>,
    bad: Vec<String>,
    /// How often the command has begun on each.
    runs: HashMap<String, usize>,
    gates: HashMap<String, usize>,
    /// Hosts that are good at first, and bad when the gate has looked at them so often.
    bad_after: HashMap<String, usize>,
    is_stopping: bool,
    /// How many commands begin before a signal comes.
    signal_behind: Option<usize>,
}

impl Hosts for Fates {
    fn run(&mut self, units: &[Unit], tell: &mut dyn FnMut(Event) -> Result<bool, ExitError>) -> Result<(), ExitError> {
        for Unit { hosts, command } in units {
            if self.signal_behind == Some(self.runs.values().sum()) {
                self.is_stopping = true;
                return Ok(());
            }
            tell(Event::RunBegun { hosts: hosts.clone(), command: command.clone() })?;
            for host in hosts {
                *self.runs.entry(host.clone()).or_default() += 1;
            }
            let failure = hosts.iter().any(|host| self.fail.contains(host)).then(|| "exit status 1".to_owned());
            if !tell(Event::RunEnded { hosts: hosts.clone(), milliseconds: 1000, failure, output: String::new() })? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn gate(&mut self, hosts: &[String]) -> Result<Option<GateReport>, ExitError> {
        for host in hosts {
            *self.gates.entry(host.clone()).or_default() += 1;
        }
        let is_bad_now = |host: &String| self.bad_after.get(host).is_some_and(|looks| self.gates[host] > *looks);
        let bad = hosts.iter().filter(|host| self.bad.contains(host) || is_bad_now(host));
        let bad = bad.map(|host| BadHost { host: host.clone(), reason: "disk".into() }).collect();
        Ok(Some(GateReport { milliseconds: 1000, bad, summary: String::new() }))
    }

    fn bare_name(&self, host: &str) -> String {
        host.to_owned()
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping
    }
}

/// Keeps a number of events, and fails then, as a machine that crashes does.
#[derive(Default)]
struct Kept {
    events: Vec<Event>,
    most: usize,
    /// From when on nobody reads what is kept.
    unread_from: Option<fn(&Event) -> bool>,
}

impl Recorder for Kept {
    fn keep(&mut self, event: &Event) -> Result<(), ExitError> {
        if self.events.len() == self.most {
            return Err(ExitError::new("crash"));
        }
        self.events.push(event.clone());
        Ok(())
    }

    fn is_unread(&self) -> bool {
        self.unread_from.is_some_and(|from| self.events.iter().any(from))
    }
}

fn plan(hosts: usize, ends: Vec<usize>) -> Plan {
    let host = |number| PlannedHost { name: format!("h{number}"), address: String::new() };
    Plan {
        version: VERSION,
        by: String::new(),
        folder: None,
        arguments: Vec::new(),
        hosts: (0..hosts).map(host).collect(),
        ends,
    }
}

fn orders(allow_bad: usize, on_bad: Option<&str>) -> Orders {
    let budget = Budget { allow_bad: Some(Share::Count(allow_bad)), min_ok: None };
    Orders { run: "deploy {host}".into(), budget, on_bad: on_bad.map(str::to_owned) }
}

/// A fleet, its batches and its fate.
fn case(random: &mut fastrand::Rng) -> (Plan, Fates) {
    let hosts = random.usize(1..25);
    let mut ends: Vec<_> = (0..random.usize(0..4)).map(|_| random.usize(1..=hosts)).chain([hosts]).collect();
    ends.sort_unstable();
    ends.dedup();
    let mut some = || (0..hosts).filter(|_| random.usize(..8) == 0).map(|host| format!("h{host}")).collect::<Vec<_>>();
    let (fail, bad) = (some(), some());
    (plan(hosts, ends), Fates { fail, bad, ..Fates::default() })
}

fn number(host: &str) -> usize {
    host[1..].parse().expect("a number")
}

#[test]
fn nothing_is_done_beyond_the_batch_that_exceeds_the_budget() {
    for seed in 0..3_000 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (plan, mut fates) = case(&mut random);
        let allowed = random.usize(..4);
        let mut progress = Progress::new(plan.clone());
        let mut kept = Kept { most: usize::MAX, ..Kept::default() };
        let ending = drive(&mut progress, &orders(allowed, None), &mut kept, &mut fates).expect("no crash");
        let bad = |host: usize| fates.fail.contains(&format!("h{host}")) || fates.bad.contains(&format!("h{host}"));
        let all_bad = (0..plan.hosts.len()).filter(|host| bad(*host)).count();
        assert_eq!(ending == Ending::Finished, all_bad <= allowed, "seed {seed}: {all_bad} of {allowed}");
        assert!(
            fates.runs.values().all(|runs| *runs == 1)
                && fates.gates.iter().all(|(host, gates)| *gates == 1 || !fates.bad.contains(host)),
            "seed {seed}"
        );
        // The first batch by whose end too many are bad is the last one that is begun.
        let last = plan.ends.iter().find(|end| (0..**end).filter(|host| bad(*host)).count() > allowed);
        let last = last.copied().unwrap_or(plan.hosts.len());
        assert!(fates.runs.keys().all(|host| number(host) < last), "seed {seed}: {:?}", fates.runs);
        assert!(
            fates.gates.keys().all(|host| fates.runs.contains_key(host) && !fates.fail.contains(host)),
            "seed {seed}"
        );
        if ending == Ending::Finished {
            assert_eq!(fates.runs.len(), plan.hosts.len(), "seed {seed}");
            // Behind the last command the gate has looked at all good hosts.
            let last_run = kept.events.iter().rposition(|event| matches!(event, Event::RunEnded { .. }));
            let looked = kept.events[last_run.unwrap_or(0)..].iter().rev().find_map(|event| match event {
                Event::GateEnded { hosts, .. } => Some(hosts.clone()),
                _ => None,
            });
            let looked = looked.unwrap_or_default();
            let mut good = (0..plan.hosts.len()).filter(|host| !bad(*host));
            assert!(good.all(|host| looked.contains(&format!("h{host}"))), "seed {seed}: {looked:?}");
        }
    }
}

/// What `docs/roll.md` says of the price.
#[test]
fn every_batch_looks_again_at_all_hosts_that_are_done() {
    let twenty: Vec<_> = (1..=20).map(|batch| batch * 10).collect();
    for (ends, looks) in [(vec![200], 200), (vec![1, 10, 50, 200], 261), (twenty, 2_100)] {
        let (plan, mut fates) = (plan(200, ends.clone()), Fates::default());
        let mut kept = Kept { most: usize::MAX, ..Kept::default() };
        let ending = drive(&mut Progress::new(plan), &orders(0, None), &mut kept, &mut fates);
        assert_eq!(ending, Ok(Ending::Finished));
        assert_eq!(fates.gates.values().sum::<usize>(), looks, "{ends:?}");
    }
}

#[test]
fn a_roll_that_crashed_anywhere_goes_on_where_it_was() {
    for seed in 0..1_500 {
        let mut random = fastrand::Rng::with_seed(seed);
        let (plan, mut fates) = case(&mut random);
        let orders = orders(plan.hosts.len(), None);
        let mut kept = Kept { most: random.usize(..60), ..Kept::default() };
        let crashed = drive(&mut Progress::new(plan.clone()), &orders, &mut kept, &mut fates);
        if let Ok(ending) = crashed {
            assert_eq!(ending, Ending::Finished, "seed {seed}");
            continue;
        }
        let mut progress = Progress::new(plan.clone());
        for event in &kept.events {
            progress.apply(event);
        }
        progress.apply(&Event::Resumed { arguments: Vec::new() });
        let done: Vec<_> = kept
            .events
            .iter()
            .filter_map(|event| match event {
                Event::RunEnded { hosts, failure: None, .. } => Some(hosts[0].clone()),
                _ => None,
            })
            .collect();
        fates.runs.clear();
        kept.most = usize::MAX;
        let ending = drive(&mut progress, &orders, &mut kept, &mut fates).expect("no crash");
        assert_eq!(ending, Ending::Finished, "seed {seed}");
        // A command that is known to have succeeded runs once.
        assert!(done.iter().all(|host| !fates.runs.contains_key(host)), "seed {seed}: {done:?} {:?}", fates.runs);
        let expected = fates.fail.iter().chain(fates.bad.iter().filter(|host| !fates.fail.contains(host))).count();
        assert_eq!(progress.bad().len(), expected, "seed {seed}");
    }
}

#[test]
fn the_command_for_a_stopped_roll_gets_the_hosts() {
    for (on_bad, expected) in [
        ("undo {host}", vec!["undo h1", "undo h2"]),
        ("undo {hosts}", vec!["undo h1,h2"]),
        ("undo {touched}", vec!["undo h0,h1,h2"]),
        ("page", vec!["page"]),
    ] {
        let fates = || Fates { fail: vec!["h1".into()], bad: vec!["h2".into()], ..Fates::default() };
        let mut kept = Kept { most: usize::MAX, ..Kept::default() };
        let mut progress = Progress::new(plan(9, vec![3, 9]));
        let ending = drive(&mut progress, &orders(1, Some(on_bad)), &mut kept, &mut fates()).expect("no crash");
        let commands: Vec<_> = kept
            .events
            .iter()
            .filter_map(|event| match event {
                Event::OnBadEnded { command, .. } => Some(command.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!((ending, commands), (Ending::Stopped, expected), "{on_bad}");
    }
}

#[test]
fn a_host_that_turns_bad_behind_its_batch_stops_the_roll() {
    for (looks, fail, ran) in [(1, None, 2), (2, None, 3), (1, Some("h1"), 2), (2, Some("h2"), 3)] {
        let fail: Vec<_> = fail.into_iter().map(str::to_owned).collect();
        let allowed = fail.len();
        let bad_after = HashMap::from([("h0".to_owned(), looks)]);
        let mut fates = Fates { fail, bad_after, ..Fates::default() };
        let mut kept = Kept { most: usize::MAX, ..Kept::default() };
        let mut progress = Progress::new(plan(3, vec![1, 2, 3]));
        let ending = drive(&mut progress, &orders(allowed, None), &mut kept, &mut fates).expect("no crash");
        assert_eq!((ending, fates.runs.len()), (Ending::Stopped, ran), "{looks}");
        assert!(progress.bad().iter().any(|(host, _)| *host == "h0"), "{looks}");
    }
}

#[test]
fn a_signal_ends_a_roll_between_steps() {
    let mut kept = Kept { most: usize::MAX, ..Kept::default() };
    let mut fates = Fates { is_stopping: true, ..Fates::default() };
    let ending =
        drive(&mut Progress::new(plan(2, vec![2])), &orders(0, None), &mut kept, &mut fates).expect("no crash");
    assert_eq!((ending, kept.events), (Ending::Interrupted, vec![Event::Interrupted]));
}

/// What `--on-bad` did, and left out.
fn on_bad(events: &[Event]) -> Vec<String> {
    let word = |event: &Event| match event {
        Event::OnBadBegun { command, .. } => Some(format!("begun: {command}")),
        Event::OnBadEnded { command, .. } => Some(format!("ended: {command}")),
        Event::OnBadLeftOut { command } => Some(format!("left out: {command}")),
        _ => None,
    };
    events.iter().filter_map(word).collect()
}

#[test]
fn the_command_for_a_stopped_roll_runs_unread_and_says_what_a_signal_left_out() {
    let is_stopped: fn(&Event) -> bool = |event| matches!(event, Event::Stopped { .. });
    for (unread_from, signal_behind, ended) in [(Some(is_stopped), None, 2), (None, Some(3), 1), (None, Some(2), 0)] {
        let mut fates = Fates { fail: vec!["h0".into(), "h1".into()], signal_behind, ..Fates::default() };
        let mut kept = Kept { most: usize::MAX, unread_from, ..Kept::default() };
        let mut progress = Progress::new(plan(2, vec![2]));
        let ending = drive(&mut progress, &orders(1, Some("undo {host}")), &mut kept, &mut fates).expect("no crash");
        let expected: Vec<_> = (0..2)
            .flat_map(|host| {
                let words: &[_] = if host < ended { &["begun", "ended"] } else { &["left out"] };
                words.iter().map(move |word| format!("{word}: undo h{host}"))
            })
            .collect();
        assert_eq!((ending, on_bad(&kept.events)), (Ending::Stopped, expected), "{signal_behind:?}");
    }
}

#[test]
fn nothing_begins_of_which_nobody_reads() {
    let is_first_end: fn(&Event) -> bool = |event| matches!(event, Event::RunEnded { .. });
    let mut fates = Fates::default();
    let mut kept = Kept { most: usize::MAX, unread_from: Some(is_first_end), ..Kept::default() };
    let mut progress = Progress::new(plan(9, vec![9]));
    let ending = drive(&mut progress, &orders(0, None), &mut kept, &mut fates).expect("no crash");
    assert_eq!((ending, fates.runs.len()), (Ending::Interrupted, 1));
}
