//! What a call selects, or names, that no host has; and what is wrong at the moment.

use std::collections::{BTreeMap, BTreeSet};

use smoker_model::status::Status;
use smoker_model::verdict::answer::{Answer, Finding, PluginRun};
use smoker_model::verdict::baseline::Before;
use smoker_model::verdict::budget::Budget;
use smoker_model::verdict::part::Part;
use smoker_model::verdict::rounds::{GateStanding, Rounds, Settings};
use smoker_model::verdict::trouble::Trouble;

const SETTINGS: Settings =
    Settings { settle: 1, budget: Budget { allow_bad: None, min_ok: None }, strict: false, warn_is_bad: false };

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A host that has these plugins, of which those are selected that have run; the call names others.
fn answered(has: &[&str], runs: &[(&str, Status)], missing: &[&str]) -> Answer {
    let run = |(name, status): &(&str, Status)| {
        let finding = Finding { status: *status, seconds: None, message: None, is_skipped: false };
        ((*name).to_owned(), PluginRun { finding, components: BTreeMap::new() })
    };
    let selected: BTreeSet<_> = runs.iter().map(|(name, _)| (*name).to_owned()).collect();
    Answer::Answered {
        instance: None,
        has: names(has).union(&selected).cloned().collect(),
        selected,
        deselected: BTreeSet::new(),
        missing: names(missing),
        runs: runs.iter().map(run).collect(),
        fallen: BTreeSet::new(),
        reconfigured: BTreeSet::new(),
        not_loaded: None,
    }
}

fn silent() -> Answer {
    Answer::Silent { reason: "refused".to_owned(), is_restarting: true }
}

#[test]
fn what_no_host_has_or_had_is_told_apart_from_what_may_come_back() {
    let good = [("Web", Status::Ok)];
    let before = |name: &str| {
        let before = Before { status: Status::Ok, seconds: None };
        Some(vec![Some(BTreeMap::from([(Part::of_plugin(name), before)])), None])
    };
    let (open, unselected) = (GateStanding::Open, GateStanding::Unselected);
    let typo = || answered(&["Web"], &[], &["Wbe"]);
    let beside = || answered(&[], &good, &["Wbe"]);
    for (name, baseline, answers, expected) in [
        ("a name that none has", None, [typo(), typo()], unselected),
        ("the same beside one that they have", None, [beside(), beside()], unselected),
        ("a filter that selects nothing", None, [answered(&["Web"], &[], &[]), answered(&["X"], &[], &[])], unselected),
        ("one host has it", None, [typo(), answered(&[], &good, &[])], open),
        ("a host is silent", None, [typo(), silent()], open),
        ("a host has no plugin yet", None, [typo(), answered(&[], &[], &["Wbe"])], open),
        ("it was there before", before("wbe"), [typo(), typo()], open),
        ("another one was", before("Web"), [typo(), typo()], unselected),
        ("two names, each on one", None, [answered(&[], &good, &["a"]), answered(&[], &good, &["b"])], open),
    ] {
        let mut rounds = Rounds::new(SETTINGS, 2, baseline);
        for (host, answer) in answers.into_iter().enumerate() {
            assert_eq!(rounds.standing(), open, "{name}");
            rounds.record(host, answer);
        }
        assert_eq!(rounds.standing(), expected, "{name}");
        // It comes with a reload.
        for host in [0, 1] {
            rounds.record(host, answered(&[], &[("Web", Status::Ok), ("Wbe", Status::Ok)], &[]));
        }
        assert_ne!(rounds.standing(), unselected, "{name}");
    }
}

#[test]
fn bad_hosts_come_first_and_hosts_that_are_not_asked_yet_are_no_trouble() {
    let mut rounds = Rounds::new(SETTINGS, 6, None);
    assert_eq!(rounds.troubles(9), []);
    rounds.record(0, silent());
    rounds.record(1, answered(&[], &[("Disk", Status::Error), ("Load", Status::Unknown), ("Web", Status::Ok)], &[]));
    rounds.record(2, answered(&["Web"], &[], &["Wbe"]));
    rounds.record(3, answered(&[], &[], &[]));
    rounds.record(4, answered(&[], &[("Web", Status::Ok)], &[]));
    let bad = |name, status| (1, Trouble::Bad(Part::of_plugin(name), Some(status)));
    let all = [
        bad("Disk", Status::Error),
        bad("Load", Status::Unknown),
        (2, Trouble::Missing("Wbe".to_owned())),
        (3, Trouble::Empty),
        (0, Trouble::Silent { is_restarting: true }),
    ];
    assert_eq!(rounds.troubles(9), all);
    assert_eq!(rounds.troubles(2), all[..2]);
    for host in 0..4 {
        rounds.record(host, answered(&[], &[("Web", Status::Ok)], &[]));
    }
    assert_eq!(rounds.troubles(9), []);
}
