//! Where results are stored: the handle over the plugins' results, their next
//! runs and the processes.
//!
//! A cheap handle over one lock that is held for moments only: no task writes
//! JSON, waits or does I/O under it. Readers take snapshots.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::run_record::RunRecord;
use smoker_model::time::moment::Moment;
use smoker_model::time::timestamp::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::results::config_fields::ConfigFields;
use crate::results::counters::RunCounters;
use crate::results::events::{Event, RunEvents, StartedRun, Subscription};
use crate::results::journal::keep::KeptRecords;
use crate::results::journal::queue::{JournalQueue, Queued};
use crate::results::journal::restore::Restored;
use crate::results::json_text;
use crate::results::kept::history::Sequence;
use crate::results::kept::packed_text::{PackedText, PackedTexts};
use crate::results::processes::limits::ProcessesFull;
use crate::results::processes::process::ProcessId;
use crate::results::processes::table::{ListedProcess, Lookup, ShownRun};
use crate::results::queries::journal_reads::{JournalReads, NotRead};
use crate::results::queries::run_query::{RunPage, RunQuery, StoredRun};
use crate::results::queries::{in_journal, in_memory};
use crate::results::requester::ClientAddress;
use crate::results::snapshot::{PluginSnapshot, ProcessSnapshot};
use crate::results::state::{Recorded, State};
use crate::results::table::{ConfigGeneration, NewPlugin, PluginEntry};

/// The bytes of all entries of a process's page that show a plugin again.
pub(crate) const REPEATED_BYTES: usize = 16 << 20;

/// The state of all plugins and processes; plugin tasks write it, pages read it.
#[derive(Clone, Debug)]
pub(crate) struct SharedState {
    state: Arc<Mutex<State>>,
    events: RunEvents,
    /// The way to the journal, if there is one.
    journal: Option<JournalQueue>,
    reads: JournalReads,
}

impl SharedState {
    /// A state without plugins and processes, and without a memory limit, that does not survive the daemon.
    pub(crate) fn new() -> Self {
        Self::of(None)
    }

    /// The same with a journal: what is recorded is written before it is stored.
    pub(crate) fn with_journal(journal: JournalQueue) -> Self {
        Self::of(Some(journal))
    }

    fn of(journal: Option<JournalQueue>) -> Self {
        let state = Arc::new(Mutex::new(State::new()));
        Self { state, events: RunEvents::default(), journal, reads: JournalReads::default() }
    }

    /// Takes over what the journal has, where the daemon began with the record of this number. Returns for which runs
    /// processes wait that will never end.
    pub(crate) fn restore(&self, restored: Restored, begin: Sequence) -> Vec<(PluginName, Vec<ProcessId>)> {
        self.lock().restore(restored, begin)
    }

    /// What of the journal is to stay when it is full.
    pub(crate) fn kept_records(&self) -> KeptRecords {
        self.lock().kept_records()
    }

    /// Returns when all that was recorded before is written to the journal, and shown.
    pub(crate) async fn written(&self) {
        if let Some(journal) = &self.journal {
            journal.written().await;
        }
    }

    /// Writes what is left for the journal. Waits for that; nothing may be recorded afterwards.
    pub(crate) fn close(&self) {
        if let Some(journal) = &self.journal {
            journal.close();
        }
    }

    /// Notes that a run starts, and returns its number.
    pub(crate) fn started(&self, plugin: &PluginName, started: Moment, is_forced: bool) -> u64 {
        let run = self.journal.as_ref().map_or(0, JournalQueue::number_run);
        let started = StartedRun { plugin: plugin.clone(), started: started.wall, is_forced };
        match &self.journal {
            Some(journal) => drop(journal.send(Queued::Started(started, run))),
            None => self.announce(Event::Started(Arc::new(started))),
        }
        run
    }

    /// Broadcasts what is no record.
    pub(crate) fn announce(&self, event: Event) {
        drop(self.events.publish(event));
    }

    /// Notes from when on a plugin that has never run is planned, so that restarts do not put its first run off. Without a
    /// journal each start makes a new plan.
    pub(crate) fn note_first_plan(&self, plugin: &PluginName, from: DateTime<Utc>) {
        let Some(journal) = &self.journal else { return };
        if let Some(entry) = self.lock().plugins.get_mut(plugin) {
            entry.last_planned = Some(from);
        }
        drop(journal.send(Queued::Plan(plugin.clone(), from)));
    }

    /// When the last scheduled run of a plugin was to start, or from when on its first one was planned, by the wall clock.
    pub(crate) fn last_planned(&self, plugin: &PluginName) -> Option<DateTime<Utc>> {
        self.lock().plugins.get(plugin)?.last_planned
    }

    /// The number of the newest record that is shown.
    pub(crate) fn newest_sequence(&self) -> Sequence {
        self.lock().sequence
    }

