//! Rounds at random, held against rules that are told in another way: by looking back at all answers.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use smoker_model::status::Status;
use smoker_model::verdict::answer::{Answer, Finding, PluginRun};
use smoker_model::verdict::baseline::Before;
use smoker_model::verdict::budget::{Budget, Share};
use smoker_model::verdict::outcome::{Decision, Kind};
use smoker_model::verdict::part::Part;
use smoker_model::verdict::rounds::{GateStanding, Rounds, Settings};

const PLUGINS: [&str; 3] = ["Disk", "Load", "Web"];

fn settings(settle: u32) -> Settings {
    Settings { settle, budget: Budget::default(), strict: false, warn_is_bad: false }
}

fn finding(status: Status) -> Finding {
    Finding { status, seconds: Some(0.1), message: None, is_skipped: false }
}

fn run(status: Status, component: Option<Status>) -> PluginRun {
    let components = component.map(|status| ("part".to_owned(), finding(status)));
    PluginRun { finding: finding(status), components: components.into_iter().collect() }
}

fn answered(runs: &[(&str, PluginRun)]) -> Answer {
    answered_by(None, runs)
}

/// The answer of this start of the daemon.
fn answered_by(instance: Option<&str>, runs: &[(&str, PluginRun)]) -> Answer {
    let names: BTreeSet<String> = runs.iter().map(|(name, _)| (*name).to_owned()).collect();
    Answer::Answered {
        instance: instance.map(str::to_owned),
        has: names.clone(),
        selected: names,
        deselected: BTreeSet::new(),
        missing: BTreeSet::new(),
        runs: runs.iter().map(|(name, run)| ((*name).to_owned(), run.clone())).collect(),
        fallen: BTreeSet::new(),
        reconfigured: BTreeSet::new(),
        not_loaded: None,
    }
}

fn silent() -> Answer {
    Answer::Silent { reason: "refused".to_owned(), is_restarting: true }
}

fn random_answer(rng: &mut Rng) -> Answer {
    if rng.u8(..10) == 0 {
        return silent();
    }
    let status = |rng: &mut Rng| [Status::Ok, Status::Ok, Status::Ok, Status::Warn, Status::Error][rng.usize(..5)];
    let mut runs = Vec::new();
    for name in PLUGINS {
        if rng.u8(..20) > 0 {
            let component = (rng.u8(..4) > 0).then(|| status(rng));
            runs.push((name, run(status(rng), component)));
        }
    }
    let instance = match rng.u8(..30) {
        0 => None,
        1 => Some("b"),
        _ => Some("a"),
    };
    answered_by(instance, &runs)
}

fn before(rng: &mut Rng) -> BTreeMap<Part, Before> {
    let status = |rng: &mut Rng| [Status::Ok, Status::Ok, Status::Ok, Status::Warn, Status::Error][rng.usize(..5)];
    let part = |name: &&str| Part::of_plugin(name);
    PLUGINS.iter().map(|name| (part(name), Before { status: status(rng), seconds: Some(0.1) })).collect()
}

