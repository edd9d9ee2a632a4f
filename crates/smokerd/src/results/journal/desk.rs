//! What the writer shares with those who watch it: the queue, and what is being written.

use std::mem;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use smoker_journal::segments::content::{Entry, separate};

use crate::results::events::Event;
use crate::results::journal::faults::WriteFaults;
use crate::results::journal::late::LateRecords;
use crate::results::journal::queue::{JournalQueue, Queued, WaitingBytes};
use crate::results::journal::records::encoded::encoded;
use crate::results::kept::history::Sequence;
use crate::results::processes::process::ProcessId;
use crate::results::store::SharedState;

/// How often it is looked whether the writer has come back.
const BEAT: Duration = Duration::from_millis(50);

/// After how many records those that listen are woken while a batch is shown: they fall behind no further than this.
const EVENTS_AT_ONCE: usize = 128;

/// When a write is taken for stuck.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// The time that it may take.
    pub(super) time: Duration,
    /// The bytes of records that may wait for it meanwhile.
    pub(super) bytes: usize,
}

/// The records on their way to the journal.
pub(super) struct Desk {
    /// Held by who takes records from the queue: their numbers are those of their order.
    pub(super) intake: Mutex<Intake>,
    writing: Mutex<Writing>,
    pub(super) faults: Mutex<WriteFaults>,
    pub(super) late: LateRecords,
    waiting: WaitingBytes,
    state: SharedState,
}

/// The receiving end of the queue.
pub(super) struct Intake {
    pub(super) queue: Receiver<Queued>,
    /// The number of the newest record.
    pub(super) sequence: Sequence,
    /// The newest process that was in the queue.
    pub(super) last_process: ProcessId,
    /// Whether nothing comes any more.
    pub(super) is_closed: bool,
}

/// What is being written.
#[derive(Default)]
struct Writing {
    batch: Vec<Queued>,
    since: Option<Instant>,
}

impl Desk {
    /// Records and processes have numbers above these.
    pub(super) fn new(
        queue: Receiver<Queued>,
        sender: &JournalQueue,
        state: SharedState,
        (sequence, last_process): (Sequence, ProcessId),
    ) -> Self {
        let intake = Intake { queue, sequence, last_process, is_closed: false };
        let faults = Mutex::new(WriteFaults::new(Arc::clone(sender.gauges())));
        let (waiting, late) = (sender.waiting(), sender.late().clone());
        Self { intake: Mutex::new(intake), writing: Mutex::default(), faults, late, waiting, state }
    }

    /// These records are numbered and are being written.
    pub(super) fn begin(&self, batch: Vec<Queued>) {
        for queued in &batch {
            self.waiting.subtract(queued);
        }
        *lock(&self.writing) = Writing { batch, since: Some(Instant::now()) };
    }

    /// The write has returned: its records are shown, unless others have done that.
    pub(super) fn finish(&self) {
        let Writing { batch, .. } = mem::take(&mut *lock(&self.writing));
        self.show(batch);
    }

    /// Whether something is being written.
    pub(super) fn is_writing(&self) -> bool {
        lock(&self.writing).since.is_some()
    }

    /// Shows what is being written and what comes, in its order, until the writer comes back, when it is stuck. What comes is
    /// not written then.
    pub(super) fn pass_over(&self, patience: Patience) {
        let since = lock(&self.writing).since;
        let Some(time) = since.map(|since| since.elapsed()) else { return };
        if time < patience.time && self.waiting.bytes() < patience.bytes {
            return;
        }
        // The writer holds it only while it takes records.
        let mut intake = lock(&self.intake);
        let batch = {
            let mut writing = lock(&self.writing);
            if writing.since != since {
                return;
            }
            mem::take(&mut writing.batch)
        };
        self.failed(format_args!("the disk has not answered for {} s", time.as_secs()));
        self.show(batch);
        while self.is_writing() && !intake.is_closed {
            match intake.queue.recv_timeout(BEAT) {
                Ok(mut queued) => {
                    self.waiting.subtract(&queued);
                    if intake.number(&mut queued) {
                        self.failed("the disk does not answer");
                        self.keep_late(separate(&encoded(intake.sequence, &queued, intake.last_process)));
                    }
                    intake.is_closed |= self.show(vec![queued]);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => intake.is_closed = true,
            }
        }
    }

    fn failed(&self, error: impl std::fmt::Display) {
        lock(&self.faults).failed(&error);
    }

    /// Keeps records that could not be written.
    pub(super) fn keep_late(&self, records: Vec<Entry>) {
        self.late.add(records, || self.state.kept_records());
    }

    /// Shows records, and returns whether the queue is closed with them.
    fn show(&self, batch: Vec<Queued>) -> bool {
        let mut is_closed = false;
        for (at, queued) in batch.into_iter().enumerate() {
            match queued {
                Queued::Run(record, waiting) => drop(self.state.store_silently(record, &waiting)),
                Queued::Wait(waiter) => drop(waiter.send(())),
                Queued::Close => is_closed = true,
                Queued::Started(started, ..) => self.state.announce_silently(Event::Started(Arc::new(started))),
                Queued::Process(..) | Queued::Plan(..) => {}
            }
            if (at + 1) % EVENTS_AT_ONCE == 0 {
                self.state.wake_subscribers();
            }
        }
        self.state.wake_subscribers();
        is_closed
    }
}

impl Intake {
    /// Gives a record its number. False for what is no record.
    pub(super) fn number(&mut self, queued: &mut Queued) -> bool {
        if matches!(queued, Queued::Wait(_) | Queued::Close) {
            return false;
        }
        self.sequence += 1;
        match queued {
            Queued::Run(record, _) => record.sequence = self.sequence,
            Queued::Process(id, ..) => self.last_process = *id,
            _ => {}
        }
        true
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
