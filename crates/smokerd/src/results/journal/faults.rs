//! What the log says of a journal that cannot be written: once when it begins, once when it is over.

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::results::journal::gauges::JournalGauges;

/// The pauses between two looks whether the disk has room again; each is twice as long as the one before.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// The room that the disk has to have beside that for the records that wait: with less a few small ones more would fill it again.
pub(super) const ROOM: u64 = 64 << 10;

/// A kind of fault, such as that of syncing.
#[derive(Debug)]
pub(super) struct Faults {
    /// What is lost meanwhile: `results are kept in memory only`.
    consequence: &'static str,
    is_failing: bool,
}

/// Faults of writing. A small record may be written while a larger one has no room, so what was written says nothing: the disk is
/// looked at.
#[derive(Debug)]
pub(super) struct WriteFaults {
    faults: Faults,
    gauges: Arc<JournalGauges>,
    pause: Duration,
    /// When the disk is looked at next.
    look_at: Instant,
}

impl Faults {
    pub(super) fn new(consequence: &'static str) -> Self {
        Self { consequence, is_failing: false }
    }

    /// It failed.
    pub(super) fn failed(&mut self, error: &impl Display) {
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::error!("journal: {error}; {} until this is mended, then it goes on by itself", self.consequence);
        }
    }

    /// It works.
    pub(super) fn succeeded(&mut self) {
        self.are_over(0);
    }

    /// It works, but these records are lost.
    fn are_over(&mut self, lost: u64) {
        if std::mem::take(&mut self.is_failing) {
            match lost {
                0 => tracing::warn!("journal: it works again"),
                1 => tracing::warn!("journal: it works again; 1 record of the time between is not in it"),
                lost => tracing::warn!("journal: it works again; {lost} records of the time between are not in it"),
            }
        }
    }
}

impl WriteFaults {
    pub(super) fn new(gauges: Arc<JournalGauges>) -> Self {
        let faults = Faults::new("results are kept in memory only");
        Self { faults, gauges, pause: PAUSES.0, look_at: Instant::now() }
    }

    /// A write failed.
    pub(super) fn failed(&mut self, error: &impl Display) {
        if !self.faults.is_failing {
            self.pause = PAUSES.0;
            self.look_at = Instant::now() + self.pause;
        }
        self.faults.failed(error);
        self.gauges.fail();
    }

    /// Whether records are missing since the journal could be written last.
    pub(super) fn are_there(&self) -> bool {
        self.faults.is_failing
    }

    /// Whether it is time to look whether the disk has room again.
    pub(super) fn is_time_to_look(&mut self) -> bool {
        if !self.faults.is_failing || Instant::now() < self.look_at {
            return false;
        }
        self.pause = (self.pause * 2).min(PAUSES.1);
        self.look_at = Instant::now() + self.pause;
        true
    }

    /// The journal has all records again, but for this many, of which it says that they are missing.
    pub(super) fn are_over(&mut self, lost: u64) {
        self.faults.are_over(lost);
        self.gauges.recover(lost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_looked_at_a_second_after_the_first_fault_and_then_after_twice_that() {
        let mut faults = WriteFaults::new(Arc::default());
        assert!(!faults.is_time_to_look());
        faults.failed(&"full");
        faults.failed(&"full");
        assert!(!faults.is_time_to_look(), "not at once");
        faults.look_at = Instant::now();
        assert!(faults.is_time_to_look());
        assert!(!faults.is_time_to_look());
        assert_eq!(faults.pause, 2 * PAUSES.0);
        faults.are_over(2);
        faults.look_at = Instant::now();
        assert!(!faults.is_time_to_look(), "nothing is wrong any more");
    }
}
