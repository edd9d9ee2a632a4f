//! The broadcast of run records, and of what else happens, to the parts of the daemon that follow them.

use std::collections::{BTreeMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::run_record::{RunRecord, RunState, RunTrigger};
use smoker_model::status::Status;
use smoker_model::wire::events::SilenceEvent;
use tokio::sync::Notify;

/// How many events a subscriber may be behind.
const MAX_EVENTS: usize = 1024;

/// How many bytes of results, by their JSON texts, a subscriber may be behind.
/// As data a result takes several times its text.
const MAX_BYTES: usize = 4 << 20;

/// Memory of an event beside the texts of its record, in bytes.
const OVERHEAD: usize = std::mem::size_of::<RunRecord>();

/// What happens.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A run has a result, or was skipped.
    Record {
        record: Arc<RunRecord>,
        /// The status of the plugin's result before, where there is one.
        previous: Option<Status>,
        /// What is sent to all who listen.
        text: SharedText,
    },
    /// A run has begun.
    Started(Arc<StartedRun>),
    /// A reload is in effect.
    Reloaded(PluginCounts),
    /// A silence was made, or has ended.
    Silence(Arc<SilenceEvent>),
}

/// An event as text, written for the first who sends it, and in memory once for all of them. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedText(Arc<OnceLock<Bytes>>);

impl SharedText {
    /// The text, which `write` gives to the first who asks.
    pub(crate) fn get(&self, write: impl FnOnce() -> String) -> Bytes {
        self.0.get_or_init(|| write().into()).clone()
    }
}

/// A run that has begun.
#[derive(Debug)]
pub(crate) struct StartedRun {
    pub(crate) plugin: PluginName,
    pub(crate) started: DateTime<Utc>,
    /// When it was to start.
    pub(crate) planned: DateTime<Utc>,
    pub(crate) trigger: RunTrigger,
}

/// What a reload has done, in numbers of plugins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PluginCounts {
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) removed: usize,
    pub(crate) unchanged: usize,
}

/// Broadcasts events to subscribers. Publishing never waits: a subscriber that
/// is too far behind loses the oldest events, and is told how many. Without
/// subscribers nothing is kept, nor what all of them have read. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunEvents(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    buffer: Mutex<Buffer>,
    published: Notify,
}

/// The newest events, for all subscribers.
#[derive(Debug, Default)]
struct Buffer {
    events: VecDeque<Event>,
    bytes: usize,
    /// How many events have been published before the first in `events`.
    start: u64,
    /// How many events have been published before the next one that each subscriber reads, by the subscriber's number.
    positions: BTreeMap<u64, u64>,
    /// The number of the next subscriber.
    next: u64,
}

/// A place in the sequence of events.
#[derive(Debug)]
pub(crate) struct Subscription {
    events: RunEvents,
    number: u64,
}

/// What a subscriber reads.
#[derive(Debug)]
pub(crate) enum Received {
    /// The next event.
    Event(Event),
    /// This many events were dropped before the subscriber came to read them.
    Lagged(u64),
}

impl RunEvents {
    /// Offers an event to all subscribers. Returns the events that no longer
    /// fit into the buffer: the caller frees them when it holds no lock.
    pub(crate) fn publish(&self, event: Event) -> Vec<Event> {
        let evicted = self.lock().push(event);
        self.0.published.notify_waiters();
        evicted
    }

