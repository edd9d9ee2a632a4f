//! The thread that writes records, and then has them shown: what a client has seen is in the journal.
//!
//! Why a thread: a `write(2)` takes two microseconds, but may take seconds when the disk is busy or gone, and a task of a
//! plugin must never wait for it. All records that have come while it wrote are the next write.

use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender};
use std::thread::JoinHandle;

use smoker_config::spec::settings::Durability;
use smoker_journal::journal::Journal;

use crate::results::events::StartedRun;
use crate::results::journal::desk::{Desk, Intake, lock};
use crate::results::journal::entry::{
    StartedEntry, payload_of_process, payload_of_run, tag_of_begin, tag_of_end, tag_of_lost, tag_of_plan,
    tag_of_process, tag_of_run, tag_of_start,
};
use crate::results::journal::faults::Faults;
use crate::results::journal::gauges::JournalGauges;
use crate::results::journal::queue::Queued;
use crate::results::kept::history::Sequence;

/// How many records are written at once at most.
const BATCH: usize = 1024;

/// The writing end of the journal.
pub(super) struct Writer {
    pub(super) journal: Journal,
    pub(super) desk: Arc<Desk>,
    pub(super) gauges: Arc<JournalGauges>,
    pub(super) durability: Durability,
    /// Is told of each write that begins.
    pub(super) watch: SyncSender<()>,
    /// Says that there is something to sync, or that the journal may have become too large.
    pub(super) upkeep: SyncSender<()>,
    pub(super) upkeep_thread: JoinHandle<()>,
    /// Dropped when all is written.
    pub(super) _ended: Sender<()>,
}

impl Writer {
    /// Notes the start of the daemon, and returns the number of that record. `is_certain`: the journal has all records that the
    /// daemon before this one has given it.
    pub(super) fn begin(&mut self, is_certain: bool) -> Sequence {
        let desk = Arc::clone(&self.desk);
        let mut intake = lock(&desk.intake);
        let (mut lost, mut begin) = (Vec::new(), Vec::new());
        if !is_certain {
            tag_of_lost(&mut lost, intake.last_process);
            intake.sequence += 1;
            self.push(&intake, &lost, &[]);
        }
        tag_of_begin(&mut begin, intake.last_process);
        intake.sequence += 1;
        self.push(&intake, &begin, &[]);
        // From its number on all are new, whatever was lost before.
        match self.journal.write() {
            Ok(()) => {
                if let Err(error) = self.journal.declare_complete() {
                    let text = format!("cannot note that it is complete: {error}");
                    lock(&desk.faults).failed(&text, 0, 0);
                }
            }
            Err(error) => lock(&desk.faults).failed(&error, error.lost, error.bytes),
        }
        intake.sequence
    }

    /// Writes until the queue is closed.
    pub(super) fn run(mut self) {
        let mut sync_faults = Faults::new("results may be lost when the machine stops");
        let desk = Arc::clone(&self.desk);
        while self.take(&desk) {
            // Full: it has been told before, and has not come to it yet.
            let _ = self.watch.try_send(());
            let records = self.journal.pending();
            match self.journal.write() {
                Ok(()) => self.gauges.add_written(records),
                Err(error) => {
                    self.gauges.add_written(records.saturating_sub(error.lost));
                    lock(&desk.faults).failed(&error, error.lost, error.bytes);
                }
            }
            if self.durability == Durability::Fsync {
                match self.journal.sync() {
                    Ok(()) => sync_faults.succeeded(),
                    Err(error) => sync_faults.failed(&error),
                }
            }
            self.gauges.set_bytes(self.journal.size());
            desk.finish();
            self.recover(&desk);
            let _ = self.upkeep.try_send(());
        }
        let mut intake = lock(&desk.intake);
        let mut tag = Vec::new();
        tag_of_end(&mut tag);
        intake.sequence += 1;
        self.push(&intake, &tag, &[]);
        if let Err(error) = self.journal.write() {
            lock(&desk.faults).failed(&error, error.lost, error.bytes);
        }
        drop(self.upkeep);
        if self.upkeep_thread.join().is_err() {
            tracing::error!("the thread that syncs the journal panicked; please report it, with the log");
        }
    }

    /// Takes what has come, numbered, for the next write; waits until there is something. False when nothing comes any more.
    fn take(&mut self, desk: &Desk) -> bool {
        let mut intake = lock(&desk.intake);
        if intake.is_closed {
            return false;
        }
        let Ok(first) = intake.queue.recv() else { return false };
        let mut batch = vec![first];
        batch.extend(intake.queue.try_iter().take(BATCH - 1));
        for queued in &mut batch {
            self.add(&mut intake, queued);
        }
        desk.begin(batch);
        true
    }

    /// Adds a record to those that are written next.
    fn add(&mut self, intake: &mut Intake, queued: &mut Queued) {
        if !intake.number(queued) {
            intake.is_closed |= matches!(queued, Queued::Close);
            return;
        }
        let mut tag = Vec::new();
        match queued {
            Queued::Run(record, waiting) => {
                tag_of_run(&mut tag, record, waiting);
                self.push(intake, &tag, &payload_of_run(record));
            }
            Queued::Started(StartedRun { plugin, started, is_forced }, run, generation) => {
                let (plugin, started) = (plugin.as_str(), started.timestamp_micros());
                let (run, generation, is_forced) = (*run, *generation, *is_forced);
                tag_of_start(&mut tag, StartedEntry { plugin, run, started, is_forced, generation });
                self.push(intake, &tag, &[]);
            }
            Queued::Process(id, plugins, triggered_by) => {
                tag_of_process(&mut tag, *id, triggered_by.as_deref());
                self.push(intake, &tag, &[&payload_of_process(plugins)]);
            }
            Queued::Plan(plugin, from) => {
                tag_of_plan(&mut tag, plugin.as_str(), from.timestamp_micros());
                self.push(intake, &tag, &[]);
            }
            Queued::Wait(_) | Queued::Close => {}
        }
    }

    /// When the disk has room again, notes in the journal that records are missing before this.
    fn recover(&mut self, desk: &Desk) {
        let (is_failing, room) = {
            let mut faults = lock(&desk.faults);
            (faults.are_there(), faults.wanted_room())
        };
        if is_failing {
            self.journal.declare_incomplete();
        }
        let Some(room) = room else { return };
        if self.journal.probe(room).is_err() {
            return;
        }
        let mut intake = lock(&desk.intake);
        let mut tag = Vec::new();
        tag_of_lost(&mut tag, intake.last_process);
        intake.sequence += 1;
        self.push(&intake, &tag, &[]);
        if self.journal.write().is_ok() && self.journal.declare_complete().is_ok() {
            lock(&desk.faults).are_over();
        }
    }

    /// Adds a record with the number that the intake has come to.
    fn push(&mut self, intake: &Intake, tag: &[u8], payload: &[&[u8]]) {
        if let Err(error) = self.journal.push(intake.sequence, tag, payload) {
            tracing::error!("journal: {error}; it is kept in memory only");
            // In its place, so that a run whose result is missing does not look like one that had none.
            let mut lost = Vec::new();
            tag_of_lost(&mut lost, intake.last_process);
            let _ = self.journal.push(intake.sequence, &lost, &[]);
        }
    }
}
