//! What the table promises: what is kept, for how long, and when a request is refused.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use smoker_model::plugin::PluginName;

use crate::results::plugin::config_fields::ConfigFields;
use crate::results::processes::limits::{
    AWAITED_RUNS, AWAITED_RUNS_OF_CLIENT, KEPT_PROCESSES, ProcessesFull, REPEATED_ENTRIES, UNREAD_MEMORY_OF_CLIENT,
    UNREAD_TIME,
};
use crate::results::processes::process::{ForcedOutcome, ProcessId};
use crate::results::processes::table::{Lookup, ProcessTable};
use crate::results::requester::ClientAddress;

fn outcome() -> ForcedOutcome {
    ForcedOutcome { forced: "{}".into(), last: None }
}

fn client(last: u8) -> ClientAddress {
    IpAddr::from([127, 0, 0, last]).into()
}

fn added(table: &mut ProcessTable, plugins: &[&PluginName]) -> ProcessId {
    let plugins: Vec<_> = plugins.iter().map(|name| (*name).clone()).collect();
    table.add(&plugins, client(1)).expect("a process")
}

fn names(count: usize) -> Vec<PluginName> {
    (0..count).map(|number| PluginName::from(number.to_string().as_str())).collect()
}

#[test]
fn too_many_awaited_runs_are_refused_until_some_are_done() {
    let mut table = ProcessTable::default();
    let now = Instant::now();
    let many = names(AWAITED_RUNS + 1);
    let id = table.add(&many, client(1)).expect("the first is taken");
    assert_eq!(table.add(&many[..1], client(2)), Err(ProcessesFull::Awaited));
    for (sequence, name) in many.iter().enumerate() {
        table.complete(&[id], name, &outcome(), (sequence as u64, now));
    }
    assert_eq!(table.add(&many[..1], client(2)), Ok(id + 1));
}

#[test]
fn the_last_result_of_a_process_is_known_before_it_is_stored() {
    let mut table = ProcessTable::default();
    let [a, b] = ["a", "b"].map(PluginName::from);
    let (both, one) = (added(&mut table, &[&a, &b, &a]), added(&mut table, &[&b]));
    assert!(!table.note_recorded(&[both]), "that of the other is awaited");
    assert!(table.note_recorded(&[both, one]));
    assert!(matches!(table.look_up(one), Lookup::Running));
    let third = added(&mut table, &[&a, &b]);
    assert!(!table.note_recorded(&[third, 99]), "and of an unknown one there is none");
}

#[test]
fn a_client_that_awaits_too_many_runs_keeps_no_other_client_from_its_own() {
    let mut table = ProcessTable::default();
    let some = names(AWAITED_RUNS_OF_CLIENT / 5);
    for _ in 0..5 {
        table.add(&some, client(1)).expect("within the limit");
    }
    assert_eq!(table.add(&some[..1], client(1)), Err(ProcessesFull::AwaitedByClient));
    table.add(&some, client(2)).expect("the other client is not refused");
}

#[test]
fn a_plugin_that_is_named_again_is_one_run_and_is_shown_again_within_a_bound() {
    let mut table = ProcessTable::default();
    let a = PluginName::from("a");
    let named: Vec<_> = std::iter::repeat_n(a.clone(), 10_000).chain(["b".into(), a.clone()]).collect();
    for _ in 0..2 * AWAITED_RUNS_OF_CLIENT / named.len() {
        table.add(&named, client(1)).expect("each has two runs");
    }
    let shown = table.list(0, 1).remove(0).plugins;
    assert_eq!(shown.len(), REPEATED_ENTRIES + 2);
    assert_eq!((&shown[..2], shown.last()), (&[a.clone(), a][..], Some(&"b".into())));
}

#[test]
fn a_process_is_finished_when_each_of_its_plugins_is() {
    let mut table = ProcessTable::default();
    let (a, b) = (PluginName::from("a"), PluginName::from("b"));
    let id = added(&mut table, &[&a, &b, &a]);
    let now = Instant::now();
    let mut growth = table.complete(&[id], &a, &outcome(), (1, now));
    assert!(matches!(table.look_up(id), Lookup::Running));
    growth += table.complete(&[id], &b, &outcome(), (2, now));
    let Lookup::Finished(runs, _) = table.look_up(id) else { panic!("not finished") };
    let shown: Vec<_> = runs.iter().map(|run| (run.plugin.as_str(), run.is_repeated)).collect();
    assert_eq!(shown, [("a", false), ("b", false), ("a", true)]);
    assert_eq!(table.drop_oldest_finished(), None, "nobody has read it");
    table.set_read(id);
    assert_eq!(table.drop_oldest_finished(), Some(growth));
}

#[test]
fn processes_that_joined_one_run_share_the_memory_of_its_result() {
    let mut table = ProcessTable::default();
    let a = PluginName::from("a");
    let ids: Vec<_> = (0..100).map(|_| added(&mut table, &[&a])).collect();
    let large =
        ForcedOutcome { forced: "x".repeat(1 << 20).as_str().into(), last: Some("y".repeat(1 << 20).as_str().into()) };
    let growth = table.complete(&ids, &a, &large, (1, Instant::now()));
    assert!((2 << 20..3 << 20).contains(&growth), "{growth}");
    let mut freed = 0;
    for id in ids {
        table.set_read(id);
        freed += table.drop_oldest_finished().expect("it is read");
    }
    assert_eq!(freed, growth);
}

