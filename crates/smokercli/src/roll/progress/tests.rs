use smoker_model::verdict::budget::Share;

use super::*;
use crate::roll::event::{BadHost, PlannedHost, VERSION};

fn plan(hosts: usize, ends: &[usize]) -> Plan {
    let host = |number| PlannedHost { name: format!("h{number}"), address: format!("http://h{number}:8086/") };
    Plan {
        version: VERSION,
        by: "a@b".into(),
        folder: None,
        arguments: Vec::new(),
        hosts: (0..hosts).map(host).collect(),
        ends: ends.to_vec(),
    }
}

fn names(hosts: &[usize]) -> Vec<String> {
    hosts.iter().map(|host| format!("h{host}")).collect()
}

fn begun(hosts: &[usize]) -> Event {
    Event::RunBegun { hosts: names(hosts), command: String::new() }
}

fn ended(hosts: &[usize], failure: Option<&str>) -> Event {
    Event::RunEnded {
        hosts: names(hosts),
        milliseconds: 1000,
        failure: failure.map(str::to_owned),
        output: String::new(),
    }
}

fn gated(hosts: &[usize], bad: &[usize]) -> Event {
    let bad = bad.iter().map(|host| BadHost { host: format!("h{host}"), reason: "disk".into() }).collect();
    Event::GateEnded { batch: 1, hosts: names(hosts), milliseconds: 1000, bad, summary: String::new() }
}

const NONE: Budget = Budget { allow_bad: None, min_ok: None };
const ONE: Budget = Budget { allow_bad: Some(Share::Count(1)), min_ok: None };

#[test]
fn batches_follow_each_other_each_with_its_gate() {
    let mut progress = Progress::new(plan(4, &[1, 3]));
    let mut next = |event: Option<Event>| {
        if let Some(event) = &event {
            progress.apply(event);
        }
        progress.next(NONE)
    };
    assert_eq!(next(None), Next::Run { batch: 1, hosts: vec![0] });
    assert_eq!(next(Some(begun(&[0]))), Next::Run { batch: 1, hosts: vec![0] });
    assert_eq!(next(Some(ended(&[0], None))), Next::Gate { batch: 1, hosts: vec![0] });
    assert_eq!(next(Some(gated(&[0], &[]))), Next::Run { batch: 2, hosts: vec![1, 2] });
    assert_eq!(next(Some(ended(&[2], None))), Next::Run { batch: 2, hosts: vec![1] });
    assert_eq!(next(Some(ended(&[1], None))), Next::Gate { batch: 2, hosts: vec![0, 1, 2] });
    // The last host is in no batch.
    assert_eq!(next(Some(gated(&[0, 1, 2], &[]))), Next::Finish);
}

#[test]
fn one_budget_holds_for_all_batches() {
    let mut progress = Progress::new(plan(4, &[2, 4]));
    progress.apply(&ended(&[0], Some("exit status 1")));
    assert_eq!((progress.next(NONE), progress.next(ONE)), (Next::Stop, Next::Run { batch: 1, hosts: vec![1] }));
    progress.apply(&ended(&[1], None));
    progress.apply(&gated(&[1], &[]));
    progress.apply(&ended(&[2, 3], None));
    progress.apply(&gated(&[2, 3], &[3]));
    assert_eq!(progress.next(ONE), Next::Stop);
    assert_eq!(progress.bad(), [("h0", "run: exit status 1".to_owned()), ("h3", "gate: disk".to_owned())]);
    assert_eq!(progress.touched(), ["h0", "h1", "h2", "h3"]);
}

#[test]
fn a_resumed_roll_gives_bad_hosts_another_chance_and_leaves_good_ones_alone() {
    let mut progress = Progress::new(plan(5, &[4, 5]));
    progress.apply(&ended(&[0], Some("exit status 1")));
    progress.apply(&ended(&[1, 3], None));
    progress.apply(&begun(&[2]));
    progress.apply(&gated(&[1, 3], &[3]));
    assert_eq!(progress.next(ONE), Next::Stop);
    progress.apply(&Event::Resumed { arguments: Vec::new() });
    assert_eq!(progress.next(ONE), Next::Run { batch: 1, hosts: vec![0, 2] });
    progress.apply(&ended(&[0, 2], None));
    assert_eq!(progress.next(ONE), Next::Gate { batch: 1, hosts: vec![0, 1, 2, 3] });
}

