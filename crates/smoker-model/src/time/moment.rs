//! An instant by both clocks of a machine.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::time::timestamp::Timestamp;

/// An instant by the wall clock, which people read and which may be set, and by
/// the monotonic clock, which measures durations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// By the wall clock.
    pub wall: DateTime<Utc>,
    /// By the monotonic clock.
    pub monotonic: Instant,
}

impl Moment {
    /// The present moment by the machine's clocks.
    #[must_use]
    pub fn now() -> Self {
        Self { wall: Utc::now(), monotonic: Instant::now() }
    }

    /// The moment of a monotonic instant, by what the wall clock shows at
    /// `self`; none beyond the calendar.
    #[must_use]
    pub fn at(self, monotonic: Instant) -> Option<Self> {
        let ahead = TimeDelta::from_std(monotonic.saturating_duration_since(self.monotonic)).ok()?;
        let behind = TimeDelta::from_std(self.monotonic.saturating_duration_since(monotonic)).ok()?;
        let wall = self.wall.checked_add_signed(ahead)?.checked_sub_signed(behind)?;
        Some(Self { wall, monotonic })
    }

    /// A time of the wall clock that has passed at this moment, as both clocks have it. An instant before the start of the machine may not exist; then
    /// it is that of this moment.
    #[must_use]
    pub fn past(self, wall: DateTime<Utc>) -> Self {
        let ago = (self.wall - wall).to_std().unwrap_or_default();
        Self { wall, monotonic: self.monotonic.checked_sub(ago).unwrap_or(self.monotonic) }
    }

    /// How long this is after an earlier instant by the monotonic clock; zero when it is not.
    #[must_use]
    pub fn since(self, earlier: Instant) -> Duration {
        self.monotonic.saturating_duration_since(earlier)
    }
}

impl From<Moment> for Timestamp {
    fn from(moment: Moment) -> Self {
        Self::from(moment.wall)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_move_together() {
        let now = Moment::now();
        let minute = Duration::from_secs(60);
        let later = now.at(now.monotonic + minute).expect("in the calendar");
        assert_eq!(later.wall - now.wall, TimeDelta::minutes(1));
        assert_eq!((later.since(now.monotonic), now.since(later.monotonic)), (minute, Duration::ZERO));
        assert_eq!(later.at(now.monotonic), Some(now));
    }
}
