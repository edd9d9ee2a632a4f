//! When the writer writes: at once as a rule. Where records come fast, those of a moment are one write, so that a write, and the
//! waking of all who listen, is that of many.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time from one write to the next where records come fast.
const INTERVAL: Duration = Duration::from_millis(10);

/// How many writes may be sooner, one after another.
const BURST: u32 = 10;

/// The bytes of records from which on no more are gathered.
pub(super) const MAX_GATHERED: usize = 1 << 20;

/// How soon a record has to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// Within [`INTERVAL`]: another record follows as a rule, as the end of a run does its start.
    #[default]
    Low,
    /// As soon as the rate of writes admits.
    Normal,
    /// At once: somebody waits for it.
    High,
}

/// How often there was a write.
#[derive(Debug)]
pub(super) struct WriteRate {
    /// Where the next write would be due, were there one in each [`INTERVAL`].
    due: Instant,
}

/// Tells a writer that gathers records when it has to write them.
#[derive(Debug, Default)]
pub(super) struct FlushSignal {
    state: Mutex<Signal>,
    raised: Condvar,
}

#[derive(Debug, Default)]
struct Signal {
    /// The urgency of the most urgent of the records that were sent since the last write.
    urgency: Urgency,
    /// From which urgency on a record ends the pause of the writer; none while there is no pause.
    awaited: Option<Urgency>,
}

impl WriteRate {
    pub(super) fn new() -> Self {
        Self { due: Instant::now() }
    }

    /// There is a write now.
    pub(super) fn note(&mut self, now: Instant) {
        // Writes that could not wait put the next one off no further.
        self.due = (self.due.max(now) + INTERVAL).min(now + INTERVAL * (BURST + 1));
    }

    /// How long the next write has to wait.
    fn pause(&self, now: Instant) -> Duration {
        self.due.saturating_duration_since(now).saturating_sub(INTERVAL * BURST)
    }
}

impl FlushSignal {
    /// A record was sent.
    pub(super) fn raise(&self, urgency: Urgency) {
        let mut signal = self.lock();
        signal.urgency = signal.urgency.max(urgency);
        if signal.awaited.is_some_and(|awaited| awaited <= urgency) {
            self.raised.notify_one();
        }
    }

    /// Waits until what was sent is to be written, [`INTERVAL`] at most. What is sent later belongs to the next write.
    pub(super) fn wait(&self, rate: &WriteRate) {
        let begin = Instant::now();
        let of_rate = rate.pause(begin);
        let mut signal = self.lock();
        loop {
            let pause = match signal.urgency {
                Urgency::Low => INTERVAL,
                Urgency::Normal => of_rate,
                Urgency::High => Duration::ZERO,
            };
            let passed = begin.elapsed();
            let Some(left) = pause.checked_sub(passed).filter(|left| !left.is_zero()) else { break };
            let is_limited = passed < of_rate;
            signal.awaited = Some(if is_limited { Urgency::High } else { Urgency::Normal });
            // A record that is not urgent may come before the rate admits it, and counts from then on.
            let left = if is_limited { left.min(of_rate.saturating_sub(passed)) } else { left };
            signal = self.raised.wait_timeout(signal, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *signal = Signal::default();
    }

    fn lock(&self) -> MutexGuard<'_, Signal> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_writes_wait_for_nothing_and_many_have_their_interval() {
        let begin = Instant::now();
        let mut rate = WriteRate { due: begin };
        let mut now = begin;
        let mut waited = 0;
        for _ in 0..200 {
            let pause = rate.pause(now);
            assert!(pause <= INTERVAL, "{pause:?}");
            waited += u32::from(!pause.is_zero());
            now += pause;
            rate.note(now);
            now += INTERVAL / 10;
        }
        assert!(waited > 180, "{waited}");
        let each = (now - begin) / 200;
        assert!(each > INTERVAL * 9 / 10 && each < INTERVAL * 11 / 10, "{each:?}");
        // Slower ones never wait.
        now += INTERVAL * BURST;
        for _ in 0..200 {
            now += INTERVAL;
            assert_eq!(rate.pause(now), Duration::ZERO);
            rate.note(now);
        }
        // Those that could not wait put the next one off by one interval.
        (0..1000).for_each(|_| rate.note(now));
        assert_eq!(rate.pause(now), INTERVAL);
    }

    #[test]
    fn what_somebody_waits_for_ends_a_pause() {
        let signal = FlushSignal::default();
        let rate = WriteRate { due: Instant::now() + Duration::from_secs(3600) };
        for is_raised_before in [true, false] {
            std::thread::scope(|scope| {
                signal.raise(Urgency::Normal);
                if is_raised_before {
                    signal.raise(Urgency::High);
                }
                let waiting = scope.spawn(|| signal.wait(&rate));
                if !is_raised_before {
                    while signal.lock().awaited.is_none() {
                        std::thread::yield_now();
                    }
                    signal.raise(Urgency::Normal);
                    signal.raise(Urgency::High);
                }
                waiting.join().expect("it returns, an hour before the rate admits it");
            });
            let Signal { urgency, awaited } = *signal.lock();
            assert_eq!((urgency, awaited), (Urgency::Low, None));
        }
    }

    #[test]
    fn a_result_ends_the_pause_of_a_start_that_the_rate_admits() {
        let signal = FlushSignal::default();
        let rate = WriteRate::new();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| signal.wait(&rate));
            signal.raise(Urgency::Low);
            signal.raise(Urgency::Normal);
            waiting.join().expect("no panic");
        });
        assert_eq!(rate.pause(Instant::now()), Duration::ZERO);
    }
}
