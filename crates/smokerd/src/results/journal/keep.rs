//! Which records stay when the journal is full: those of which pages show something, and the newest bad results.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use smoker_journal::maintenance::Rank;
use smoker_journal::segments::content::Entry;
use smoker_model::run_record::{RunTrigger, SkipReason};

use crate::results::journal::records::entry::{JournalEntry, StartCause};
use crate::results::kept::history::Sequence;
use crate::results::processes::process::ProcessId;

/// What of the journal is to stay.
#[derive(Debug, Default)]
pub(crate) struct KeptRecords {
    /// By plugin.
    pub(crate) plugins: HashMap<String, KeptResults>,
    /// Processes with pages.
    pub(crate) processes: HashSet<ProcessId>,
    /// The newest process, whose number must never be given again.
    pub(crate) last_process: ProcessId,
    /// The newest record that says that the daemon has started.
    pub(crate) begin: Sequence,
    /// The runs that have started and not ended: after a crash they are interrupted ones.
    pub(crate) running: HashSet<u64>,
}

/// What is never dropped as long as the bound allows it: without the newest result of a plugin nobody would know after a restart that it is
/// a bad one.
const NEWEST: Rank = 0;

/// What the pages of plugins show, and the newest bad results.
const RESULTS: Rank = 1;

/// What only the pages of processes show: their clients have read them long ago, as a rule.
pub(crate) const PROCESSES: Rank = 2;

/// The results of a plugin that are to stay.
#[derive(Debug, Default)]
pub(crate) struct KeptResults {
    /// The newest result; none without one.
    pub(crate) newest: Option<Sequence>,
    /// The oldest result that its page shows; none without a result.
    pub(crate) oldest: Option<Sequence>,
    /// The newest bad ones, older ones first.
    pub(crate) failures: Vec<Sequence>,
    /// When its last scheduled run was to start, or from when on its first one was planned.
    pub(crate) last_planned: Option<DateTime<Utc>>,
    /// When the run was to start that is skipped as long as another plugin is bad.
    pub(crate) held_back: Option<DateTime<Utc>>,
}

impl KeptRecords {
    /// How long a record is to stay; none when it is not among them.
    pub(crate) fn rank(&self, entry: &Entry) -> Option<Rank> {
        let sequence = entry.sequence();
        let newest = |is_kept: bool| is_kept.then_some(NEWEST);
        match JournalEntry::of(entry.tag())? {
            JournalEntry::Result(result) => {
                let plugin = self.plugins.get(result.plugin);
                let of_plugin = plugin.and_then(|kept| kept.rank(sequence));
                // A start plans the next run by it, also where newer results are those of requests.
                let planned = plugin.and_then(|kept| kept.last_planned);
                let is_planned = result.facts.trigger == RunTrigger::Schedule
                    && planned
                        .is_some_and(|planned| planned.timestamp_micros() == result.facts.planned.timestamp_micros());
                let of_plan = is_planned.then_some(NEWEST);
                // Its process may not be there without it: it would look like one whose run has not ended.
                let of_processes = result.waiting.iter().filter_map(|id| self.rank_of_process(*id)).min();
                of_plugin.into_iter().chain(of_processes).chain(of_plan).min()
            }
            JournalEntry::Process(id, _) => self.rank_of_process(id),
            JournalEntry::Plan(plugin, from) => {
                let planned = self.plugins.get(plugin).and_then(|kept| kept.last_planned);
                newest(planned.is_some_and(|planned| planned.timestamp_micros() == from))
            }
            JournalEntry::Begin(_) => newest(sequence >= self.begin),
            // A process before this has either its results or none that anybody waits for: see `restore`.
            JournalEntry::Lost(_) => Some(NEWEST),
            JournalEntry::Started(start) => newest(sequence >= self.begin && self.running.contains(&start.run)),
            JournalEntry::Skipped(skipped) => {
                let kept = self.plugins.get(skipped.plugin);
                let is_of = |time: Option<DateTime<Utc>>| {
                    time.is_some_and(|planned| planned.timestamp_micros() == skipped.planned)
                };
                let is_owed = skipped.reason == Some(SkipReason::Dependency) && is_of(kept.and_then(|it| it.held_back));
                let is_plan = skipped.cause == StartCause::Schedule && is_of(kept.and_then(|it| it.last_planned));
                newest(is_owed || is_plan)
            }
            JournalEntry::End => None,
        }
    }