/// Whether a host is settled, told by its last answers: in each of them the same start of the daemon answered, everything that counts
/// was there and good, and what is not there any more was not there already. No answer is left out, since every plugin runs in every
/// round here.
fn is_settled(answers: &[Answer], before: Option<&BTreeMap<Part, Before>>, settings: Settings) -> bool {
    let (settle, warn_is_bad) = (settings.settle as usize, settings.warn_is_bad);
    let Some(last) = answers.len().checked_sub(settle).map(|from| &answers[from..]) else { return false };
    // One rule for before and now.
    let is_bad = |status: Status| status == Status::Error || (warn_is_bad && status == Status::Warn);
    let was_bad = |part: &Part| before.and_then(|before| before.get(part)).is_some_and(|before| is_bad(before.status));
    let runs_of = |answer: &Answer| match answer {
        Answer::Silent { .. } => None,
        Answer::Answered { runs, .. } => Some(runs.clone()),
    };
    let Some(newest) = runs_of(&answers[answers.len() - 1]) else { return false };
    if newest.is_empty() {
        return false;
    }
    let instance_of = |answer: &Answer| match answer {
        Answer::Silent { .. } => None,
        Answer::Answered { instance, .. } => Some(instance.clone()),
    };
    if last.iter().any(|answer| instance_of(answer) != instance_of(&last[0])) {
        return false;
    }
    let is_there = |part: &Part| newest.contains_key(&part.plugin);
    if before.into_iter().flatten().any(|(part, before)| !is_bad(before.status) && !is_there(part)) {
        return false;
    }
    let is_good = |runs: &BTreeMap<String, PluginRun>, part: &Part| {
        let run = runs.get(&part.plugin)?;
        let finding = part.component.as_ref().map_or(Some(&run.finding), |name| run.components.get(name))?;
        Some(!is_bad(finding.status))
    };
    let parts_of = |runs: &BTreeMap<String, PluginRun>| -> BTreeSet<Part> {
        let parts = runs.iter().flat_map(|(name, run)| {
            let components = run.components.keys().map(|component| Part::of_component(name, component));
            std::iter::once(Part::of_plugin(name)).chain(components)
        });
        parts.collect()
    };
    let parts = parts_of(&newest);
    // What the baseline knows is gone, else it has vanished.
    let is_of_baseline = |part: &Part| before.is_some_and(|before| before.contains_key(part));
    let has_vanished = |part: &Part| !parts.contains(part) && !is_of_baseline(part);
    if last.iter().filter_map(runs_of).any(|runs| parts_of(&runs).iter().any(has_vanished)) {
        return false;
    }
    parts
        .iter()
        .filter(|part| !was_bad(part))
        .all(|part| last.iter().all(|answer| runs_of(answer).is_some_and(|runs| is_good(&runs, part) == Some(true))))
}

#[test]
fn a_gate_is_open_exactly_when_every_host_is_settled() {
    let mut rng = Rng::with_seed(7);
    let mut opened = 0;
    for _ in 0..2000 {
        let hosts = rng.usize(1..4);
        let settings = Settings { warn_is_bad: rng.u8(..4) == 0, ..settings(rng.u32(1..4)) };
        let baseline = rng.bool().then(|| (0..hosts).map(|_| Some(before(&mut rng))).collect::<Vec<_>>());
        let mut rounds = Rounds::new(settings, hosts, baseline.clone());
        let mut answers: Vec<Vec<Answer>> = vec![Vec::new(); hosts];
        for _ in 0..rng.usize(1..30) {
            let host = rng.usize(..hosts);
            let answer = random_answer(&mut rng);
            answers[host].push(answer.clone());
            rounds.record(host, answer);
            let before = |host: usize| baseline.as_ref().and_then(|all| all[host].as_ref());
            let expected = (0..hosts).all(|host| is_settled(&answers[host], before(host), settings));
            let verdict = rounds.verdict();
            assert_eq!(rounds.standing() == GateStanding::Settled, expected, "{answers:#?} {baseline:#?} {settings:?}");
            assert_eq!(verdict.decision == Decision::Proceed, expected);
            let is_silent = |answers: &Vec<Answer>| !matches!(answers.last(), Some(Answer::Answered { .. }));
            assert!(!expected || !answers.iter().any(is_silent), "open while a host is silent");
            let worse = verdict.count(Kind::NewFailure) + verdict.count(Kind::Gone) > 0;
            assert_eq!(verdict.decision == Decision::Worse, worse && !expected);
            assert!(baseline.is_some() || !worse, "nothing is worse than what is not known");
            opened += usize::from(expected);
        }
    }
    assert!(opened > 500, "only {opened} times: the answers are too bad");
}

