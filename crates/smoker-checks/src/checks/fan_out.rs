//! Many things looked at at a time, each within a limit: one that hangs must not hide the others.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::unit::Unit;

/// How many things are looked at at a time.
const AT_A_TIME: usize = 32;

/// How much of a run's time limit the looks may take; the rest is for the answer.
const SHARE: f64 = 0.8;

/// The longest time that a look may take without a parameter that says so.
const LONGEST: Duration = Duration::from_secs(30);

/// By how much a look may be late, at least and at most; a tenth of its limit otherwise.
const GRACE: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// When the looks of a run have to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    end: Instant,
    limit: Duration,
}

impl Deadline {
    /// That of a run with this time limit in seconds, of which `count` things share the time in turns.
    pub(crate) fn of(timeout: f64, count: usize) -> Self {
        let whole = Duration::try_from_secs_f64(timeout * SHARE).unwrap_or(LONGEST);
        let turns = u32::try_from(count.div_ceil(AT_A_TIME).max(1)).unwrap_or(u32::MAX);
        let limit = (whole / turns).min(LONGEST);
        Self { end: Instant::now() + whole.min(Duration::from_secs(86_400)), limit }
    }

    /// What is said of a look that took longer.
    pub(crate) fn passed(self) -> String {
        format!("no answer within {}", Unit::Seconds.show(self.limit.as_secs_f64()))
    }

    /// When a look that begins now has to end.
    pub(crate) fn end_of_look(self) -> Instant {
        Instant::now() + self.limit()
    }

    /// How long one look may take.
    pub(crate) fn limit(self) -> Duration {
        self.limit.min(self.end.saturating_duration_since(Instant::now())).max(Duration::from_millis(1))
    }
}

/// Looks at each thing; `None` for one that took longer than the limit. The order is that of the things.
pub(crate) fn each<T, R, F>(things: &[T], deadline: Deadline, look: F) -> Vec<(T, Option<R>)>
where
    T: Clone + Send + 'static,
    R: Send + 'static,
    F: Fn(&T) -> R + Clone + Send + 'static,
{
    let mut found = Vec::with_capacity(things.len());
    for chunk in things.chunks(AT_A_TIME) {
        let start = Instant::now();
        // A look that keeps to its limit itself says more than that it took too long.
        let limit = deadline.limit();
        let limit = limit + (limit / 10).clamp(GRACE[0], GRACE[1]);
        let running: Vec<_> = chunk
            .iter()
            .map(|thing| {
                let (sender, receiver) = mpsc::channel();
                let (own, look) = (thing.clone(), look.clone());
                // The thread may outlive its turn: nothing ends a system call that hangs but the end of the process.
                let started = thread::Builder::new().spawn(move || drop(sender.send(look(&own))));
                (thing.clone(), started.is_ok().then_some(receiver))
            })
            .collect();
        for (thing, receiver) in running {
            let left = limit.saturating_sub(start.elapsed());
            found.push((thing, receiver.and_then(|receiver| receiver.recv_timeout(left).ok())));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_hides_nothing_else() {
        let deadline = Deadline::of(1.0, 3);
        let look = |millis: &u64| {
            thread::sleep(Duration::from_millis(*millis));
            *millis
        };
        let found: Vec<_> = each(&[0, 20_000, 1], deadline, look).into_iter().map(|(_, found)| found).collect();
        assert_eq!(found, [Some(0), None, Some(1)]);
    }

    #[test]
    fn many_things_share_the_time() {
        assert!(Deadline::of(9.0, 64).limit() < Duration::from_secs(5));
        assert!(Deadline::of(f64::INFINITY, 1).limit() <= LONGEST);
    }
}