/// A host that becomes bad behind its own batch is seen before the next one begins, and at the end.
#[test]
fn good_hosts_are_looked_at_again() {
    let mut progress = Progress::new(plan(4, &[1, 2, 4]));
    for event in [begun(&[0]), ended(&[0], None), gated(&[0], &[]), begun(&[1]), ended(&[1], Some("exit status 1"))] {
        progress.apply(&event);
    }
    // The batch has no gate of its own, since its command has failed.
    assert_eq!(progress.next(ONE), Next::Gate { batch: 2, hosts: vec![0] });
    let mut bad = progress.clone();
    bad.apply(&gated(&[0], &[0]));
    assert_eq!((bad.next(ONE), bad.bad().len()), (Next::Stop, 2));
    progress.apply(&gated(&[0], &[]));
    assert_eq!(progress.next(ONE), Next::Run { batch: 3, hosts: vec![2, 3] });
    progress.apply(&ended(&[2, 3], None));
    assert_eq!(progress.next(ONE), Next::Gate { batch: 3, hosts: vec![0, 2, 3] });
    progress.apply(&gated(&[0, 2, 3], &[]));
    assert_eq!(progress.next(ONE), Next::Finish);
    // Nobody knows what has happened to them until a roll goes on.
    progress.apply(&Event::Resumed { arguments: Vec::new() });
    assert_eq!(progress.next(NONE), Next::Gate { batch: 1, hosts: vec![0, 2, 3] });
}

/// A rollback that `--on-bad` has made is not what a roll that goes on calls done.
#[test]
fn what_on_bad_has_undone_runs_again() {
    // One that a crash has cut short counts as well. The record of an older version has ends only, and names in words of the command.
    let on_bad = |command: &str, hosts: &[&str]| {
        let ended =
            Event::OnBadEnded { command: command.to_owned(), milliseconds: 1, failure: None, output: String::new() };
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        let begun = Event::OnBadBegun { hosts, command: "ssh root@h0.example.org".to_owned() };
        [vec![begun.clone()], vec![begun, ended.clone()], vec![ended]]
    };
    let resumed = Event::Resumed { arguments: Vec::new() };
    for (command, undone, is_unnamed, next) in [
        ("./rollback h0,h1", vec!["h0", "h1"], false, Next::Run { batch: 1, hosts: vec![0, 1] }),
        ("ssh root@h1 'rollback'", vec!["h1"], false, Next::Run { batch: 1, hosts: vec![1] }),
        ("scp old h0:/srv", vec!["h0"], false, Next::Run { batch: 1, hosts: vec![0] }),
        // None of these is one of the hosts whose command has begun.
        ("./rollback h2 h10 h1x", vec![], true, Next::Gate { batch: 1, hosts: vec![0, 1] }),
        ("mail -s stopped ops", vec![], true, Next::Gate { batch: 1, hosts: vec![0, 1] }),
    ] {
        for events in on_bad(command, &undone) {
            let mut progress = Progress::new(plan(3, &[2, 3]));
            for event in [begun(&[0, 1]), ended(&[0, 1], None), gated(&[0, 1], &[1])] {
                progress.apply(&event);
            }
            assert!(progress.undone().is_empty() && !progress.has_unnamed_undoing());
            for event in &events {
                progress.apply(event);
            }
            assert_eq!((&progress.undone(), progress.has_unnamed_undoing()), (&undone, is_unnamed), "{command}");
            progress.apply(&resumed);
            assert_eq!(progress.next(NONE), next, "{command}");
            assert!(progress.undone().is_empty() && !progress.has_unnamed_undoing());
        }
    }
}
