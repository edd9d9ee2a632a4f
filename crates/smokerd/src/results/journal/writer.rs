//! The thread that writes records, and then has them shown: what a client has seen is in the journal.
//!
//! Why a thread: a `write(2)` takes two microseconds, but may take seconds when the disk is busy or gone, and a task of a
//! plugin must never wait for it. All records that have come while it wrote are the next write, and those of a moment where they
//! come fast.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, SyncSender};
use std::thread::JoinHandle;
use std::time::Instant;

use smoker_config::spec::settings::Durability;
use smoker_journal::journal::Journal;
use smoker_journal::segments::content::separate;

use crate::results::journal::desk::{Desk, Intake, lock};
use crate::results::journal::faults::{Faults, ROOM};
use crate::results::journal::gauges::JournalGauges;
use crate::results::journal::group_commit::{FlushSignal, WriteRate};
use crate::results::journal::queue::Queued;
use crate::results::journal::records::encoded::put;
use crate::results::journal::records::entry::{tag_of_begin, tag_of_end, tag_of_lost};
use crate::results::kept::history::Sequence;

/// How many records are written at once at most.
const BATCH: usize = 1024;

/// The writing end of the journal.
pub(super) struct Writer {
    pub(super) journal: Journal,
    pub(super) desk: Arc<Desk>,
    pub(super) gauges: Arc<JournalGauges>,
    pub(super) durability: Durability,
    pub(super) flush: Arc<FlushSignal>,
    pub(super) rate: WriteRate,
    /// Is told of each write that begins.
    pub(super) watch: SyncSender<()>,
    /// Says that there is something to sync, or that the journal may have become too large.
    pub(super) upkeep: SyncSender<()>,
    pub(super) upkeep_thread: JoinHandle<()>,
    /// Dropped when all is written.
    pub(super) _ended: Sender<()>,
}

impl Writer {
    /// Writes that the daemon starts, and returns the number of that record. `is_certain`: the journal has all records that the
    /// daemon before this one has given it.
    pub(super) fn begin(&mut self, is_certain: bool) -> Sequence {
        let desk = Arc::clone(&self.desk);
        let mut intake = lock(&desk.intake);
        let (mut lost, mut begin) = (Vec::new(), Vec::new());
        if !is_certain {
            tag_of_lost(&mut lost, intake.last_process);
            intake.sequence += 1;
            self.push(&intake, &lost);
        }
        tag_of_begin(&mut begin, intake.last_process);
        intake.sequence += 1;
        self.push(&intake, &begin);
        self.write(&desk);
        // From its number on all are new, whatever was lost before.
        self.declare(&desk, Journal::declare_complete_unsynced);
        intake.sequence
    }

