use super::*;
use smoker_model::run_record::{RunState, RunTrigger, SkipReason};

use crate::results::events::Received;
use crate::results::queries::run_query::RunQuery;
use crate::results::samples;
use crate::results::state::EVICTED_AT_ONCE;

fn plugins(names: &[PluginName], history: usize) -> Vec<NewPlugin> {
    names.iter().map(|name| samples::plugin(name, history)).collect()
}

fn state(history: usize, memory: usize) -> (SharedState, [PluginName; 2]) {
    let names = [PluginName::from("a"), PluginName::from("b")];
    let state = SharedState::new();
    state.replace_plugins(plugins(&names, history), memory);
    (state, names)
}

fn add_process(state: &SharedState, plugins: &[PluginName]) -> ProcessId {
    state.add_process(plugins, std::net::IpAddr::from([127, 0, 0, 1]).into(), None).expect("a process")
}

fn last_result(plugin: &PluginSnapshot) -> Option<String> {
    plugin.last_result.as_ref().map(PackedText::unpack)
}

fn texts(state: &SharedState, name: &PluginName) -> Vec<String> {
    let (_, results) = state.plugin(name).expect("a known plugin");
    results.iter().map(PackedText::unpack).collect()
}

#[test]
fn the_oldest_results_of_all_plugins_make_room_but_never_the_newest_of_one() {
    let (state, [a, b]) = state(10, 3 * 60);
    state.record(samples::finished(&a, "a1"), &[]);
    state.record(samples::finished(&b, "b1"), &[]);
    for text in ["a2", "a3", "a4", "a5"] {
        state.record(samples::finished(&a, text), &[]);
    }
    assert_eq!(texts(&state, &a), ["a4", "a5"]);
    assert_eq!(texts(&state, &b), ["b1"]);
}

#[test]
fn a_process_page_tells_of_its_own_run_after_newer_ones() {
    let (state, [a, _]) = state(10, 1 << 20);
    let id = add_process(&state, std::slice::from_ref(&a));
    state.record(samples::finished(&a, "forced"), &[id]);
    state.record(samples::finished(&a, "newer"), &[]);
    let ProcessSnapshot::Finished(runs) = state.process(id) else { panic!("not finished") };
    assert_eq!(last_result(&runs[0].0).as_deref(), Some("forced"));
}

#[test]
fn without_history_only_the_process_has_the_result() {
    let (state, [a, _]) = state(0, 1 << 20);
    let id = add_process(&state, std::slice::from_ref(&a));
    state.record(samples::finished(&a, "forced"), &[id]);
    let ProcessSnapshot::Finished(runs) = state.process(id) else { panic!("not finished") };
    assert_eq!((last_result(&runs[0].0).as_deref(), runs[0].1.forced.unpack().as_str()), (None, "forced"));
    assert!(texts(&state, &a).is_empty());
}

#[test]
fn repeated_entries_of_large_results_are_left_out() {
    let (state, [a, b]) = state(10, 1 << 30);
    let id = add_process(&state, &[a.clone(), a.clone(), a.clone(), a.clone(), b.clone()]);
    state.record(samples::finished(&a, &"x".repeat(REPEATED_BYTES / 5)), &[id]);
    state.record(samples::finished(&b, "b"), &[id]);
    let ProcessSnapshot::Finished(runs) = state.process(id) else { panic!("not finished") };
    let shown: Vec<_> = runs.iter().map(|(plugin, _)| &*plugin.config.identity).collect();
    assert_eq!(shown, ["a", "a", "a", "b"], "two of three repeated entries fit, each with its result twice");
}

#[test]
fn every_change_gives_a_new_revision() {
    let (state, [a, _]) = state(1, 1 << 20);
    let first = state.revision();
    state.record(samples::finished(&a, "x"), &[]);
    let second = state.revision();
    state.set_next_run(&a, 0, None);
    let third = state.revision();
    assert!(first < second && second < third);
    state.set_next_run(&a, 1, None);
    assert_eq!(state.revision(), third, "a next run of another generation is ignored");
    state.replace_plugins(plugins(&[a], 1), 1 << 20);
    assert!(third < state.revision());
}

