use super::*;
use crate::results::samples;

#[test]
fn a_result_comes_back() {
    let record = samples::finished(&"a".into(), "{}");
    let mut tag = Vec::new();
    tag_of_run(&mut tag, &record, &[3, 300]);
    let Some(JournalEntry::Result(entry)) = JournalEntry::of(&tag) else { panic!("{tag:?}") };
    assert_eq!((entry.plugin, entry.listed, &*entry.waiting), ("a", 2, &[3, 300][..]));
    let payload = payload_of_run(&record).concat();
    assert_eq!(entry.texts(&payload), Some(("{}", "{}")));
    assert_eq!(entry.texts(b"{}[]"), Some(("{}", "[]")));
    assert_eq!(entry.texts(b"{"), None);
    for length in 0..tag.len() {
        assert_eq!(JournalEntry::of(&tag[..length]), None);
    }
}

#[test]
fn skipped_runs_come_back() {
    let after = RunTrigger::After("b".into());
    for (reason, trigger, cause) in [
        (SkipReason::Missed, RunTrigger::Schedule, StartCause::Schedule),
        (SkipReason::Dependency, RunTrigger::Schedule, StartCause::Schedule),
        (SkipReason::Dependency, after.clone(), StartCause::After("b")),
        (SkipReason::Overlap, after.clone(), StartCause::After("b")),
        (SkipReason::OutsideOfHours, after, StartCause::After("b")),
    ] {
        let record = samples::finished(&"a".into(), "{}");
        let planned = record.planned.wall.timestamp_micros();
        let record = RunRecord { trigger, state: RunState::Skipped { reason, count: 3 }, ..record };
        let mut tag = Vec::new();
        tag_of_run(&mut tag, &record, &[]);
        let expected = SkippedEntry { plugin: "a", planned, reason: Some(reason), cause };
        assert_eq!(JournalEntry::of(&tag), Some(JournalEntry::Skipped(expected)));
    }
}

#[test]
fn starts_and_processes_come_back() {
    let cause = StartCause::Request;
    let start = StartedEntry { plugin: "a", run: 7, started: -5, planned: -9, cause, generation: 3 };
    let (mut tag, mut process, mut begin) = (Vec::new(), Vec::new(), Vec::new());
    tag_of_start(&mut tag, start);
    tag_of_process(&mut process, 300, Some("root"));
    tag_of_begin(&mut begin, 299);
    assert_eq!(JournalEntry::of(&tag), Some(JournalEntry::Started(start)));
    let mut far = Vec::new();
    tag_of_begin(&mut far, u64::MAX);
    assert_eq!(JournalEntry::of(&far), None, "no number would be left");
    for (cut, generation) in [(1, 3), (2, 0)] {
        let of_an_older_version = JournalEntry::of(&tag[..tag.len() - cut]);
        let expected = StartedEntry { planned: -5, generation, ..start };
        assert_eq!(of_an_older_version, Some(JournalEntry::Started(expected)));
    }
    for cause in
        [StartCause::Schedule, StartCause::Retry, StartCause::After("b"), StartCause::OnDemand("c"), StartCause::Report]
    {
        let (start, mut tag) = (StartedEntry { cause, ..start }, Vec::new());
        tag_of_start(&mut tag, start);
        assert_eq!(JournalEntry::of(&tag), Some(JournalEntry::Started(start)));
        assert_eq!(StartCause::from(&RunTrigger::from(cause)), cause);
    }
    assert_eq!(JournalEntry::of(&process), Some(JournalEntry::Process(300, Some("root"))));
    assert_eq!(JournalEntry::of(&begin), Some(JournalEntry::Begin(299)));
    let mut plan = Vec::new();
    tag_of_plan(&mut plan, "a", 1_700_000_000_000_000);
    assert_eq!(JournalEntry::of(&plan), Some(JournalEntry::Plan("a", 1_700_000_000_000_000)));
    let mut lost = Vec::new();
    tag_of_lost(&mut lost, 9);
    assert_eq!(JournalEntry::of(&lost), Some(JournalEntry::Lost(9)));
    assert_eq!(JournalEntry::of(&[99, 1, 2]), None);
    let plugins = [PluginName::from("b"), PluginName::from("a")];
    assert_eq!(plugins_of_process(&payload_of_process(&plugins)), plugins);
}