    /// Writes until the queue is closed.
    pub(super) fn run(mut self) {
        let mut sync_faults = Faults::new("results may be lost when the machine stops");
        let desk = Arc::clone(&self.desk);
        self.sync_note(&desk);
        while self.take(&desk) {
            // Full: it has been told before, and has not come to it yet.
            let _ = self.watch.try_send(());
            self.write(&desk);
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
        let is_failing = lock(&desk.faults).are_there();
        if is_failing {
            self.write_late(&desk);
        }
        let mut intake = lock(&desk.intake);
        let mut tag = Vec::new();
        if desk.late.dropped() > 0 {
            tag_of_lost(&mut tag, intake.last_process);
            intake.sequence += 1;
            self.push(&intake, &tag);
            tag.clear();
        }
        tag_of_end(&mut tag);
        intake.sequence += 1;
        self.push(&intake, &tag);
        drop(intake);
        self.write(&desk);
        if is_failing && desk.late.bytes() == 0 {
            let _ = self.journal.declare_complete();
        }
        drop(self.upkeep);
        if self.upkeep_thread.join().is_err() {
            tracing::error!("the thread that syncs the journal panicked; please report it, with the log");
        }
    }

    /// Brings the note of the start to the device. That waits for all that others have written there, too: the daemon answers
    /// meanwhile, and only new results wait for it. None of them may be shown before: a machine that stops then would leave the note of the
    /// daemon before, which knows nothing of their numbers.
    fn sync_note(&mut self, desk: &Desk) {
        // It is watched like any write.
        desk.begin(Vec::new());
        let _ = self.watch.try_send(());
        self.declare(desk, Journal::declare_complete);
        desk.finish();
        // Others have taken records while the device did not answer.
        if lock(&desk.faults).are_there() {
            self.journal.declare_incomplete();
        }
    }

    /// Notes that the journal is complete, unless it could not be written. The lock is not held while that waits.
    fn declare(&self, desk: &Desk, note: impl Fn(&Journal) -> io::Result<()>) {
        let is_failing = lock(&desk.faults).are_there();
        if !is_failing && let Err(error) = note(&self.journal) {
            lock(&desk.faults).failed(&format!("cannot note that it is complete: {error}"));
        }
    }

    /// Takes what has come, numbered, for the next write; waits until there is something. False when nothing comes any more.
    fn take(&mut self, desk: &Desk) -> bool {
        let mut intake = lock(&desk.intake);
        if intake.is_closed {
            return false;
        }
        let Ok(first) = intake.queue.recv() else { return false };
        // Where each write is synced, that takes long enough for others to come.
        if self.durability != Durability::Fsync {
            self.flush.wait(&self.rate);
            self.rate.note(Instant::now());
        }
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
        let (sequence, journal) = (intake.sequence, &mut self.journal);
        put(queued, intake.last_process, &mut |tag, payload| journal.push(sequence, tag, payload));
    }

    /// Writes what was added. What cannot be written is kept.
    fn write(&mut self, desk: &Desk) {
        let records = self.journal.pending();
        match self.journal.write() {
            Ok(()) => self.gauges.add_written(records),
            Err(error) => {
                self.gauges.add_written(records.saturating_sub(error.lost));
                desk.keep_late(separate(&error.records));
                lock(&desk.faults).failed(&error);
            }
        }
        if let Some(path) = self.journal.take_removed() {
            tracing::error!(
                "journal: {} was removed while it was written: what it had is written again. Results in other files that were removed are lost after the next start; \
                 restore them from a backup before it",
                path.display()
            );
            // The note says so until all is known to be there again, which it never is.
            self.journal.declare_incomplete();
        }
    }

    /// When the disk has room again, writes what could not be written, and notes in the journal when records are missing before this.
    fn recover(&mut self, desk: &Desk) {
        let (is_failing, is_time) = {
            let mut faults = lock(&desk.faults);
            (faults.are_there(), faults.is_time_to_look())
        };
        if is_failing {
            self.journal.declare_incomplete();
        }
        if !is_time {
            return;
        }
        // It is watched like any write.
        desk.begin(Vec::new());
        let _ = self.watch.try_send(());
        let is_written = self.journal.probe(desk.late.bytes() as u64 + ROOM).is_ok() && self.write_late(desk);
        desk.finish();
        if !is_written {
            return;
        }
        let dropped = desk.late.dropped();
        if dropped > 0 {
            let mut intake = lock(&desk.intake);
            let mut tag = Vec::new();
            tag_of_lost(&mut tag, intake.last_process);
            intake.sequence += 1;
            self.push(&intake, &tag);
            drop(intake);
            self.write(desk);
        }
        // Something may have come while the disk did not answer.
        if desk.late.bytes() == 0 && self.journal.declare_complete().is_ok() {
            lock(&desk.faults).are_over(desk.late.take_dropped());
        }
    }

    /// Puts the records that could not be written into their places.
    fn write_late(&mut self, desk: &Desk) -> bool {
        let late = desk.late.all();
        match self.journal.insert(&late) {
            Ok(()) => {
                self.gauges.add_written(late.len());
                desk.late.remove(&late);
                true
            }
            Err(error) => {
                if error.kind() == io::ErrorKind::FileTooLarge {
                    desk.late.drop_largest();
                }
                false
            }
        }
    }

    /// Adds a record without a payload, with the number that the intake has come to.
    fn push(&mut self, intake: &Intake, tag: &[u8]) {
        // Such a tag has a few bytes.
        let _ = self.journal.push(intake.sequence, tag, &[]);
    }
}
