//! The broadcast of run records, and of what else happens, to the parts of the daemon that follow them.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::run_record::{RunRecord, RunState, RunTrigger};
use smoker_model::status::Status;
use smoker_model::wire::events::SilenceEvent;
use tokio::sync::Notify;

/// How many events a subscriber may be behind: two seconds of those of a thousand runs a second.
const MAX_EVENTS: usize = 4096;

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
    /// A run that was skipped because of another plugin takes place no more, so that nothing waits for it.
    GivenUp(PluginName),
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

/// The newest events, for all subscribers. What a subscriber does here takes the same time however many others there are.
#[derive(Debug, Default)]
struct Buffer {
    events: VecDeque<Unread>,
    bytes: usize,
    /// How many events have been published before the first in `events`.
    start: u64,
    /// How many subscribers have read all.
    at_end: usize,
    /// How many subscribers there are.
    subscribers: usize,
}

/// An event that not all subscribers have read.
#[derive(Debug)]
struct Unread {
    event: Event,
    /// How many subscribers read it next. Those that have lost events count at the first of all.
    readers: usize,
}

/// A place in the sequence of events.
#[derive(Debug)]
pub(crate) struct Subscription {
    events: RunEvents,
    /// How many events had been published before the next one that the subscriber reads.
    position: u64,
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
        let evicted = self.add(event);
        self.wake();
        evicted
    }

    /// As [`Self::publish`], but subscribers that wait do so until [`Self::wake`]: each wakes up once for several events.
    pub(super) fn add(&self, event: Event) -> Vec<Event> {
        self.lock().push(event)
    }

    /// Wakes the subscribers that wait.
    pub(super) fn wake(&self) {
        self.0.published.notify_waiters();
    }

    /// Follows the events that are published from now on.
    pub(crate) fn subscribe(&self) -> Subscription {
        let position = self.lock().subscribe();
        Subscription { events: self.clone(), position }
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.0.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buffer {
    fn subscribe(&mut self) -> u64 {
        self.subscribers += 1;
        self.at_end += 1;
        self.start + self.events.len() as u64
    }

    fn push(&mut self, event: Event) -> Vec<Event> {
        if self.subscribers == 0 {
            return Vec::new();
        }
        self.bytes += size(&event);
        self.events.push_back(Unread { event, readers: std::mem::take(&mut self.at_end) });
        let mut evicted = Vec::new();
        while self.events.len() > MAX_EVENTS || (self.bytes > MAX_BYTES && self.events.len() > 1) {
            let Some(Unread { event, readers }) = self.pop() else { break };
            // They have lost it.
            *self.readers(0) += readers;
            evicted.push(event);
        }
        evicted
    }

    fn pop(&mut self) -> Option<Unread> {
        let oldest = self.events.pop_front()?;
        self.start += 1;
        self.bytes -= size(&oldest.event);
        Some(oldest)
    }

    /// How many subscribers read the event at this place next.
    fn readers(&mut self, at: usize) -> &mut usize {
        self.events.get_mut(at).map_or(&mut self.at_end, |unread| &mut unread.readers)
    }

    /// The place of an event; that of the first for one that was evicted.
    fn place(&self, position: u64) -> usize {
        usize::try_from(position.saturating_sub(self.start)).unwrap_or(usize::MAX)
    }

    /// What a subscriber at this position reads next, and moves it; none when it has read all.
    fn read(&mut self, position: &mut u64) -> Option<Received> {
        if *position < self.start {
            let lost = self.start - *position;
            *position = self.start;
            return Some(Received::Lagged(lost));
        }
        let at = self.place(*position);
        let event = self.events.get(at)?.event.clone();
        *position += 1;
        *self.readers(at) -= 1;
        *self.readers(at + 1) += 1;
        Some(Received::Event(event))
    }

    fn unsubscribe(&mut self, position: u64) {
        let at = self.place(position);
        *self.readers(at) -= 1;
        self.subscribers -= 1;
    }

    /// Takes out what all subscribers have read.
    fn take_read(&mut self) -> Vec<Event> {
        let mut read = Vec::new();
        while self.events.front().is_some_and(|oldest| oldest.readers == 0) {
            read.extend(self.pop().map(|oldest| oldest.event));
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
        let event = buffer.read(&mut self.position);
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
        buffer.unsubscribe(self.position);
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

    /// Against the simplest way of keeping events, which is to keep all.
    #[test]
    fn subscribers_that_come_read_and_leave_at_random_read_all_and_what_all_have_read_is_freed() {
        let mut state = 15_u32;
        let mut random = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % below
        };
        let events = RunEvents::default();
        let (mut published, mut subscribers) = (0, Vec::<(Subscription, u64)>::new());
        for _ in 0..20_000 {
            match random(100) {
                0 if subscribers.len() < 5 => subscribers.push((events.subscribe(), published)),
                1 if !subscribers.is_empty() => drop(subscribers.swap_remove(random(subscribers.len()))),
                2..50 => {
                    published += 1;
                    drop(events.publish(skipped(published)));
                }
                _ if subscribers.is_empty() => {}
                _ => {
                    let at = random(subscribers.len());
                    let (subscription, position) = &mut subscribers[at];
                    for _ in 0..random(10) {
                        let next = subscription.try_next();
                        assert_eq!(next.is_some(), *position < published);
                        if next.is_some() {
                            *position += 1;
                            assert_eq!(read(next), (*position, 0));
                        }
                    }
                }
            }
            let oldest = subscribers.iter().map(|(_, position)| *position).min().unwrap_or(published);
            assert_eq!(events.lock().events.len() as u64, published - oldest);
        }
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
