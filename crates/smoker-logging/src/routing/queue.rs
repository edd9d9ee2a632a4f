//! The records that wait for one handler. The queue is bounded: a log that nobody
//! reads loses lines, but never blocks the daemon.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::records::record::Record;

/// How much memory the waiting records of one handler may take. A record that
/// is larger by itself is taken when none waits.
const MAX_QUEUED_BYTES: usize = 4 * 1024 * 1024;

/// The queue of one handler.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    /// Notified when the writer has something to do.
    changed: Condvar,
    /// Notified when the writer has ended.
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Dropped since the last record that was taken.
    dropped: u64,
    /// Whether it has been said that records are dropped.
    is_overflowing: bool,
    is_to_reopen: bool,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// Queued records are still written; new ones are queued until then.
    Closing,
    /// The writer has ended.
    Ended,
}

/// A record and how many were dropped just before it.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) record: Arc<Record>,
    pub(crate) dropped: u64,
}

/// Whether a record was queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    Taken,
    /// Dropped as the first one: to be reported.
    FirstDropped,
    Dropped,
}

/// What the writer has to do.
#[derive(Debug)]
pub(crate) enum Task {
    Write(Waiting),
    Reopen,
    /// The queue is empty and closed; the number of records that were dropped last.
    End(u64),
}

/// Why a pause is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    InTime,
    ToReopen,
    ToClose,
}

impl Queue {
    /// Takes a record if there is room.
    pub(crate) fn put(&self, record: &Arc<Record>) -> Put {
        let mut state = self.lock();
        let size = record.size();
        let has_ended = state.phase == Phase::Ended;
        if has_ended || (state.bytes + size > MAX_QUEUED_BYTES && !state.waiting.is_empty()) {
            state.dropped += 1;
            let is_first = !std::mem::replace(&mut state.is_overflowing, true);
            return if is_first && !has_ended { Put::FirstDropped } else { Put::Dropped };
        }
        let dropped = std::mem::take(&mut state.dropped);
        state.bytes += size;
        state.waiting.push_back(Waiting { record: Arc::clone(record), dropped });
        drop(state);
        self.changed.notify_one();
        Put::Taken
    }

    /// Drops every record from now on, without a complaint.
    pub(crate) fn ignore(&self) {
        self.lock().phase = Phase::Ended;
    }

    /// Waits for a task.
    pub(crate) fn next(&self) -> Task {
        let mut state = self.lock();
        loop {
            if std::mem::take(&mut state.is_to_reopen) {
                return Task::Reopen;
            }
            if let Some(waiting) = state.waiting.pop_front() {
                state.bytes -= waiting.record.size();
                state.is_overflowing &= !state.waiting.is_empty();
                return Task::Write(waiting);
            }
            if state.phase == Phase::Closing {
                return Task::End(std::mem::take(&mut state.dropped));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits before the next try, unless there is a reason to try at once. The
    /// order to reopen is not used up: it is the next task.
    pub(crate) fn pause(&self, pause: Duration) -> Woken {
        let state = self.lock();
        let nothing_new = |state: &mut State| state.phase == Phase::Open && !state.is_to_reopen;
        let waited = self.changed.wait_timeout_while(state, pause, nothing_new);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match (state.phase, state.is_to_reopen) {
            (Phase::Closing | Phase::Ended, _) => Woken::ToClose,
            (Phase::Open, true) => Woken::ToReopen,
            (Phase::Open, false) => Woken::InTime,
        }
    }

    /// Clears the order to reopen; whether there was one.
    pub(crate) fn take_reopen(&self) -> bool {
        std::mem::take(&mut self.lock().is_to_reopen)
    }

    /// Has the writer reopen what it writes to.
    pub(crate) fn reopen(&self) {
        self.lock().is_to_reopen = true;
        self.changed.notify_one();
    }

    /// Has the writer end once nothing waits any more.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Open {
            state.phase = Phase::Closing;
        }
        drop(state);
        self.changed.notify_one();
    }

    /// The writer ends; returns how many records it leaves behind.
    pub(crate) fn end(&self) -> u64 {
        let mut state = self.lock();
        state.phase = Phase::Ended;
        let left = state.waiting.len() as u64 + state.dropped;
        state.waiting.clear();
        state.bytes = 0;
        drop(state);
        self.ended.notify_all();
        left
    }

    /// Waits for the writer's end.
    pub(crate) fn wait_for_end(&self, until: Instant) {
        let left = until.saturating_duration_since(Instant::now());
        drop(self.ended.wait_timeout_while(self.lock(), left, |state| state.phase != Phase::Ended));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::level::Level;

    fn record(size: usize) -> Arc<Record> {
        Arc::new(Record::new(Level::INFO, "smokerd".into(), "x".repeat(size)))
    }

    #[test]
    fn what_does_not_fit_is_dropped_and_counted_where_it_is_missing() {
        let queue = Queue::default();
        assert_eq!(queue.put(&record(2 * MAX_QUEUED_BYTES)), Put::Taken, "a record of any size has to get through");
        assert_eq!(queue.put(&record(1)), Put::FirstDropped);
        assert_eq!(queue.put(&record(1)), Put::Dropped);
        assert!(matches!(queue.next(), Task::Write(Waiting { dropped: 0, .. })));
        assert_eq!(queue.put(&record(1)), Put::Taken);
        assert!(matches!(queue.next(), Task::Write(Waiting { dropped: 2, .. })));
        assert_eq!(queue.put(&record(2 * MAX_QUEUED_BYTES)), Put::Taken);
        assert_eq!(queue.put(&record(1)), Put::FirstDropped, "it has caught up in between");
    }

    #[test]
    fn what_waits_is_written_before_the_end() {
        let queue = Queue::default();
        queue.put(&record(1));
        queue.close();
        assert!(matches!(queue.next(), Task::Write(_)));
        assert!(matches!(queue.next(), Task::End(0)));
        assert_eq!(queue.end(), 0);
        queue.wait_for_end(Instant::now());
        assert_eq!(queue.put(&record(1)), Put::Dropped);
    }
}
