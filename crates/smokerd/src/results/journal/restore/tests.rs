use std::time::Duration;

use smoker_journal::record::encode;
use smoker_journal::segments::content::entries_of;

use smoker_model::run_record::{RunRecord, RunState};

use super::*;
use crate::results::journal::records::entry::{
    StartCause, payload_of_process, payload_of_run, tag_of_begin, tag_of_lost, tag_of_process, tag_of_run, tag_of_start,
};
use crate::results::plugin_entry::PluginEntry;
use crate::results::samples;

type Record = (Vec<u8>, Vec<u8>);

fn record(make: impl FnOnce(&mut Vec<u8>)) -> Record {
    let mut tag = Vec::new();
    make(&mut tag);
    (tag, Vec::new())
}

fn start(plugin: &str, run: u64, started: i64) -> Record {
    let (planned, cause) = (started, StartCause::Schedule);
    record(|tag| tag_of_start(tag, StartedEntry { plugin, run, started, planned, cause, generation: 2 }))
}

fn process(id: ProcessId, plugin: &str) -> Record {
    let mut tag = Vec::new();
    tag_of_process(&mut tag, id, None);
    (tag, payload_of_process(&[plugin.into()]))
}

fn restored(records: &[Record], is_certain: bool) -> Restored {
    let mut restoring = Restoring::new(std::iter::empty());
    let mut bytes = Vec::new();
    for (sequence, (tag, payload)) in (1..).zip(records) {
        encode(&mut bytes, sequence, tag, &[payload]).expect("it is small");
    }
    entries_of(bytes).0.iter().rev().for_each(|entry| restoring.read(entry));
    restoring.finish(is_certain)
}

fn runs(restored: &Restored) -> Vec<(&str, i64, i64, u64)> {
    let run = |run: &InterruptedRun| {
        let started = run.started.timestamp_micros();
        (started, run.ended.timestamp_micros() - started, run.generation)
    };
    let runs = restored.interrupted.iter();
    runs.map(|it| (it.plugin.as_str(), run(it).0, run(it).1, run(it).2)).collect()
}

/// What a journal with these records has of a plugin.
fn restored_plugin(parameters: &str, records: &[RunRecord]) -> RestoredPlugin {
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let text =
        format!("templates: {{BasePlugin: {{}}}}\nplugins: {{a: {{Command: x, {parameters}}}, b: {{Command: x}}}}\n");
    std::fs::write(file.path(), text).expect("writable");
    let plugins = smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins;
    let (mut restoring, mut bytes) = (Restoring::new(plugins.iter()), Vec::new());
    for (sequence, run) in (1..).zip(records) {
        let (tag, _) = record(|tag| tag_of_run(tag, run, &[]));
        encode(&mut bytes, sequence, &tag, &payload_of_run(run)).expect("it is small");
    }
    entries_of(bytes).0.iter().rev().for_each(|entry| restoring.read(entry));
    restoring.finish(true).plugins.remove(&PluginName::from("a")).expect("it is configured")
}

#[test]
fn what_was_skipped_is_not_made_at_a_restart() {
    let at = |hour: i64| DateTime::from_timestamp(3600 * hour, 0).expect("a time");
    let run = |trigger: RunTrigger, planned: i64, ended: i64| {
        let mut record = samples::finished(&"a".into(), "{}");
        (record.trigger, record.planned.wall) = (trigger, at(planned));
        let RunState::Finished(run) = &mut record.state else { panic!("{record:?}") };
        (run.started.wall, run.is_interrupted) = (at(planned), true);
        let hours = u64::try_from(ended - planned).expect("it ends later");
        run.ended = run.started.at(run.started.monotonic + Duration::from_secs(3600 * hours)).expect("a time");
        record
    };
    let skipped = |trigger: RunTrigger, planned: i64, reason: SkipReason| {
        let state = RunState::Skipped { reason, count: 1 };
        RunRecord { state, ..run(trigger, planned, planned) }
    };
    // A backup of 30 hours, of each day.
    let overlap = [skipped(RunTrigger::Schedule, 26, SkipReason::Overlap), run(RunTrigger::Schedule, 2, 32)];
    assert_eq!(restored_plugin("At: '02:00'", &overlap).last_planned.found(), Some(at(26)));
    assert_eq!(restored_plugin("At: '02:00'", &overlap[..1]).last_planned.found(), Some(at(26)));

    let after = || RunTrigger::After("b".into());
    let owed = [skipped(after(), 2, SkipReason::Dependency)];
    assert!(restored_plugin("After: b", &owed).held_back.found().is_some());
    let given_up = [owed[0].clone(), skipped(after(), 3, SkipReason::OutsideOfHours)];
    let plugin = restored_plugin("After: b", &given_up);
    assert_eq!((plugin.held_back.found(), plugin.newest_after), (None, Some(2)));
}

#[test]
fn a_plugin_that_is_flapping_is_flapping_behind_a_restart() {
    let runs = (0..9).map(|at| {
        let mut record = samples::finished(&"a".into(), "{}");
        let RunState::Finished(run) = &mut record.state else { panic!("{record:?}") };
        run.result.status = if at % 2 == 0 { Status::Ok } else { Status::Error };
        record
    });
    let runs: Vec<_> = runs.collect();
    for (threshold, is_flapping) in [(30, true), (50, false)] {
        let plugin = restored_plugin(&format!("FlapThreshold: {threshold}"), &runs);
        let entry = PluginEntry::from(plugin);
        assert_eq!(entry.is_flapping, is_flapping, "{threshold}");
    }
}

#[test]
fn a_run_without_a_result_was_interrupted_only_where_no_record_can_be_missing() {
    let begin = record(|tag| tag_of_begin(tag, 0));
    let lost = record(|tag| tag_of_lost(tag, 3));
    let result = record(|tag| tag_of_run(tag, &samples::finished(&"done".into(), ""), &[2]));
    let before = [begin, process(1, "a"), process(2, "done"), start("a", 1, 1000), result.clone()];
    let after = [start("a", 2, 2000), process(4, "a"), start("b", 3, 7000)];
    let ids = |restored: &Restored| restored.processes.iter().map(|process| process.id).collect::<Vec<_>>();

    let all = restored(&[&before[..4], &after].concat(), true);
    assert_eq!(runs(&all), [("b", 7000, 0, 2), ("a", 2000, 5000, 2), ("a", 1000, 6000, 2)], "until the newest time");
    assert_eq!((ids(&all), all.last_process), (vec![4, 2, 1], 4));

    let all = restored(&[&before[..], std::slice::from_ref(&lost), &after].concat(), true);
    assert_eq!(runs(&all).len(), 2, "that of before may have ended");
    assert_eq!(ids(&all), [4, 2], "and its process may have had its result");

    let none = restored(&[&before[..], &after].concat(), false);
    assert_eq!((runs(&none).len(), ids(&none), none.last_process), (0, vec![2], 4));
}
