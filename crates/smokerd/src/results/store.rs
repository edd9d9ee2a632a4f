//! Where results are stored: the handle over the plugins' results, their next
//! runs and the processes.
//!
//! A cheap handle over one lock that is held for moments only: no task writes
//! JSON, waits or does I/O under it. Readers take snapshots.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use chrono::{DateTime, Utc};
use smoker_model::plugin::{PluginName, PluginSpec};
use smoker_model::run_record::{RunRecord, RunTrigger};
use smoker_model::time::moment::Moment;
use smoker_model::time::timestamp::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::results::events::{Event, RunEvents, SharedText, StartedRun, Subscription};
use crate::results::journal::gauges::JournalGauges;
use crate::results::journal::group_commit::Urgency;
use crate::results::journal::keep::KeptRecords;
use crate::results::journal::queue::{JournalQueue, Queued};
use crate::results::journal::restore;
use crate::results::journal::restore::restored::Restored;
use crate::results::json_text;
use crate::results::kept::history::Sequence;
use crate::results::kept::packed_text::{PackedText, PackedTexts};
use crate::results::plugin::config_fields::ConfigFields;
use crate::results::plugin::counters::RunCounters;
use crate::results::plugin::measures::PluginMeasures;
use crate::results::plugin::next_run::ConfigGeneration;
use crate::results::plugin::snapshot::{PluginSnapshot, ProcessSnapshot};
use crate::results::plugin::standing::Standing;
use crate::results::plugin_entry::PluginEntry;
use crate::results::processes::limits::ProcessesFull;
use crate::results::processes::process::ProcessId;
use crate::results::processes::table::{ListedProcess, Lookup, ShownRun};
use crate::results::queries::journal_reads::JournalReads;
use crate::results::queries::segment_times::SegmentTimes;
use crate::results::requester::ClientAddress;
use crate::results::state::{Recorded, State};
use crate::results::table::NewPlugin;

/// The bytes of all entries of a process's page that show a plugin again.
pub(crate) const REPEATED_BYTES: usize = 16 << 20;

/// The state of all plugins and processes; plugin tasks write it, pages read it.
#[derive(Clone, Debug)]
pub(crate) struct SharedState {
    state: Arc<Mutex<State>>,
    events: RunEvents,
    /// The way to the journal, if there is one.
    pub(super) journal: Option<JournalQueue>,
    pub(super) reads: JournalReads,
    pub(super) times: SegmentTimes,
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
        let (reads, times) = (JournalReads::default(), SegmentTimes::default());
        Self { state, events: RunEvents::default(), journal, reads, times }
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

    /// Notes that a run starts. Returns its number, and that of the newest record.
    pub(crate) fn started(
        &self,
        plugin: &PluginName,
        started: Moment,
        (trigger, planned): (&RunTrigger, Moment),
        generation: ConfigGeneration,
    ) -> (u64, Sequence) {
        let run = self.journal.as_ref().map_or(0, JournalQueue::number_run);
        let (started, planned) = (started.wall, planned.wall);
        let started = StartedRun { plugin: plugin.clone(), started, planned, trigger: trigger.clone() };
        let newest = if let Some(journal) = &self.journal {
            let newest = self.lock().started(run);
            drop(journal.send(Queued::Started(started, run, generation)));
            newest
        } else {
            let newest = self.lock().sequence;
            self.announce(Event::Started(Arc::new(started)));
            newest
        };
        (run, newest)
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
        self.lock().last_planned(plugin)
    }

