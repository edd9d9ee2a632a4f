//! The bound on runs at a time (`nr_concurrent_plugins`).

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smoker_runner::runner::RunKind;
use tokio::sync::oneshot;

/// Hands out slots, to forced runs first. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Option<Arc<Mutex<Bounded>>>);

#[derive(Debug)]
struct Bounded {
    free: usize,
    forced: VecDeque<oneshot::Sender<Slot>>,
    scheduled: VecDeque<oneshot::Sender<Slot>>,
}

/// The right to run; given back when dropped.
#[derive(Debug)]
pub(crate) struct Slot(Option<Arc<Mutex<Bounded>>>);

impl Slots {
    /// As many slots as given; without a number there is no bound.
    pub(crate) fn new(bound: Option<NonZeroUsize>) -> Self {
        Self(bound.map(|bound| {
            Arc::new(Mutex::new(Bounded { free: bound.get(), forced: VecDeque::new(), scheduled: VecDeque::new() }))
        }))
    }

    /// Waits for a slot. May be dropped while it waits.
    pub(crate) async fn take(&self, kind: RunKind) -> Slot {
        let Some(bounded) = &self.0 else { return Slot(None) };
        let waiting = {
            let mut slots = lock(bounded);
            if slots.free > 0 {
                slots.free -= 1;
                return Slot(Some(Arc::clone(bounded)));
            }
            let (sender, receiver) = oneshot::channel();
            match kind {
                RunKind::Forced => slots.forced.push_back(sender),
                RunKind::Scheduled => slots.scheduled.push_back(sender),
            }
            receiver
        };
        // The queue lives as long as this handle to it, so the sender is never lost.
        waiting.await.unwrap_or(Slot(None))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(bounded) = self.0.take() else { return };
        loop {
            let next = {
                let mut slots = lock(&bounded);
                let next = slots.forced.pop_front().or_else(|| slots.scheduled.pop_front());
                if next.is_none() {
                    slots.free += 1;
                }
                next
            };
            // A slot that is offered to somebody who no longer waits comes back,
            // disarmed so that its drop does not recurse, and is offered to the next.
            match next.map(|next| next.send(Slot(Some(Arc::clone(&bounded))))) {
                Some(Err(mut refused)) => drop(refused.0.take()),
                Some(Ok(())) | None => return,
            }
        }
    }
}

fn lock(bounded: &Mutex<Bounded>) -> MutexGuard<'_, Bounded> {
    bounded.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn forced_runs_get_the_next_slot_before_timed_ones() {
        let slots = Slots::new(NonZeroUsize::new(1));
        let held = slots.take(RunKind::Scheduled).await;
        let (order, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
        for (kind, name) in [(RunKind::Scheduled, "timed"), (RunKind::Forced, "forced")] {
            let (slots, order) = (slots.clone(), order.clone());
            let mut waiting = Box::pin(async move {
                let _slot = slots.take(kind).await;
                let _ = order.send(name);
            });
            // Polled once here, so that both stand in their queues before the slot is free.
            assert!(futures_poll_once(&mut waiting).await.is_none());
            tokio::spawn(waiting);
        }
        drop(held);
        assert_eq!((arrivals.recv().await, arrivals.recv().await), (Some("forced"), Some("timed")));
    }

    #[tokio::test]
    async fn a_slot_offered_to_somebody_who_left_goes_to_the_next() {
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

    async fn futures_poll_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        std::future::poll_fn(|context| match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(output) => std::task::Poll::Ready(Some(output)),
            std::task::Poll::Pending => std::task::Poll::Ready(None),
        })
        .await
    }
}
