//! The thread that writes records, and then has them shown: what a client has seen is in the journal.
//!
//! Why a thread: a `write(2)` takes two microseconds, but may take seconds when the disk is busy or gone, and a task of a
//! plugin must never wait for it. All records that have come while it wrote are the next write.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::thread::JoinHandle;

use smoker_config::spec::settings::Durability;
use smoker_journal::journal::Journal;

use crate::results::events::{Event, StartedRun};
use crate::results::journal::entry::{
    StartedEntry, payload_of_process, payload_of_run, tag_of_begin, tag_of_end, tag_of_plan, tag_of_process,
    tag_of_run, tag_of_start,
};
use crate::results::journal::faults::Faults;
use crate::results::journal::queue::Queued;
use crate::results::kept::history::Sequence;
use crate::results::processes::process::ProcessId;
use crate::results::store::SharedState;

/// How many records are written at once at most.
const BATCH: usize = 1024;

/// The writing end of the journal.
pub(super) struct Writer {
    pub(super) journal: Journal,
    pub(super) queue: Receiver<Queued>,
    pub(super) state: SharedState,
    /// The number of the newest record.
    pub(super) sequence: Sequence,
    pub(super) durability: Durability,
    /// Says that there is something to sync, or that the journal may have become too large.
    pub(super) upkeep: SyncSender<()>,
    pub(super) upkeep_thread: JoinHandle<()>,
}

impl Writer {
    /// Notes the start of the daemon, and returns the number of that record.
    pub(super) fn begin(&mut self, last_process: ProcessId) -> Sequence {
        let mut tag = Vec::new();
        tag_of_begin(&mut tag, last_process);
        self.push(&tag, &[]);
        self.sequence
    }

    /// Writes until the queue is closed.
    pub(super) fn run(mut self) {
        let mut faults = Faults::new("results are kept in memory only");
        let mut sync_faults = Faults::new("results may be lost when the machine stops");
        let mut batch = Vec::new();
        let mut is_open = true;
        while is_open && let Ok(first) = self.queue.recv() {
            batch.push(first);
            batch.extend(self.queue.try_iter().take(BATCH - 1));
            for queued in &mut batch {
                self.take(queued);
            }
            match self.journal.write() {
                Ok(()) => faults.succeeded(),
                Err(error) => faults.failed(&error, error.lost),
            }
            if self.durability == Durability::Fsync {
                match self.journal.sync() {
                    Ok(()) => sync_faults.succeeded(),
                    Err(error) => sync_faults.failed(&error, 0),
                }
            }
            for queued in batch.drain(..) {
                match queued {
                    Queued::Run(record, waiting) => drop(self.state.store(record, &waiting)),
                    Queued::Wait(waiter) => drop(waiter.send(())),
                    Queued::Close => is_open = false,
                    Queued::Started(started, _) => self.state.announce(Event::Started(Arc::new(started))),
                    Queued::Process(..) | Queued::Plan(..) => {}
                }
            }
            // Full: it has been told before, and has not come to it yet.
            let _ = self.upkeep.try_send(());
        }
        let mut tag = Vec::new();
        tag_of_end(&mut tag);
        self.push(&tag, &[]);
        if let Err(error) = self.journal.write() {
            faults.failed(&error, error.lost);
        }
        drop(self.upkeep);
        if self.upkeep_thread.join().is_err() {
            tracing::error!("the thread that syncs the journal panicked; please report it, with the log");
        }
    }

    /// Adds a record to those that are written next.
    fn take(&mut self, queued: &mut Queued) {
        let mut tag = Vec::new();
        match queued {
            Queued::Run(record, waiting) => {
                tag_of_run(&mut tag, record, waiting);
                self.push(&tag, &payload_of_run(record));
                record.sequence = self.sequence;
            }
            Queued::Started(StartedRun { plugin, started, is_forced }, run) => {
                let (plugin, started) = (plugin.as_str(), started.timestamp_micros());
                tag_of_start(&mut tag, StartedEntry { plugin, run: *run, started, is_forced: *is_forced });
                self.push(&tag, &[]);
            }
            Queued::Process(id, plugins, triggered_by) => {
                tag_of_process(&mut tag, *id, triggered_by.as_deref());
                self.push(&tag, &[&payload_of_process(plugins)]);
            }
            Queued::Plan(plugin, from) => {
                tag_of_plan(&mut tag, plugin.as_str(), from.timestamp_micros());
                self.push(&tag, &[]);
            }
            Queued::Wait(_) | Queued::Close => {}
        }
    }

    fn push(&mut self, tag: &[u8], payload: &[&[u8]]) {
        self.sequence += 1;
        if let Err(error) = self.journal.push(self.sequence, tag, payload) {
            tracing::error!("journal: {error}; it is kept in memory only");
        }
    }
}