    fn rank_of_process(&self, id: ProcessId) -> Option<Rank> {
        if id == self.last_process { Some(NEWEST) } else { self.processes.contains(&id).then_some(PROCESSES) }
    }
}

impl KeptResults {
    fn rank(&self, sequence: Sequence) -> Option<Rank> {
        let is_kept =
            self.oldest.is_some_and(|oldest| sequence >= oldest) || self.failures.binary_search(&sequence).is_ok();
        let is_newest = self.newest.is_some_and(|newest| sequence >= newest);
        is_kept.then_some(if is_newest { NEWEST } else { RESULTS })
    }
}

#[cfg(test)]
mod tests {
    use smoker_journal::record::encode;
    use smoker_journal::segments::content::entries_of;
    use smoker_model::run_record::{RunRecord, RunState};

    use super::*;
    use crate::results::journal::records::entry::{
        StartedEntry, tag_of_begin, tag_of_plan, tag_of_process, tag_of_run, tag_of_start,
    };
    use crate::results::samples;

    fn entry(sequence: Sequence, make: impl FnOnce(&mut Vec<u8>)) -> Entry {
        let (mut tag, mut bytes) = (Vec::new(), Vec::new());
        make(&mut tag);
        encode(&mut bytes, sequence, &tag, &[]).expect("it is small");
        entries_of(bytes).0.remove(0)
    }

    #[test]
    fn the_newest_bad_results_stay_longer() {
        let kept = KeptResults {
            newest: Some(150),
            oldest: Some(100),
            failures: vec![20, 40],
            last_planned: DateTime::from_timestamp_micros(5),
            held_back: None,
        };
        let kept = KeptRecords {
            plugins: HashMap::from([("a".to_owned(), kept)]),
            processes: HashSet::from([7]),
            last_process: 9,
            begin: 90,
            running: HashSet::from([3]),
        };
        let result = |sequence, plugin: &str, processes: &[ProcessId]| {
            let record = samples::finished(&plugin.into(), "{}");
            kept.rank(&entry(sequence, |tag| tag_of_run(tag, &record, processes)))
        };
        let ranks = [20, 21, 40, 99, 100, 150, 200].map(|at| result(at, "a", &[]));
        assert_eq!(ranks, [Some(1), None, Some(1), None, Some(1), Some(0), Some(0)]);
        assert_eq!([result(200, "b", &[]), result(1, "b", &[6]), result(1, "b", &[6, 7])], [None, None, Some(2)]);
        assert_eq!([result(21, "a", &[7]), result(200, "a", &[7])], [Some(2), Some(0)]);
        let scheduled = |planned| {
            let mut record = samples::finished(&"a".into(), "{}");
            record.planned.wall = DateTime::from_timestamp_micros(planned).expect("a time");
            kept.rank(&entry(50, |tag| tag_of_run(tag, &record, &[])))
        };
        assert_eq!([scheduled(5), scheduled(6)], [Some(0), None], "the next run is planned by it");
        let plan = |plugin: &str, from| kept.rank(&entry(1, |tag| tag_of_plan(tag, plugin, from)));
        assert_eq!([plan("a", 5), plan("a", 4), plan("b", 5)], [Some(0), None, None], "that of no later run");
        let skipped = |planned| {
            let state = RunState::Skipped { reason: SkipReason::Overlap, count: 1 };
            let mut record = RunRecord { state, ..samples::finished(&"a".into(), "{}") };
            record.planned.wall = DateTime::from_timestamp_micros(planned).expect("a time");
            kept.rank(&entry(51, |tag| tag_of_run(tag, &record, &[])))
        };
        assert_eq!([skipped(5), skipped(6)], [Some(0), None], "or by one that was skipped");
        let process = |id| kept.rank(&entry(1, |tag| tag_of_process(tag, id, None)));
        let started = |sequence, run| {
            let cause = StartCause::Schedule;
            let started = StartedEntry { plugin: "a", run, started: 5, planned: 5, cause, generation: 1 };
            kept.rank(&entry(sequence, |tag| tag_of_start(tag, started)))
        };
        assert_eq!(
            [started(95, 3), started(95, 2), started(89, 3)],
            [Some(0), None, None],
            "that of a run that goes on"
        );
        let begin = |sequence| kept.rank(&entry(sequence, |tag| tag_of_begin(tag, 1)));
        assert_eq!([process(6), process(7), process(9), begin(89), begin(90)], [None, Some(2), Some(0), None, Some(0)]);
    }
}
