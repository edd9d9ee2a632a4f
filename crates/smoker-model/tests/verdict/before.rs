//! What a baseline says: what is gone may come back, WARN is judged by one rule, and a host is looked at.

use std::collections::{BTreeMap, BTreeSet};

use smoker_model::status::Status;
use smoker_model::verdict::answer::{Answer, Finding, PluginRun};
use smoker_model::verdict::baseline::Before;
use smoker_model::verdict::budget::{Budget, Share};
use smoker_model::verdict::outcome::{Decision, Kind, Unseen};
use smoker_model::verdict::part::Part;
use smoker_model::verdict::past::Past;
use smoker_model::verdict::rounds::{GateStanding, Rounds, Settings};

const SETTINGS: Settings =
    Settings { settle: 1, budget: Budget { allow_bad: None, min_ok: None }, strict: false, warn_is_bad: false };

type HostBefore = Option<BTreeMap<Part, Before>>;

fn finding(status: Status) -> Finding {
    Finding { status, seconds: None, message: None, is_skipped: false }
}

/// A plugin in this state with these components.
fn run(status: Status, components: &[(&str, Status)]) -> PluginRun {
    let components = components.iter().map(|(name, status)| ((*name).to_owned(), finding(*status))).collect();
    PluginRun { finding: finding(status), components }
}

