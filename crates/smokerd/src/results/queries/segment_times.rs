//! When the newest run of each segment ended, so that a question about the newest runs does not read all segments each time.
//!
//! Records follow each other in the order in which runs ended, but not by their times, as the clock may have been set: so each segment is read once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use smoker_journal::reader::SegmentState;

/// How many segments are remembered; a journal of the usual size has some forty.
const REMEMBERED: usize = 4096;

/// The ends of the newest runs. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct SegmentTimes(Arc<Mutex<HashMap<SegmentState, DateTime<Utc>>>>);

impl SegmentTimes {
    /// When the newest run of a segment ended; none when nobody has read it.
    pub(crate) fn newest_end(&self, segment: SegmentState) -> Option<DateTime<Utc>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&segment).copied()
    }

    /// A reader has come to this segment. What it has learned of the one before is remembered, since it has read all of that.
    pub(crate) fn learn(&self, learned: &mut Option<(SegmentState, DateTime<Utc>)>, segment: Option<SegmentState>) {
        if learned.map(|(segment, _)| segment) == segment {
            return;
        }
        if let Some((read, end)) = learned.take() {
            let mut times = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if times.len() >= REMEMBERED {
                times.clear();
            }
            times.insert(read, end);
        }
        *learned = segment.map(|segment| (segment, DateTime::<Utc>::MIN_UTC));
    }
}