    /// Reads what the journal has of those of these plugins that are not configured at present, or keep more results than at present. It is
    /// theirs when [`Self::replace_plugins`] configures them.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read: they begin with the results that they have then.
    pub(crate) async fn find_returning(&self, plugins: impl Iterator<Item = &PluginSpec>) -> io::Result<()> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let new: Vec<_> = {
            let state = self.lock();
            let keeps_more = |plugin: &&PluginSpec| {
                let entry = state.plugins.get(&plugin.name);
                entry.is_none_or(|entry| entry.keeps_more(plugin.history, plugin.history_failures))
            };
            plugins.filter(keeps_more).cloned().collect()
        };
        if new.is_empty() {
            return Ok(());
        }
        journal.written().await;
        let folder = journal.folder().to_owned();
        let plugins = self.reads.for_reload(move || restore::of_plugins(&folder, &new)).await?;
        self.lock().set_returning(plugins);
        Ok(())
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
        let is_end = !waiting.is_empty() && self.lock().processes.note_recorded(waiting);
        let urgency = if is_end { Urgency::High } else { Urgency::Normal };
        if let Err(queued) = journal.send_urgent(Queued::Run(record, waiting.to_vec()), urgency)
            && let Queued::Run(record, waiting) = *queued
        {
            self.store(record, &waiting);
        }
    }

    /// Counts a record and broadcasts it. Stores its result, if it has one, in
    /// the plugin's history and in the processes that wait for it. Returns the
    /// plugin's counters; none for a plugin that was removed meanwhile.
    pub(crate) fn store(&self, record: RunRecord, waiting: &[ProcessId]) -> Option<RunCounters> {
        let counters = self.store_silently(record, waiting);
        self.wake_subscribers();
        counters
    }

    /// Wakes those that wait for events, once for all that were added before.
    pub(super) fn wake_subscribers(&self) {
        self.events.wake();
    }

    /// As [`Self::announce`], but nobody is woken.
    pub(super) fn announce_silently(&self, event: Event) {
        drop(self.events.add(event));
    }

    /// As [`Self::store`], but nobody is woken.
    pub(super) fn store_silently(&self, mut record: RunRecord, waiting: &[ProcessId]) -> Option<RunCounters> {
        let texts = PackedTexts::of(&record, self.journal.is_none());
        let mut state = self.lock();
        let Recorded { counters, previous, exceeded } = state.record(&mut record, texts, waiting);
        // Under the lock, so that records are broadcast in the order of their numbers.
        let evicted =
            self.events.add(Event::Record { record: Arc::new(record), previous, text: SharedText::default() });
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

    /// A value that changes whenever metrics may have changed: they also show runs that were skipped, which no page does.
    pub(crate) fn measures_version(&self) -> (u64, Sequence) {
        let state = self.lock();
        (state.revision, state.sequence)
    }

    /// What metrics read of all plugins, in configuration order, and the version that they show.
    pub(crate) fn measures(&self) -> ((u64, Sequence), Vec<PluginMeasures>) {
        let state = self.lock();
        ((state.revision, state.sequence), state.plugins.entries().map(PluginEntry::measures).collect())
    }

    /// The memory that kept results count, in bytes.
    pub(crate) fn memory(&self) -> isize {
        self.lock().memory.used
    }

    /// What is known of the journal; none without one.
    pub(crate) fn journal_gauges(&self) -> Option<&JournalGauges> {
        self.journal.as_ref().map(|queue| &**queue.gauges())
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
                    let (config, next_run, standing) = match state.plugins.get(&plugin) {
                        Some(plugin) => {
                            let standing = plugin.standing().of_forced_run();
                            (&plugin.config, Arc::clone(&plugin.next_run.text), standing)
                        }
                        None => (removed.get(&plugin)?, "null".into(), Standing::default()),
                    };
                    // The page of a process shows the results of its own runs, not newer ones.
                    let last_result = outcome.last.clone();
                    let plugin = PluginSnapshot { config: Arc::clone(config), last_result, next_run, standing };
                    if is_repeated {
                        repeated += plugin.size() + outcome.forced.length();
                    }
                    (!is_repeated || repeated <= REPEATED_BYTES).then_some((plugin, outcome))
                };
                ProcessSnapshot::Finished(runs.into_iter().filter_map(shown).collect())
            }
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
