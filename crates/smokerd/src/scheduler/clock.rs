//! The clock that schedules and runs ask, so that tests can set the time.

use std::future::pending;
use std::time::Duration;

use chrono::{DateTime, Utc};
use smoker_model::time::moment::Moment;
use tokio::sync::watch;
use tokio::time::{sleep, sleep_until};

use crate::os::clock_changes::{self, ClockChanges};
use crate::scheduler::schedule::turn::Due;

/// Sleeping until a time of the wall clock takes no longer than this at once, so that no timer is out of range.
const LONGEST_SLEEP: Duration = Duration::from_secs(24 * 3600);

/// A source of time. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    /// The machine's clocks, and when the wall clock is set.
    System(ClockChanges),
    /// A clock that a test sets, and how often it set it.
    #[cfg_attr(not(test), expect(dead_code, reason = "the daemon has the machine's time"))]
    Manual(watch::Receiver<Moment>, ClockChanges),
}

impl Clock {
    /// The machine's.
    pub(crate) fn system() -> Self {
        Self::System(clock_changes::watch())
    }

    /// The present moment.
    pub(crate) fn now(&self) -> Moment {
        match self {
            Self::System(_) => Moment::now(),
            Self::Manual(moment, _) => *moment.borrow(),
        }
    }

    /// Sees when the wall clock is set, or the machine wakes up.
    pub(crate) fn changes(&self) -> ClockChanges {
        let (Self::System(changes) | Self::Manual(_, changes)) = self;
        changes.clone()
    }

    /// Sleeps until the time has come.
    pub(crate) async fn sleep_until(&self, due: Due) {
        match (self, due) {
            (_, Due::Never) => pending().await,
            (Self::System(_), Due::Instant(instant)) => sleep_until(instant.into()).await,
            (Self::System(changes), Due::Wall(wall)) => {
                let mut changes = changes.clone();
                while let Some(wait) = time_until(wall, Utc::now()) {
                    tokio::select! {
                        () = sleep(wait.min(LONGEST_SLEEP)) => {}
                        () = clock_changes::next(&mut changes) => {}
                    }
                }
            }
            (Self::Manual(moment, _), Due::Instant(instant)) => reach(moment, |now| now.monotonic >= instant).await,
            (Self::Manual(moment, _), Due::Wall(wall)) => reach(moment, |now| now.wall >= wall).await,
        }
    }
}

/// How long it is until a time of the wall clock; none when it has come.
fn time_until(wall: DateTime<Utc>, now: DateTime<Utc>) -> Option<Duration> {
    (wall - now).to_std().ok().filter(|wait| !wait.is_zero())
}

async fn reach(moment: &watch::Receiver<Moment>, is_reached: impl FnMut(&Moment) -> bool) {
    if moment.clone().wait_for(is_reached).await.is_err() {
        // The test has dropped its clock: its time stands still.
        pending::<()>().await;
    }
}

#[cfg(test)]
pub(crate) mod manual {
    //! A clock that moves only when a test moves it.

    use std::time::Instant;

    use super::*;

    /// The hand of a [`Clock::Manual`].
    #[derive(Debug)]
    pub(crate) struct ManualClock {
        moment: watch::Sender<Moment>,
        changes: watch::Sender<u64>,
    }

    impl ManualClock {
        /// A clock that stands at the present moment.
        pub(crate) fn new() -> (Self, Clock) {
            Self::at(Utc::now())
        }

        /// A clock that shows this time.
        pub(crate) fn at(wall: DateTime<Utc>) -> (Self, Clock) {
            let (sender, receiver) = watch::channel(Moment { wall, monotonic: Instant::now() });
            let (changes, seen) = watch::channel(0);
            (Self { moment: sender, changes }, Clock::Manual(receiver, seen))
        }

        /// What it shows.
        pub(crate) fn now(&self) -> Moment {
            *self.moment.borrow()
        }

        /// Moves both the wall clock and the monotonic clock forwards.
        pub(crate) fn advance(&self, by: Duration) {
            self.moment.send_modify(|now| *now = now.at(now.monotonic + by).expect("a time of the calendar"));
        }

        /// Sets the wall clock, while the monotonic one stands still, as it does while a machine sleeps.
        pub(crate) fn set(&self, wall: DateTime<Utc>) {
            self.moment.send_modify(|now| now.wall = wall);
            self.changes.send_modify(|count| *count += 1);
        }
    }
}
