//! The clock that schedules and runs ask, so that tests can set the time.

use std::time::Instant;

use smoker_model::time::moment::Moment;
use tokio::sync::watch;
use tokio::time::sleep_until;

/// A source of time. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    /// The machine's clocks.
    System,
    /// A clock that a test sets.
    #[cfg_attr(not(test), expect(dead_code, reason = "the daemon has the machine's time"))]
    Manual(watch::Receiver<Moment>),
}

impl Clock {
    /// The present moment.
    pub(crate) fn now(&self) -> Moment {
        match self {
            Self::System => Moment::now(),
            Self::Manual(moment) => *moment.borrow(),
        }
    }

    /// Sleeps until an instant of the monotonic clock.
    pub(crate) async fn sleep_until(&self, instant: Instant) {
        match self {
            Self::System => sleep_until(instant.into()).await,
            Self::Manual(moment) => {
                let mut moment = moment.clone();
                if moment.wait_for(|now| now.monotonic >= instant).await.is_err() {
                    // The test has dropped its clock: its time stands still.
                    std::future::pending::<()>().await;
                }
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod manual {
    //! A clock that moves only when a test moves it.

    use std::time::Duration;

    use super::*;

    /// The hand of a [`Clock::Manual`].
    #[derive(Debug)]
    pub(crate) struct ManualClock(watch::Sender<Moment>);

    impl ManualClock {
        /// A clock that stands at the present moment.
        pub(crate) fn new() -> (Self, Clock) {
            let (sender, receiver) = watch::channel(Moment::now());
            (Self(sender), Clock::Manual(receiver))
        }

        /// What it shows.
        pub(crate) fn now(&self) -> Moment {
            *self.0.borrow()
        }

        /// Moves both the wall clock and the monotonic clock forwards.
        pub(crate) fn advance(&self, by: Duration) {
            self.0.send_modify(|now| *now = now.at(now.monotonic + by).expect("a time of the calendar"));
        }
    }
}
