//! What the log says of a journal that cannot be written: once when it begins, once when it is over.

use std::fmt::Display;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::results::journal::gauges::JournalGauges;

/// The pauses between two looks whether the disk has room again; each is twice as long as the one before.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// The least room that counts as some: beyond this a few small records more would fill the disk again.
const ROOM: u64 = 64 << 10;

/// A kind of fault, such as that of syncing.
#[derive(Debug)]
pub(super) struct Faults {
    /// What is lost meanwhile: `results are kept in memory only`.
    consequence: &'static str,
    is_failing: bool,
    lost: u64,
}

/// Faults of writing. A small record may be written while a larger one has no room, so what was written says nothing: the disk is
/// looked at.
#[derive(Debug)]
pub(super) struct WriteFaults {
    faults: Faults,
    gauges: Arc<JournalGauges>,
    /// The bytes of the largest write that failed.
    needed: u64,
    pause: Duration,
    /// When the disk is looked at next.
    look_at: Instant,
}

impl Faults {
    pub(super) fn new(consequence: &'static str) -> Self {
        Self { consequence, is_failing: false, lost: 0 }
    }

    /// It failed.
    pub(super) fn failed(&mut self, error: &impl Display) {
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::error!("journal: {error}; {} until this is mended, then it goes on by itself", self.consequence);
        }
    }

    /// It works.
    pub(super) fn succeeded(&mut self) {
        if std::mem::take(&mut self.is_failing) {
            match std::mem::take(&mut self.lost) {
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
        Self { faults, gauges, needed: 0, pause: PAUSES.0, look_at: Instant::now() }
    }

    /// A write failed, which cost this many records with these bytes.
    pub(super) fn failed(&mut self, error: &impl Display, lost: usize, bytes: u64) {
        if !self.faults.is_failing {
            (self.needed, self.pause) = (ROOM, PAUSES.0);
            self.look_at = Instant::now() + self.pause;
        }
        self.faults.failed(error);
        self.faults.lost += lost as u64;
        self.gauges.fail(lost);
        self.needed = self.needed.max(bytes);
    }

    /// Whether records are missing since the journal could be written last.
    pub(super) fn are_there(&self) -> bool {
        self.faults.is_failing
    }

    /// How much room the disk has to have, when it is time to look.
    pub(super) fn wanted_room(&mut self) -> Option<u64> {
        if !self.faults.is_failing || Instant::now() < self.look_at {
            return None;
        }
        self.pause = (self.pause * 2).min(PAUSES.1);
        self.look_at = Instant::now() + self.pause;
        Some(self.needed)
    }

    /// The disk has room again, and the journal says what is missing.
    pub(super) fn are_over(&mut self) {
        self.faults.succeeded();
        self.gauges.recover();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_looked_at_a_second_after_the_first_fault_and_has_to_have_room_for_the_largest_one() {
        let mut faults = WriteFaults::new(Arc::default());
        assert_eq!(faults.wanted_room(), None);
        faults.failed(&"full", 1, 100);
        faults.failed(&"full", 2, ROOM + 1);
        faults.failed(&"full", 1, 100);
        assert_eq!((faults.wanted_room(), faults.faults.lost), (None, 4), "not at once");
        faults.look_at = Instant::now();
        assert_eq!(faults.wanted_room(), Some(ROOM + 1));
        assert_eq!((faults.wanted_room(), faults.pause), (None, 2 * PAUSES.0));
        faults.are_over();
        faults.look_at = Instant::now();
        assert_eq!(faults.wanted_room(), None, "nothing is wrong any more");
    }
}