    /// Runs of the past, newest first: those in the journal, without one those that are kept.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read, or too many others read it.
    pub(crate) async fn runs(&self, query: RunQuery) -> Result<RunPage, NotRead> {
        let Some(journal) = &self.journal else { return Ok(self.kept_runs(query)) };
        let folder = journal.folder().to_owned();
        self.reads.for_request(move || in_journal::read(&folder, &query)).await
    }

    /// Runs with numbers above this one, oldest first: up to `limit`, fewer when their texts are long, but one at least if there is
    /// any. Without a journal those that are kept. Waits while too many others read.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    pub(crate) async fn runs_after(&self, after: Sequence, limit: usize) -> io::Result<Vec<StoredRun>> {
        let Some(journal) = &self.journal else { return Ok(self.kept_runs_after(after, limit)) };
        let folder = journal.folder().to_owned();
        self.reads.for_listener(move || in_journal::read_after(&folder, after, limit)).await
    }

    fn kept_runs_after(&self, after: Sequence, limit: usize) -> Vec<StoredRun> {
        let mut oldest = VecDeque::new();
        let mut query = RunQuery { limit, ..RunQuery::default() };
        loop {
            let page = self.kept_runs(query.clone());
            for run in page.runs.into_iter().take_while(|run| run.sequence > after) {
                oldest.push_front(run);
                oldest.truncate(limit);
            }
            match page.next {
                Some(next) if next > after => query.before = Some(next),
                _ => return oldest.into(),
            }
        }
    }

    fn kept_runs(&self, mut query: RunQuery) -> RunPage {
        let mut page = RunPage::default();
        loop {
            let state = self.lock();
            let plugins = state.plugins.named().map(|(name, entry)| (name, &entry.history));
            let Some(below) = in_memory::add(plugins, &query, &mut page) else { return page };
            drop(state);
            query.before = Some(below);
        }
    }

    /// Replaces all plugins at once by those of another configuration.
    /// `history_memory` is the limit for the memory of all kept results, in bytes.
    pub(crate) fn replace_plugins(&self, plugins: Vec<NewPlugin>, history_memory: usize) {
        let limit = isize::try_from(history_memory).unwrap_or(isize::MAX);
        // The removed plugins are freed after the lock is released.
        let _removed = self.lock().replace_plugins(plugins, limit);
        while self.lock().evict_results() {}
    }

    /// Stores when the plugin runs next, unless a reload has redefined it meanwhile.
    pub(crate) fn set_next_run(&self, plugin: &PluginName, generation: ConfigGeneration, next_run: Option<Timestamp>) {
        let text = json_text::to_text(&next_run).into();
        let mut state = self.lock();
        if let Some(entry) = state.plugins.get_mut(plugin)
            && entry.next_run.generation == generation
        {
            entry.next_run.text = text;
            state.revision += 1;
        }
    }

    /// Records a run: at once, or when the journal has it.
    pub(crate) fn record(&self, record: RunRecord, waiting: &[ProcessId]) {
        let Some(journal) = &self.journal else {
            self.store(record, waiting);
            return;
        };
        if let Err(queued) = journal.send(Queued::Run(record, waiting.to_vec()))
            && let Queued::Run(record, waiting) = *queued
        {
            self.store(record, &waiting);
        }
    }

    /// Counts a record and broadcasts it. Stores its result, if it has one, in
    /// the plugin's history and in the processes that wait for it. Returns the
    /// plugin's counters; none for a plugin that was removed meanwhile.
    pub(crate) fn store(&self, mut record: RunRecord, waiting: &[ProcessId]) -> Option<RunCounters> {
        let texts = PackedTexts::of(&record, self.journal.is_none());
        let mut state = self.lock();
        let Recorded { counters, previous, exceeded } = state.record(&mut record, texts, waiting);
        // Under the lock, so that records are broadcast in the order of their numbers.
        let evicted = self.events.publish(Event::Record { record: Arc::new(record), previous });
        drop(state);
        drop(evicted);
        if let Some(limit) = exceeded {
            tracing::warn!(
                "all results together take more than history_memory ({limit} bytes): the oldest are dropped from now on"
            );
        }
        counters
    }

    /// Follows all records from now on.
    pub(crate) fn subscribe(&self) -> Subscription {
        self.events.subscribe()
    }

    /// What the configuration decides of a plugin's page.
    pub(crate) fn config_of(&self, name: &PluginName) -> Option<Arc<ConfigFields>> {
        self.lock().plugins.get(name).map(|plugin| Arc::clone(&plugin.config))
    }

    /// Adds a process of a client for the named plugins; `triggered_by` is who the client has proved to be.
    ///
    /// # Errors
    ///
    /// When there are too many processes, see [`ProcessesFull`].
    pub(crate) fn add_process(
        &self,
        plugins: &[PluginName],
        client: ClientAddress,
        triggered_by: Option<Arc<str>>,
    ) -> Result<ProcessId, ProcessesFull> {
        let mut state = self.lock();
        state.memory.used -= state.processes.release_unread(Instant::now());
        let id = state.processes.add(plugins, client)?;
        state.processes.set_triggered_by(id, triggered_by.clone());
        if let Some(journal) = &self.journal {
            // Under the lock, so that processes are written in the order of their numbers.
            let _ = journal.send(Queued::Process(id, plugins.to_vec(), triggered_by));
        }
        Ok(id)
    }

    /// Cancelled when the process ends. None for one that has ended, or that is not kept.
    pub(crate) fn process_end(&self, id: ProcessId) -> Option<CancellationToken> {
        self.lock().processes.end_of(id)
    }

    /// A client has read the results of this process.
    pub(crate) fn set_process_read(&self, id: ProcessId) {
        let mut state = self.lock();
        state.memory.used -= state.processes.set_read(id);
    }

    /// A number that grows whenever a page may have changed.
    pub(crate) fn revision(&self) -> u64 {
        self.lock().revision
    }

    /// All plugins in configuration order, and the revision that they show.
    pub(crate) fn plugins(&self) -> (u64, Vec<PluginSnapshot>) {
        let state = self.lock();
        (state.revision, state.plugins.entries().map(PluginEntry::snapshot).collect())
    }

    /// One plugin with its history, oldest first.
    pub(crate) fn plugin(&self, name: &PluginName) -> Option<(PluginSnapshot, Vec<PackedText>)> {
        let state = self.lock();
        let plugin = state.plugins.get(name)?;
        Some((plugin.snapshot(), plugin.history.iter().cloned().collect()))
    }

    /// The next processes that are kept after this number, as many as have `names` names
    /// together, at least one process.
    pub(crate) fn processes(&self, after: ProcessId, names: usize) -> Vec<ListedProcess> {
        self.lock().processes.list(after, names)
    }

    /// One process.
    pub(crate) fn process(&self, id: ProcessId) -> ProcessSnapshot {
        let state = self.lock();
        match state.processes.look_up(id) {
            Lookup::Running => ProcessSnapshot::Running,
            Lookup::Dropped => ProcessSnapshot::Dropped,
            Lookup::Unknown => ProcessSnapshot::Unknown,
            Lookup::Finished(runs, removed) => {
                let mut repeated = 0;
                let shown = |ShownRun { plugin, outcome, is_repeated }: ShownRun| {
                    let (config, next_run) = match state.plugins.get(&plugin) {
                        Some(plugin) => (&plugin.config, Arc::clone(&plugin.next_run.text)),
                        None => (removed.get(&plugin)?, "null".into()),
                    };
                    // The page of a process shows the results of its own runs, not newer ones.
                    let last_result = outcome.last.clone();
                    let plugin = PluginSnapshot { config: Arc::clone(config), last_result, next_run };
                    if is_repeated {
                        repeated += plugin.size() + outcome.forced.length();
                    }
                    (!is_repeated || repeated <= REPEATED_BYTES).then_some((plugin, outcome))
                };
                ProcessSnapshot::Finished(runs.into_iter().filter_map(shown).collect())
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smoker_model::run_record::{RunState, RunTrigger, SkipReason};

    use crate::results::events::Received;
    use crate::results::samples;
    use crate::results::state::EVICTED_AT_ONCE;
    use crate::results::table::NextRun;

    fn plugins(names: &[PluginName], history: usize) -> Vec<NewPlugin> {
        let next_run = || Some(NextRun { generation: 0, text: "null".into() });
        let plugin = |name: &PluginName| {
            let config = Arc::new(ConfigFields { identity: name.to_string(), ..ConfigFields::default() });
            NewPlugin { name: name.clone(), config, history, history_failures: 50, next_run: next_run() }
        };
        names.iter().map(plugin).collect()
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
        let after = state.runs_after(1495, 3).await.expect("no journal");
        assert_eq!(after.iter().map(|run| run.sequence).collect::<Vec<_>>(), [1496, 1497, 1498]);
        let after = state.runs_after(7, 700).await.expect("no journal");
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
        assert_eq!(state.store(skipped(), &[]), Some(RunCounters { finished: 1, failed: 1, skipped: 2 }));
        assert_eq!((state.revision(), texts(&state, &a)), (revision, vec!["x".to_owned()]));
        for sequence in 1..=2 {
            let Received::Event(Event::Record { record, .. }) = events.next().await else { panic!("lost a record") };
            assert_eq!((record.sequence, &record.plugin), (sequence, &a));
        }
        assert_eq!(state.store(samples::finished(&"removed".into(), "x"), &[]), None);
    }
}