#[test]
fn the_order_in_which_hosts_answer_does_not_matter() {
    let mut rng = Rng::with_seed(8);
    for _ in 0..300 {
        let answers: Vec<Vec<Answer>> = (0..3).map(|_| (0..4).map(|_| random_answer(&mut rng)).collect()).collect();
        let mut one = Rounds::new(settings(2), 3, None);
        let mut other = Rounds::new(settings(2), 3, None);
        for (host, answers) in answers.iter().enumerate() {
            for answer in answers {
                one.record(host, answer.clone());
            }
        }
        let mut rest: Vec<_> = answers.iter().map(|answers| answers.iter()).collect();
        for _ in 0..4 {
            for (host, answers) in rest.iter_mut().enumerate().rev() {
                other.record(host, answers.next().expect("four of each").clone());
            }
        }
        assert_eq!(
            (one.verdict(), one.standing(), one.progress()),
            (other.verdict(), other.standing(), other.progress())
        );
    }
}

/// One host after these answers, compared with a plugin that was in this state.
fn judged(before: Option<Status>, settle: u32, answers: &[Answer]) -> (Decision, GateStanding, Vec<Kind>) {
    let before =
        before.map(|status| vec![Some([(Part::of_plugin("Disk"), Before { status, seconds: Some(0.1) })].into())]);
    let mut rounds = Rounds::new(settings(settle), 1, before);
    for answer in answers {
        rounds.record(0, answer.clone());
    }
    let verdict = rounds.verdict();
    (verdict.decision, rounds.standing(), verdict.parts().map(|(_, part)| part.kind).collect())
}

#[test]
fn each_kind_has_its_verdict() {
    use Decision::{NotSettled, Proceed, Worse};
    use GateStanding::{Lost, Open, Settled};
    let disk = |status| answered(&[("Disk", run(status, None))]);
    let other = answered(&[("Disc", run(Status::Ok, None))]);
    let (ok, warn, error) = (Status::Ok, Status::Warn, Status::Error);
    for (before, answers, expected) in [
        (None, vec![disk(ok)], (Proceed, Settled, vec![Kind::Good])),
        (None, vec![disk(error)], (NotSettled, Open, vec![Kind::Failure])),
        (Some(ok), vec![disk(ok)], (Proceed, Settled, vec![Kind::Good])),
        (Some(ok), vec![disk(error)], (Worse, Open, vec![Kind::NewFailure])),
        (Some(ok), vec![disk(error), disk(ok)], (Proceed, Settled, vec![Kind::Good])),
        (Some(ok), vec![disk(warn)], (Proceed, Settled, vec![Kind::Warning])),
        (Some(error), vec![disk(error)], (Proceed, Settled, vec![Kind::KnownFailure])),
        (Some(error), vec![disk(ok)], (Proceed, Settled, vec![Kind::Fixed])),
        (Some(ok), vec![disk(ok), silent()], (NotSettled, Open, vec![Kind::Silent])),
        (Some(ok), vec![silent()], (NotSettled, Open, vec![Kind::Silent])),
        (Some(ok), vec![], (NotSettled, Open, vec![Kind::Silent])),
        (Some(ok), vec![other.clone()], (Worse, Open, vec![Kind::Good, Kind::Gone])),
        (Some(ok), vec![other.clone(), other.clone()], (Worse, Lost, vec![Kind::Good, Kind::Gone])),
        (Some(ok), vec![other.clone(), silent(), other.clone()], (Worse, Open, vec![Kind::Good, Kind::Gone])),
        (Some(error), vec![other], (Proceed, Settled, vec![Kind::Good, Kind::KnownFailure])),
        (None, vec![answered(&[])], (NotSettled, Open, vec![])),
    ] {
        assert_eq!(judged(before, 1, &answers), expected, "{before:?} {answers:?}");
    }
    let settled = |answers: &[Answer]| judged(Some(ok), 2, answers).1;
    assert_eq!(settled(&[disk(ok)]), Open);
    assert_eq!(settled(&[disk(ok), disk(ok)]), Settled);
    assert_eq!(settled(&[disk(ok), silent(), disk(ok)]), Open, "a restart begins again");
    assert_eq!(settled(&[disk(ok), disk(error), disk(ok)]), Open);
}

