//! The bound on runs at a time (`nr_concurrent_plugins`).

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smoker_runner::context::RunKind;
use tokio::sync::oneshot;

/// Hands out the slots: to forced runs first, but when scheduled runs wait too, to both in turn. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Arc<Mutex<SlotQueue>>);

#[derive(Debug)]
struct SlotQueue {
    /// How many runs may go on at a time; none: any number.
    bound: Option<NonZeroUsize>,
    taken: usize,
    forced: VecDeque<oneshot::Sender<Slot>>,
    scheduled: VecDeque<oneshot::Sender<Slot>>,
    /// Whether a forced run got the last slot that a scheduled run waited for, too.
    is_turn_of_scheduled: bool,
}

/// The right to run; given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot(Option<Slots>);

impl Slots {
    /// `bound` slots; any number without a bound.
    pub(crate) fn new(bound: Option<NonZeroUsize>) -> Self {
        let (forced, scheduled) = (VecDeque::new(), VecDeque::new());
        Self(Arc::new(Mutex::new(SlotQueue { bound, taken: 0, forced, scheduled, is_turn_of_scheduled: false })))
    }

    /// Changes the bound. A higher one counts at once, a lower one as runs end.
    pub(crate) fn set_bound(&self, bound: Option<NonZeroUsize>) {
        self.lock().bound = bound;
        self.hand_out();
    }

    /// Waits for a slot. The future may be dropped while it waits.
    pub(crate) async fn take(&self, kind: RunKind) -> Slot {
        let waiting = {
            let mut slots = self.lock();
            if slots.has_room() && slots.forced.is_empty() && slots.scheduled.is_empty() {
                slots.taken += 1;
                return Slot(Some(self.clone()));
            }
            let (sender, receiver) = oneshot::channel();
            match kind {
                RunKind::Forced => slots.forced.push_back(sender),
                RunKind::Scheduled => slots.scheduled.push_back(sender),
            }
            receiver
        };
        // A run that has just ended may have left room without having handed it out yet.
        self.hand_out();
        // The queue lives as long as this handle to it, so the sender is never lost.
        waiting.await.unwrap_or(Slot(None))
    }

    /// Gives free slots to waiting runs.
    fn hand_out(&self) {
        loop {
            let next = self.lock().next();
            let Some(next) = next else { return };
            // A slot that is sent to a run which no longer waits comes back; it is
            // disarmed, so that its drop does not recurse, and sent to the next run.
            if let Err(mut refused) = next.send(Slot(Some(self.clone()))) {
                drop(refused.0.take());
                self.lock().taken -= 1;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, SlotQueue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SlotQueue {
    fn has_room(&self) -> bool {
        self.bound.is_none_or(|bound| self.taken < bound.get())
    }

    /// The run that gets a slot now; the slot counts as taken.
    fn next(&mut self) -> Option<oneshot::Sender<Slot>> {
        if !self.has_room() {
            return None;
        }
        // Runs that no longer wait must not use up a turn.
        for queue in [&mut self.forced, &mut self.scheduled] {
            while queue.front().is_some_and(oneshot::Sender::is_closed) {
                queue.pop_front();
            }
        }
        let both_wait = !self.forced.is_empty() && !self.scheduled.is_empty();
        let next = if both_wait && self.is_turn_of_scheduled {
            self.scheduled.pop_front()
        } else {
            self.forced.pop_front().or_else(|| self.scheduled.pop_front())
        };
        if both_wait {
            self.is_turn_of_scheduled = !self.is_turn_of_scheduled;
        }
        self.taken += usize::from(next.is_some());
        next
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(slots) = self.0.take() else { return };
        slots.lock().taken -= 1;
        slots.hand_out();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn forced_runs_get_the_next_slot_before_scheduled_ones() {
        let slots = Slots::new(NonZeroUsize::new(1));
        let held = slots.take(RunKind::Scheduled).await;
        let (order, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
        for (kind, name) in [(RunKind::Scheduled, "scheduled"), (RunKind::Forced, "forced")] {
            let (slots, order) = (slots.clone(), order.clone());
            let mut waiting = Box::pin(async move {
                let _slot = slots.take(kind).await;
                let _ = order.send(name);
            });
            // Polled once here, so that both are in their queues before the slot is free.
            assert!(futures_poll_once(&mut waiting).await.is_none());
            tokio::spawn(waiting);
        }
        drop(held);
        assert_eq!((arrivals.recv().await, arrivals.recv().await), (Some("forced"), Some("scheduled")));
    }

    #[tokio::test]
    async fn scheduled_runs_have_every_other_slot_however_many_forced_runs_wait() {
        let slots = Slots::new(NonZeroUsize::new(1));
        let held = slots.take(RunKind::Forced).await;
        let (order, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
        let kinds = [RunKind::Forced, RunKind::Forced, RunKind::Forced, RunKind::Scheduled, RunKind::Scheduled];
        for kind in kinds {
            let (slots, order) = (slots.clone(), order.clone());
            let mut waiting = Box::pin(async move {
                let _slot = slots.take(kind).await;
                let _ = order.send(kind);
            });
            assert!(futures_poll_once(&mut waiting).await.is_none());
            tokio::spawn(waiting);
        }
        drop((held, order));
        let mut served = Vec::new();
        while let Some(kind) = arrivals.recv().await {
            served.push(kind == RunKind::Forced);
        }
        assert_eq!(served, [true, false, true, false, true]);
    }

    #[tokio::test]
    async fn a_slot_offered_to_a_run_that_was_dropped_goes_to_the_next() {
        let slots = Slots::new(NonZeroUsize::new(1));
        let held = slots.take(RunKind::Forced).await;
        {
            let mut leaving = Box::pin(slots.take(RunKind::Forced));
            assert!(futures_poll_once(&mut leaving).await.is_none());
        }
        drop(held);
        let mut next = Box::pin(slots.take(RunKind::Scheduled));
        assert!(futures_poll_once(&mut next).await.is_some());
    }

    #[tokio::test]
    async fn another_bound_counts_for_waiting_and_for_running_runs() {
        let slots = Slots::new(NonZeroUsize::new(1));
        let first = slots.take(RunKind::Forced).await;
        let mut second = Box::pin(slots.take(RunKind::Scheduled));
        let mut third = Box::pin(slots.take(RunKind::Scheduled));
        assert!(futures_poll_once(&mut second).await.is_none());
        assert!(futures_poll_once(&mut third).await.is_none());
        slots.set_bound(NonZeroUsize::new(2));
        let second = futures_poll_once(&mut second).await.expect("there is room for two");
        assert!(futures_poll_once(&mut third).await.is_none());
        slots.set_bound(NonZeroUsize::new(1));
        drop(first);
        assert!(futures_poll_once(&mut third).await.is_none(), "one still runs");
        drop(second);
        let third = futures_poll_once(&mut third).await.expect("nothing runs");
        let mut fourth = Box::pin(slots.take(RunKind::Forced));
        assert!(futures_poll_once(&mut fourth).await.is_none());
        slots.set_bound(None);
        assert!(futures_poll_once(&mut fourth).await.is_some());
        drop(third);
    }

    async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        std::future::poll_fn(|context| match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
            std::task::Poll::Pending => std::task::Poll::Ready(None),
        })
        .await
    }
}