    /// Follows the events that are published from now on.
    pub(crate) fn subscribe(&self) -> Subscription {
        let mut buffer = self.lock();
        let (number, end) = (buffer.next, buffer.end());
        buffer.next += 1;
        buffer.positions.insert(number, end);
        Subscription { events: self.clone(), number }
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.0.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buffer {
    fn end(&self) -> u64 {
        self.start + self.events.len() as u64
    }

    fn push(&mut self, event: Event) -> Vec<Event> {
        if self.positions.is_empty() {
            return Vec::new();
        }
        self.bytes += size(&event);
        self.events.push_back(event);
        let mut evicted = Vec::new();
        while self.events.len() > MAX_EVENTS || (self.bytes > MAX_BYTES && self.events.len() > 1) {
            evicted.extend(self.pop());
        }
        evicted
    }

    fn pop(&mut self) -> Option<Event> {
        let oldest = self.events.pop_front()?;
        self.start += 1;
        self.bytes -= size(&oldest);
        Some(oldest)
    }

    /// What a subscriber reads next; none when it has read all.
    fn read(&mut self, subscriber: u64) -> Option<Received> {
        let position = self.positions.get_mut(&subscriber)?;
        if *position < self.start {
            let lost = self.start - *position;
            *position = self.start;
            return Some(Received::Lagged(lost));
        }
        let event = self.events.get(usize::try_from(*position - self.start).ok()?)?.clone();
        *position += 1;
        Some(Received::Event(event))
    }

    /// Takes out what all subscribers have read.
    fn take_read(&mut self) -> Vec<Event> {
        let oldest = self.positions.values().copied().min().unwrap_or_else(|| self.end());
        let mut read = Vec::new();
        while self.start < oldest {
            read.extend(self.pop());
        }
        read
    }
}

impl Subscription {
    /// Waits for the next event. May be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Received {
        let events = self.events.clone();
        loop {
            let mut published = pin!(events.0.published.notified());
            // From here on an event that is published is noticed, also one that comes before the wait.
            published.as_mut().enable();
            if let Some(event) = self.try_next() {
                return event;
            }
            published.await;
        }
    }

    /// The next event, if there is one already.
    pub(crate) fn try_next(&mut self) -> Option<Received> {
        let mut buffer = self.events.lock();
        let event = buffer.read(self.number);
        let read = buffer.take_read();
        // Freed after the lock is released.
        drop(buffer);
        drop(read);
        event
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut buffer = self.events.lock();
        buffer.positions.remove(&self.number);
        let unread = buffer.take_read();
        // Freed after the lock is released.
        drop(buffer);
        drop(unread);
    }
}

fn size(event: &Event) -> usize {
    let Event::Record { record, .. } = event else { return OVERHEAD };
    let text = match &record.state {
        RunState::Skipped { .. } => 0,
        RunState::Finished(run) => run.text.size(),
    };
    OVERHEAD + text
}

#[cfg(test)]
mod tests {
    use smoker_model::run_record::{RunTrigger, SkipReason};
    use smoker_model::time::moment::Moment;

    use super::*;
    use crate::results::samples;

    fn skipped(sequence: u64) -> Event {
        event(RunRecord {
            sequence,
            plugin: "a".into(),
            trigger: RunTrigger::Schedule,
            planned: Moment::now(),
            state: RunState::Skipped { reason: SkipReason::Overlap, count: 1 },
        })
    }

    fn event(record: RunRecord) -> Event {
        Event::Record { record: Arc::new(record), previous: None, text: SharedText::default() }
    }

    fn read(event: Option<Received>) -> (u64, u64) {
        match event.expect("something to read") {
            Received::Event(Event::Record { record, .. }) => (record.sequence, 0),
            Received::Lagged(lost) => (0, lost),
            Received::Event(other) => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn each_subscriber_reads_all_records_from_its_subscription_on() {
        let events = RunEvents::default();
        events.publish(skipped(1));
        let mut early = events.subscribe();
        events.publish(skipped(2));
        let mut late = events.subscribe();
        let waiting = tokio::spawn(async move { (read(Some(late.next().await)), late) });
        tokio::task::yield_now().await;
        events.publish(skipped(3));
        let (first, late) = waiting.await.expect("no panic");
        assert_eq!(first, (3, 0));
        assert_eq!((read(early.try_next()), read(early.try_next())), ((2, 0), (3, 0)));
        assert!(early.try_next().is_none());
        drop((early, late));
        assert!(events.lock().events.is_empty());
    }

    #[test]
    fn a_slow_subscriber_loses_the_oldest_records_and_never_delays_publishing() {
        let events = RunEvents::default();
        let mut slow = events.subscribe();
        let mut quick = events.subscribe();
        let published = MAX_EVENTS as u64 + 10;
        let mut evicted = 0;
        for sequence in 1..=published {
            evicted += events.publish(skipped(sequence)).len();
            assert_eq!(read(quick.try_next()), (sequence, 0));
        }
        assert_eq!((evicted, events.lock().events.len()), (10, MAX_EVENTS));
        assert_eq!(read(slow.try_next()), (0, 10));
        assert_eq!(read(slow.try_next()), (11, 0));
    }

    #[test]
    fn large_results_are_bounded_by_their_bytes() {
        let events = RunEvents::default();
        let mut slow = events.subscribe();
        let text = "x".repeat(MAX_BYTES / 4);
        for _ in 0..10 {
            events.publish(event(samples::finished(&"a".into(), &text)));
        }
        assert_eq!(events.lock().events.len(), 3);
        assert!(events.lock().bytes <= MAX_BYTES);
        assert_eq!(read(slow.try_next()), (0, 7));
        let larger = "x".repeat(2 * MAX_BYTES);
        events.publish(event(samples::finished(&"a".into(), &larger)));
        assert_eq!(events.lock().events.len(), 1, "the newest record always fits");
    }
}