#[test]
fn a_run_that_did_not_take_place_settles_nothing() {
    let mut skipped = run(Status::Warn, None);
    skipped.finding.is_skipped = true;
    let answers = vec![answered(&[("Disk", skipped)]); 3];
    for before in [None, Some(Status::Ok)] {
        let (decision, standing, _) = judged(before, 1, &answers);
        assert_eq!((decision, standing), (Decision::NotSettled, GateStanding::Open));
    }
}

#[test]
fn a_budget_waits_for_silent_hosts_and_counts_them_at_the_end() {
    let budget = Budget { allow_bad: Share::parse("1").ok(), min_ok: None };
    let good = answered(&[("Disk", run(Status::Ok, None))]);
    let bad = answered(&[("Disk", run(Status::Error, None))]);
    for (second, standing, decision) in
        [(silent(), GateStanding::Open, Decision::Proceed), (bad.clone(), GateStanding::Settled, Decision::Proceed)]
    {
        let mut rounds = Rounds::new(Settings { budget, ..settings(1) }, 3, None);
        rounds.record(0, good.clone());
        rounds.record(1, good.clone());
        rounds.record(2, second);
        let verdict = rounds.verdict();
        assert_eq!((rounds.standing(), verdict.decision, verdict.bad_hosts), (standing, decision, 1));
        assert!(verdict.needs_review());
        rounds.record(1, bad.clone());
        assert_eq!(rounds.verdict().decision, Decision::NotSettled);
    }
}

/// What is decided of a host after these answers, and what is said of its parts.
fn kinds(settle: u32, answers: &[Answer]) -> (Decision, Vec<(String, Kind, bool)>) {
    let mut rounds = Rounds::new(settings(settle), 1, None);
    for answer in answers {
        rounds.record(0, answer.clone());
    }
    let verdict = rounds.verdict();
    let parts = verdict.parts().map(|(_, part)| (part.part.to_string(), part.kind, part.blocks));
    (verdict.decision, parts.collect())
}

#[test]
fn a_part_that_is_not_there_any_more_is_shown() {
    let (ok, error) = (Status::Ok, Status::Error);
    let with = |status| {
        let part = run(status, Some(status));
        answered(&[("Disk", PluginRun { finding: finding(ok), ..part })])
    };
    let without = answered(&[("Disk", run(ok, None))]);
    let disk = ("Disk".to_owned(), Kind::Good, false);
    let vanished = |blocks| ("Disk / part".to_owned(), Kind::Vanished, blocks);
    // Whether it was bad or good: nobody knows whether it ought to be there.
    for status in [ok, error] {
        let (decision, parts) = kinds(1, &[with(status), without.clone()]);
        assert_eq!((decision, parts), (Decision::Proceed, vec![disk.clone(), vanished(false)]));
        let (decision, parts) = kinds(2, &[with(status), without.clone()]);
        assert_eq!((decision, parts), (Decision::NotSettled, vec![disk.clone(), vanished(true)]), "it may come back");
        let (decision, parts) = kinds(2, &[with(status), without.clone(), without.clone()]);
        assert_eq!((decision, parts), (Decision::Proceed, vec![disk.clone(), vanished(false)]));
    }
    let (decision, parts) = kinds(1, &[with(error), without.clone(), with(error)]);
    assert_eq!((decision, parts[1].1), (Decision::NotSettled, Kind::Failure), "it is there again");
    let mut rounds = Rounds::new(settings(1), 1, None);
    for answer in [with(ok), without.clone(), with(ok)] {
        rounds.record(0, answer);
    }
    assert!(rounds.verdict().needs_review() && rounds.verdict().parts().any(|(_, part)| part.has_wavered));
    // A plugin that a reload removes, with its component.
    let others = answered(&[("Web", run(ok, None))]);
    let (decision, parts) = kinds(1, &[with(error), others]);
    let names: Vec<_> = parts.iter().map(|(name, kind, _)| (name.as_str(), *kind)).collect();
    let expected = [("Disk", Kind::Vanished), ("Disk / part", Kind::Vanished), ("Web", Kind::Good)];
    assert_eq!((decision, names), (Decision::Proceed, expected.into()));
    // What a baseline knows is gone, and is told once.
    let before = [(Part::of_component("Disk", "part"), Before { status: ok, seconds: None })];
    let mut rounds = Rounds::new(settings(1), 1, Some(vec![Some(before.into())]));
    rounds.record(0, with(ok));
    rounds.record(0, without);
    let verdict = rounds.verdict();
    assert_eq!((verdict.decision, verdict.count(Kind::Gone), verdict.count(Kind::Vanished)), (Decision::Worse, 1, 0));
}

