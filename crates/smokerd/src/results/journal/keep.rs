//! Which records stay when the journal is full: those of which pages show something, and the newest bad results.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use smoker_journal::content::Entry;

use crate::results::journal::entry::JournalEntry;
use crate::results::kept::history::Sequence;
use crate::results::processes::process::ProcessId;

/// What of the journal is to stay.
#[derive(Debug, Default)]
pub(crate) struct KeptRecords {
    /// By plugin.
    pub(crate) plugins: HashMap<String, KeptResults>,
    /// Processes with pages, and the newest one, whose number must never be given again.
    pub(crate) processes: HashSet<ProcessId>,
    /// The newest record that says that the daemon has started.
    pub(crate) begin: Sequence,
    /// The runs that have started and not ended: after a crash they are interrupted ones.
    pub(crate) running: HashSet<u64>,
}

/// The results of a plugin that are to stay.
#[derive(Debug, Default)]
pub(crate) struct KeptResults {
    /// The oldest result that its page shows; none without a result.
    pub(crate) oldest: Option<Sequence>,
    /// The newest bad ones, older ones first.
    pub(crate) failures: Vec<Sequence>,
    /// When its last scheduled run was to start, or from when on its first one was planned.
    pub(crate) last_planned: Option<DateTime<Utc>>,
}

impl KeptRecords {
    /// Whether a record is among them.
    pub(crate) fn has(&self, entry: &Entry) -> bool {
        let sequence = entry.sequence();
        match JournalEntry::of(entry.tag()) {
            Some(JournalEntry::Result(result)) => {
                let is_kept = |kept: &KeptResults| {
                    kept.oldest.is_some_and(|oldest| sequence >= oldest)
                        || kept.failures.binary_search(&sequence).is_ok()
                };
                self.plugins.get(result.plugin).is_some_and(is_kept)
                    || result.waiting.iter().any(|process| self.processes.contains(process))
            }
            Some(JournalEntry::Process(id, _)) => self.processes.contains(&id),
            Some(JournalEntry::Plan(plugin, from)) => {
                let planned = self.plugins.get(plugin).and_then(|kept| kept.last_planned);
                planned.is_some_and(|planned| planned.timestamp_micros() == from)
            }
            Some(JournalEntry::Begin(_)) => sequence >= self.begin,
            // A process before this has either its results or none that anybody waits for: see `restore`.
            Some(JournalEntry::Lost(_)) => true,
            Some(JournalEntry::Started(start)) => sequence >= self.begin && self.running.contains(&start.run),
            Some(JournalEntry::Skipped | JournalEntry::End) | None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use smoker_journal::content::entries_of;
    use smoker_journal::record::encode;

    use super::*;
    use crate::results::journal::entry::{
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
        let kept =
            KeptResults { oldest: Some(100), failures: vec![20, 40], last_planned: DateTime::from_timestamp_micros(5) };
        let kept = KeptRecords {
            plugins: HashMap::from([("a".to_owned(), kept)]),
            processes: HashSet::from([7]),
            begin: 90,
            running: HashSet::from([3]),
        };
        let result = |sequence, plugin: &str, processes: &[ProcessId]| {
            let record = samples::finished(&plugin.into(), "{}");
            kept.has(&entry(sequence, |tag| tag_of_run(tag, &record, processes)))
        };
        assert_eq!([20, 21, 40, 99, 100, 200].map(|at| result(at, "a", &[])), [true, false, true, false, true, true]);
        assert_eq!([result(200, "b", &[]), result(1, "b", &[6]), result(1, "b", &[6, 7])], [false, false, true]);
        let plan = |plugin: &str, from| kept.has(&entry(1, |tag| tag_of_plan(tag, plugin, from)));
        assert_eq!([plan("a", 5), plan("a", 4), plan("b", 5)], [true, false, false], "that of no later run");
        let process = |id| kept.has(&entry(1, |tag| tag_of_process(tag, id, None)));
        let started = |sequence, run| {
            let started = StartedEntry { plugin: "a", run, started: 5, is_forced: false, generation: 1 };
            kept.has(&entry(sequence, |tag| tag_of_start(tag, started)))
        };
        assert_eq!(
            [started(95, 3), started(95, 2), started(89, 3)],
            [true, false, false],
            "that of a run that goes on"
        );
        let begin = |sequence| kept.has(&entry(sequence, |tag| tag_of_begin(tag, 1)));
        assert_eq!([process(6), process(7), begin(89), begin(90)], [false, true, false, true]);
    }
}