/// The answer of a host of whose plugins those are selected that have run.
fn answered(has: &[&str], runs: &[(&str, PluginRun)]) -> Answer {
    let selected: BTreeSet<String> = runs.iter().map(|(name, _)| (*name).to_owned()).collect();
    Answer::Answered {
        instance: None,
        has: has.iter().map(|name| (*name).to_owned()).chain(selected.clone()).collect(),
        selected,
        deselected: BTreeSet::new(),
        missing: BTreeSet::new(),
        runs: runs.iter().map(|(name, run)| ((*name).to_owned(), run.clone())).collect(),
        fallen: BTreeSet::new(),
        reconfigured: BTreeSet::new(),
        not_loaded: None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a host that the baseline does not know has none")]
fn before(parts: &[(Part, Status)]) -> HostBefore {
    Some(parts.iter().map(|(part, status)| (part.clone(), Before { status: *status, seconds: None })).collect())
}

fn disk(component: &str) -> Part {
    Part::of_component("Disk", component)
}

#[test]
fn a_component_that_is_gone_may_come_back_as_long_as_its_plugin_is_there() {
    let both = before(&[(Part::of_plugin("Disk"), Status::Error), (disk("a"), Status::Ok), (disk("b"), Status::Ok)]);
    let with = |components: &[(&str, Status)]| answered(&[], &[("Disk", run(Status::Error, components))]);
    let (a, b) = (("a", Status::Ok), ("b", Status::Ok));
    let mut rounds = Rounds::new(SETTINGS, 1, Some(vec![both]));
    // A crash without any component, then one of them, for many rounds.
    for answer in [with(&[]), with(&[]), with(&[a]), with(&[a]), with(&[a])] {
        rounds.record(0, answer);
        assert_eq!((rounds.standing(), rounds.verdict().decision), (GateStanding::Open, Decision::Worse));
    }
    rounds.record(0, with(&[a, b]));
    assert_eq!((rounds.standing(), rounds.verdict().decision), (GateStanding::Settled, Decision::Proceed));
    // Its plugin is not configured any more, in as many answers as settle a part and in more than one.
    for settle in 1..5 {
        let one = before(&[(Part::of_plugin("Web"), Status::Ok), (disk("a"), Status::Ok)]);
        let mut rounds = Rounds::new(Settings { settle, ..SETTINGS }, 1, Some(vec![one]));
        let web = answered(&[], &[("Web", run(Status::Ok, &[]))]);
        let needed = settle.max(2);
        for answer in 1..=needed {
            rounds.record(0, web.clone());
            let expected = if answer < needed { GateStanding::Open } else { GateStanding::Lost };
            assert_eq!(rounds.standing(), expected, "{answer} of {needed}");
        }
        // A reload brings it back.
        for _ in 0..settle {
            rounds.record(0, answered(&[], &[("Web", run(Status::Ok, &[])), ("Disk", run(Status::Ok, &[a]))]));
        }
        assert_eq!(rounds.standing(), GateStanding::Settled);
    }
}

#[test]
fn a_budget_counts_what_is_gone_and_does_not_wait_for_it() {
    let budget = Budget { allow_bad: Share::parse("1").ok(), min_ok: None };
    let both = before(&[(Part::of_plugin("Disk"), Status::Ok), (disk("a"), Status::Ok)]);
    let mut rounds = Rounds::new(Settings { budget, ..SETTINGS }, 1, Some(vec![both]));
    rounds.record(0, answered(&[], &[("Disk", run(Status::Ok, &[]))]));
    let verdict = rounds.verdict();
    assert_eq!((rounds.standing(), verdict.decision, verdict.bad_hosts), (GateStanding::Settled, Decision::Proceed, 1));
}

#[test]
fn what_was_bad_before_is_told_by_the_same_rule_as_what_is_bad_now() {
    let (ok, warn, error) = (Status::Ok, Status::Warn, Status::Error);
    for (was, is, warn_is_bad, decision, kind) in [
        (warn, warn, true, Decision::Proceed, Kind::KnownFailure),
        (warn, error, true, Decision::Proceed, Kind::KnownFailure),
        (warn, ok, true, Decision::Proceed, Kind::Fixed),
        (ok, warn, true, Decision::Worse, Kind::NewFailure),
        (error, warn, true, Decision::Proceed, Kind::KnownFailure),
        (warn, warn, false, Decision::Proceed, Kind::Good),
        (warn, error, false, Decision::Worse, Kind::NewFailure),
        (error, warn, false, Decision::Proceed, Kind::Fixed),
    ] {
        let parts = [Part::of_plugin("Disk"), disk("a")];
        let mut rounds =
            Rounds::new(Settings { warn_is_bad, ..SETTINGS }, 1, Some(vec![before(&parts.map(|part| (part, was)))]));
        rounds.record(0, answered(&[], &[("Disk", run(is, &[("a", is)]))]));
        let verdict = rounds.verdict();
        let kinds: Vec<_> = verdict.parts().map(|(_, part)| part.kind).collect();
        assert_eq!((verdict.decision, kinds), (decision, vec![kind; 2]), "{was} {is} {warn_is_bad}");
    }
}

/// A host of which nothing is looked at is no good host, unless nothing of it was looked at before either.
#[test]
fn a_host_on_which_nothing_is_selected_keeps_the_gate_closed() {
    let good = || answered(&[], &[("Disk", run(Status::Ok, &[]))]);
    let nothing = || answered(&["Web"], &[]);
    let disk = before(&[(Part::of_plugin("Disk"), Status::Ok)]);
    let known = before(&[(Part::of_plugin("Disk"), Status::Error)]);
    for (baseline, decision) in [
        (None, Decision::NotSettled),
        (Some(vec![disk.clone(), None]), Decision::NotSettled),
        (Some(vec![disk.clone(), before(&[])]), Decision::Proceed),
        (Some(vec![disk.clone(), known]), Decision::NotSettled),
        (Some(vec![disk.clone(), disk.clone()]), Decision::Worse),
    ] {
        let mut rounds = Rounds::new(SETTINGS, 2, baseline.clone());
        rounds.record(0, good());
        rounds.record(1, nothing());
        let verdict = rounds.verdict();
        let host = &verdict.hosts[1];
        let is_open = decision == Decision::Proceed;
        assert_eq!(
            (verdict.decision, host.is_bad, host.unseen),
            (decision, !is_open, Some(Unseen::Unselected)),
            "{baseline:?}"
        );
        assert_eq!(rounds.standing() == GateStanding::Settled, is_open, "{baseline:?}");
        assert!(verdict.needs_review());
        rounds.record(1, good());
        let is_known = baseline.is_none_or(|all| all[1].as_ref().is_none_or(|host| !host.is_empty()));
        assert!(!is_known || rounds.verdict().decision == Decision::Proceed, "it is selected again");
    }
    // What was there in a round and is not selected any more has vanished; the host is not looked at.
    let mut rounds = Rounds::new(SETTINGS, 2, None);
    for answer in [good(), nothing(), nothing()] {
        rounds.record(0, good());
        rounds.record(1, answer);
    }
    assert_eq!((rounds.standing(), rounds.verdict().hosts[1].is_bad), (GateStanding::Open, true));
    let budget = Budget { allow_bad: Share::parse("1").ok(), min_ok: None };
    let mut rounds = Rounds::new(Settings { budget, ..SETTINGS }, 2, None);
    rounds.record(0, good());
    rounds.record(1, nothing());
    assert_eq!((rounds.standing(), rounds.verdict().bad_hosts), (GateStanding::Settled, 1));
}

/// A part that was good, and has been bad since a round of the gate, has become worse: it is not bad now and then.
#[test]
fn what_falls_and_stays_bad_is_no_flaky_part() {
    let disk = before(&[(Part::of_plugin("Disk"), Status::Ok)]);
    let steady = Past { durations: Vec::new(), was_good: vec![true; 20] };
    let unsteady = Past { durations: Vec::new(), was_good: vec![true, false, true] };
    for (rounds_of, past, kind, is_flaky) in [
        ("+-", None, Kind::NewFailure, false),
        ("+---", None, Kind::NewFailure, false),
        ("+-+-", None, Kind::Failure, true),
        ("+-+", None, Kind::Good, true),
        // The journal knows better than some rounds.
        ("+-+-", Some(&steady), Kind::NewFailure, false),
        // And does not hide what they have shown.
        ("+-+", Some(&steady), Kind::Good, true),
        ("-", Some(&unsteady), Kind::Failure, true),
        ("+", Some(&unsteady), Kind::Good, true),
    ] {
        let mut rounds = Rounds::new(SETTINGS, 1, Some(vec![disk.clone()]));
        if let Some(past) = past {
            rounds.note_past(0, [(Part::of_plugin("Disk"), past.clone())].into());
        }
        for round in rounds_of.chars() {
            let status = if round == '+' { Status::Ok } else { Status::Error };
            rounds.record(0, answered(&[], &[("Disk", run(status, &[]))]));
        }
        let part = &rounds.verdict().hosts[0].parts[0];
        assert_eq!((part.kind, part.flaky.is_some()), (kind, is_flaky), "{rounds_of} {past:?}");
        assert!(part.kind != Kind::NewFailure || part.flaky.is_none());
    }
    let known = before(&[(Part::of_plugin("Disk"), Status::Error), (Part::of_plugin("Web"), Status::Ok)]);
    let mut rounds = Rounds::new(SETTINGS, 1, Some(vec![known]));
    rounds.record(0, answered(&[], &[("Web", run(Status::Ok, &[]))]));
    let gone: Vec<_> = rounds.verdict().parts().map(|(_, part)| (part.kind, part.is_gone)).collect();
    assert_eq!(gone, [(Kind::KnownFailure, true), (Kind::Good, false)]);
}