#[test]
fn a_plugin_with_another_configuration_has_to_settle_again() {
    let disk = |status| ("Disk", run(status, Some(Status::Ok)));
    let answer = |is_other: bool, runs: &[(&str, PluginRun)]| {
        let mut answer = answered(runs);
        if let (Answer::Answered { reconfigured, .. }, true) = (&mut answer, is_other) {
            reconfigured.insert("Disk".to_owned());
        }
        answer
    };
    let (good, bad) = ([disk(Status::Ok)], [disk(Status::Error)]);
    for (answers, settle, decision) in [
        (vec![answer(false, &good), answer(true, &good)], 1, Decision::Proceed),
        (vec![answer(false, &good), answer(true, &good)], 2, Decision::NotSettled),
        (vec![answer(false, &good), answer(true, &bad)], 1, Decision::NotSettled),
    ] {
        let mut rounds = Rounds::new(settings(settle), 1, None);
        for answer in answers {
            rounds.record(0, answer);
        }
        let verdict = rounds.verdict();
        assert_eq!(verdict.decision, decision, "{settle}");
        let told: Vec<_> = verdict.hosts[0].parts.iter().map(|part| part.is_reconfigured).collect();
        assert_eq!(told, [true, false], "the plugin tells it, not each of its components");
    }
}

#[test]
fn another_start_of_the_daemon_shows_everything_again() {
    let by = |instance| answered_by(instance, &[("Disk", run(Status::Ok, None))]);
    for (answers, settle, decision, restarts) in [
        (vec![by(Some("a")), by(Some("a"))], 2, Decision::Proceed, 0),
        (vec![by(None), by(None)], 2, Decision::Proceed, 0),
        (vec![by(Some("a")), by(Some("b"))], 2, Decision::NotSettled, 1),
        (vec![by(Some("a")), by(Some("b"))], 1, Decision::Proceed, 1),
        (vec![by(Some("a")), by(Some("b")), by(Some("b"))], 2, Decision::Proceed, 1),
        (vec![by(None), by(Some("a"))], 2, Decision::NotSettled, 1),
        (vec![by(Some("a")), silent(), by(Some("b"))], 1, Decision::Proceed, 1),
        // Two daemons behind one address.
        (["a", "b", "a", "b"].map(|it| by(Some(it))).into(), 2, Decision::NotSettled, 3),
        // Nothing has run since.
        (
            vec![by(Some("a")), answered_by(Some("b"), &[("Disk", run(Status::Error, None))])],
            1,
            Decision::NotSettled,
            1,
        ),
    ] {
        let mut rounds = Rounds::new(settings(settle), 1, None);
        for answer in &answers {
            rounds.record(0, answer.clone());
        }
        let verdict = rounds.verdict();
        assert_eq!((verdict.decision, verdict.hosts[0].restarts), (decision, restarts), "{answers:?}");
    }
}

#[test]
fn what_the_call_does_not_select_and_the_baseline_cannot_tell_is_counted() {
    let before = |name: &str| (Part::of_plugin(name), Before { status: Status::Ok, seconds: None });
    let before = [before("Disk"), before("Web"), (Part::of_component("Web", "a"), before("Web").1)];
    let mut rounds = Rounds::new(settings(1), 1, Some(vec![Some(before.into())]));
    let mut answer = answered(&[("Disk", run(Status::Ok, None))]);
    if let Answer::Answered { has, .. } = &mut answer {
        has.insert("Web".to_owned());
    }
    rounds.record(0, answer);
    let verdict = rounds.verdict();
    assert_eq!((verdict.decision, verdict.hosts[0].left_out), (Decision::Proceed, 2));
}