#[test]
fn a_process_has_its_result_also_from_a_plugin_that_was_removed() {
    let (state, [a, b]) = state(10, 1 << 20);
    let add = |plugins: &[PluginName]| add_process(&state, plugins);
    let processes = [add(std::slice::from_ref(&a)), add(&[a.clone(), b.clone()])];
    state.record(samples::finished(&a, "before"), &processes[..1]);
    state.replace_plugins(plugins(std::slice::from_ref(&b), 10), 1 << 20);
    state.record(samples::finished(&a, "after"), &processes[1..]);
    state.record(samples::finished(&b, "b"), &processes[1..]);
    assert!(state.plugin(&a).is_none());
    for (id, expected) in processes.into_iter().zip(["before", "after"]) {
        let ProcessSnapshot::Finished(runs) = state.process(id) else { panic!("not finished") };
        let (plugin, outcome) = &runs[0];
        assert_eq!((&*plugin.config.identity, outcome.forced.unpack().as_str()), ("a", expected));
        assert_eq!((last_result(plugin).as_deref(), &*plugin.next_run), (Some(expected), "null"));
    }
}

#[test]
fn a_lower_bound_counts_at_once_however_much_is_to_be_dropped() {
    let (state, [a, b]) = state(10 * EVICTED_AT_ONCE, 1 << 30);
    for _ in 0..3 * EVICTED_AT_ONCE {
        state.record(samples::finished(&a, "a"), &[]);
    }
    state.replace_plugins(plugins(&[a.clone(), b], 10 * EVICTED_AT_ONCE), 100);
    assert_eq!(texts(&state, &a), ["a", "a"]);
}

#[tokio::test]
async fn runs_of_the_past_are_asked_for_in_pages_newest_first() {
    let (state, [a, b]) = state(2000, 1 << 30);
    for number in 0..1500 {
        state.record(samples::finished(if number % 2 == 0 { &a } else { &b }, &number.to_string()), &[]);
    }
    let mut query = RunQuery { limit: 400, ..RunQuery::default() };
    let mut texts = Vec::new();
    loop {
        let page = state.runs(query.clone()).await.expect("no journal");
        texts.extend(page.runs.into_iter().map(|run| run.text.parse::<u32>().expect("a number")));
        let Some(next) = page.next else { break };
        query.before = Some(next);
    }
    assert_eq!(texts, (0..1500).rev().collect::<Vec<_>>());
    let of_b = RunQuery { plugin: Some(b), limit: 3, ..RunQuery::default() };
    let page = state.runs(of_b.clone()).await.expect("no journal");
    assert_eq!(page.runs.iter().map(|run| run.sequence).collect::<Vec<_>>(), [1500, 1498, 1496]);
    let newest = &page.runs[0];
    let status = smoker_model::status::Status::Error;
    assert_eq!((newest.plugin.as_str(), newest.facts.status, state.newest_sequence()), ("b", status, 1500));
    let none = RunQuery { statuses: Some(vec![smoker_model::status::Status::Ok]), ..of_b };
    assert!(state.runs(none).await.expect("no journal").runs.is_empty());
    let after = state.runs_after((1495, 0), (3, usize::MAX)).await.expect("no journal").runs;
    assert_eq!(after.iter().map(|run| run.sequence).collect::<Vec<_>>(), [1496, 1497, 1498]);
    let after = state.runs_after((7, 0), (700, usize::MAX)).await.expect("no journal").runs;
    assert_eq!(after.iter().map(|run| run.sequence).collect::<Vec<_>>(), (8..708).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_skipped_run_is_numbered_counted_and_broadcast_and_no_page_shows_it() {
    let (state, [a, _]) = state(10, 1 << 20);
    let mut events = state.subscribe();
    let skipped = || RunRecord {
        sequence: 0,
        plugin: a.clone(),
        trigger: RunTrigger::Schedule,
        planned: Moment::now(),
        state: RunState::Skipped { reason: SkipReason::Overlap, count: 2 },
    };
    state.record(samples::finished(&a, "x"), &[]);
    let revision = state.revision();
    assert_eq!(state.store(skipped(), &[]), Some(RunCounters { failed: 1, overlapped: 2, ..RunCounters::default() }));
    assert_eq!((state.revision(), texts(&state, &a)), (revision, vec!["x".to_owned()]));
    for sequence in 1..=2 {
        let Received::Event(Event::Record { record, .. }) = events.next().await else { panic!("lost a record") };
        assert_eq!((record.sequence, &record.plugin), (sequence, &a));
    }
    assert_eq!(state.store(samples::finished(&"removed".into(), "x"), &[]), None);
}