#[test]
fn a_removed_plugin_lives_and_goes_with_its_processes() {
    let mut table = ProcessTable::default();
    let (a, b) = (PluginName::from("a"), PluginName::from("b"));
    let id = added(&mut table, &[&a, &a]);
    added(&mut table, &[&b]);
    let before = table.complete(&[id], &a, &outcome(), (1, Instant::now()));
    let config =
        Arc::new(ConfigFields { identity: "x".to_owned(), parameters: "y".to_owned(), ..ConfigFields::default() });
    let removed = HashMap::from([(a.clone(), Arc::clone(&config))]);
    let growth = table.keep_removed(&removed) + table.keep_removed(&removed);
    assert_eq!(growth, config.size());
    assert!(matches!(table.look_up(id), Lookup::Finished(_, removed) if removed.contains_key(&a)));
    table.set_read(id);
    assert_eq!(table.drop_oldest_finished(), Some(before + growth));
}

#[test]
fn the_oldest_finished_process_makes_room_and_is_remembered_as_dropped() {
    let mut table = ProcessTable::default();
    let name = PluginName::from("a");
    let running = added(&mut table, &[&name]);
    for sequence in 0..=KEPT_PROCESSES as u64 {
        let id = added(&mut table, &[&name]);
        table.complete(&[id], &name, &outcome(), (sequence, Instant::now()));
        table.set_read(id);
    }
    let last = added(&mut table, &[&name]);
    table.complete(&[last], &name, &outcome(), (5000, Instant::now()));
    assert!(matches!(table.look_up(running), Lookup::Running));
    assert!(matches!(table.look_up(running + 1), Lookup::Dropped));
    assert!(matches!(table.look_up(last), Lookup::Finished(..)));
    assert!(matches!(table.look_up(0), Lookup::Unknown));
    assert!(matches!(table.look_up(99_999), Lookup::Unknown));
}

#[test]
fn the_process_that_ended_first_is_dropped_first_whenever_it_began() {
    let mut table = ProcessTable::default();
    let name = PluginName::from("a");
    let long = added(&mut table, &[&name]);
    let short = added(&mut table, &[&name]);
    for (sequence, id) in [(1, short), (2, long)] {
        table.complete(&[id], &name, &outcome(), (sequence, Instant::now()));
        table.set_read(id);
    }
    assert_eq!(table.oldest_finished(), Some(1));
    table.drop_oldest_finished();
    assert!(matches!(table.look_up(short), Lookup::Dropped));
    assert!(matches!(table.look_up(long), Lookup::Finished(..)));
}

#[test]
fn an_unread_process_is_kept_for_a_minute_whatever_ends_after_it() {
    let mut table = ProcessTable::default();
    let name = PluginName::from("a");
    let start = Instant::now();
    let ids: Vec<_> = (0..2 * KEPT_PROCESSES).map(|_| added(&mut table, &[&name])).collect();
    for (sequence, id) in ids.iter().enumerate() {
        table.complete(&[*id], &name, &outcome(), (sequence as u64, start));
    }
    assert!(matches!(table.look_up(ids[0]), Lookup::Finished(..)));
    let last = added(&mut table, &[&name]);
    table.complete(&[last], &name, &outcome(), (9999, start + UNREAD_TIME));
    assert!(matches!(table.look_up(ids[0]), Lookup::Dropped));
    assert_eq!(table.list(0, usize::MAX).len(), KEPT_PROCESSES + 1);
}

#[test]
fn unread_processes_beyond_their_memory_refuse_requests_and_are_not_dropped() {
    let mut table = ProcessTable::default();
    let name = PluginName::from("a");
    let now = Instant::now();
    let large = ForcedOutcome { forced: "x".repeat(UNREAD_MEMORY_OF_CLIENT).as_str().into(), last: None };
    let mut sequence = 0;
    let mut finish = |table: &mut ProcessTable, of: ClientAddress| -> Result<ProcessId, ProcessesFull> {
        let id = table.add(std::slice::from_ref(&name), of)?;
        sequence += 1;
        table.complete(&[id], &name, &large, (sequence, now));
        Ok(id)
    };
    let first = finish(&mut table, client(1)).expect("nothing is unread");
    assert_eq!(finish(&mut table, client(1)), Err(ProcessesFull::UnreadByClient));
    for other in 2..=4 {
        finish(&mut table, client(other)).expect("another client has its own share");
    }
    assert_eq!(finish(&mut table, client(5)), Err(ProcessesFull::Unread));
    assert!(matches!(table.look_up(first), Lookup::Finished(..)));
    table.set_read(first);
    finish(&mut table, client(5)).expect("a client has read one");
    table.release_unread(now + UNREAD_TIME);
    table.add(std::slice::from_ref(&name), client(2)).expect("a minute later");
}
