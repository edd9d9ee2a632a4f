//! What the segments hold, and what of it is damaged.

use std::collections::HashMap;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::files::damaged;
use crate::files::segment::{self, Segment};
use crate::segments::content::{Content, Entry};
use crate::segments::order::{Ordered, in_order};
use crate::segments::read_ahead::last_first;

/// How often the segments are listed again when one of them has been removed meanwhile, as a writer does that compacts.
const TRIES: u32 = 50;

/// What the segments of a folder hold.
#[derive(Debug, Default)]
pub struct Survey {
    /// How many segments there are.
    pub segments: usize,
    /// How many records.
    pub records: u64,
    /// The bytes of all segments.
    pub bytes: u64,
    /// The number of the oldest record.
    pub oldest: Option<u64>,
    /// The largest number of all records, also of those that cannot be read in their order.
    pub newest: Option<u64>,
    /// Bytes that are no records, where records are missing, too.
    pub damage: Vec<Damage>,
    /// Segments with records that cannot be read in the order of their numbers, as copies of files in another state may have.
    pub out_of_order: Vec<OutOfOrder>,
    /// The end of the newest segment, when a write there was not finished.
    pub torn: Option<Damage>,
    /// Segments that could not be read.
    pub unreadable: Vec<(PathBuf, io::Error)>,
    /// Segments without any byte, but for the newest: the machine stopped before its file system had what was written.
    pub empty: Vec<PathBuf>,
    /// Copies of segments that were damaged once.
    pub copies: Vec<PathBuf>,
}

/// Bytes of a segment that are no record, or one whose number does not fit to those around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// Where they begin, in bytes.
    pub offset: u64,
    /// How many there are.
    pub length: u64,
}

/// A segment whose numbers lie among those of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutOfOrder {
    /// The segment.
    pub path: PathBuf,
    /// How many of its records are passed over.
    pub records: usize,
}

/// A record that is passed over.
#[derive(Debug)]
struct Passed {
    segment: usize,
    sequence: u64,
    checksum: u32,
}

impl Survey {
    /// Looks through all segments of a folder, and shows each record, newest first. Another process may write meanwhile.
    ///
    /// # Errors
    ///
    /// When the folder cannot be listed.
    pub fn of(folder: &Path, mut visit: impl FnMut(Entry)) -> io::Result<Self> {
        let mut visited = u64::MAX;
        let mut tries = 1;
        loop {
            let mut survey = Self::of_segments(&in_order(segment::list(folder)?), |entry| {
                if entry.sequence() < visited {
                    visited = entry.sequence();
                    visit(entry);
                }
            });
            let is_gone = |(_, error): &(PathBuf, io::Error)| error.kind() == io::ErrorKind::NotFound;
            let is_whole = !survey.unreadable.iter().any(is_gone);
            if is_whole || tries == TRIES {
                survey.unreadable.retain(|unreadable| !is_gone(unreadable));
                survey.copies = damaged::copies(folder)?;
                return Ok(survey);
            }
            tries += 1;
        }
    }

    pub(crate) fn of_segments(ordered: &Ordered, mut visit: impl FnMut(Entry)) -> Self {
        let segments = &ordered.segments;
        let mut survey = Self { segments: segments.len(), ..Self::default() };
        let mut passed = Vec::new();
        let mut below = u64::MAX;
        last_first(segments, |at, content| {
            let segment = &segments[at];
            let content = match content {
                Ok(content) => content,
                Err(error) => {
                    survey.unreadable.push((segment.path.clone(), error));
                    return;
                }
            };
            let is_last = at + 1 == segments.len() || content.size() == 0;
            let is_newest = is_last && segments.iter().all(|other| other.number <= segment.number);
            survey.add(segment, &content, is_newest);
            // A rewriting that was interrupted leaves the older of two segments with records that the newer has, too.
            for entry in content.all_entries().rev() {
                if entry.sequence() >= below {
                    passed.push(Passed { segment: at, sequence: entry.sequence(), checksum: entry.checksum() });
                } else {
                    below = entry.sequence();
                    survey.records += 1;
                    survey.oldest = Some(below);
                    if entry.is_known() {
                        visit(entry);
                    }
                }
            }
        });
        if !passed.is_empty() {
            survey.judge(segments, &passed);
        }
        survey
    }

    fn add(&mut self, segment: &Segment, content: &Content, is_newest: bool) {
        let damage = |range: &Range<usize>| Damage {
            path: segment.path.clone(),
            offset: range.start as u64,
            length: range.len() as u64,
        };
        self.bytes += content.size() as u64;
        self.newest = self.newest.max(content.newest);
        self.damage.extend(content.damage.iter().chain(&content.misplaced).map(damage));
        if content.size() == 0 && !is_newest {
            self.empty.push(segment.path.clone());
        }
        let torn = content.torn.as_ref().map(damage);
        if is_newest {
            self.torn = torn;
        } else {
            self.damage.extend(torn);
        }
    }

    /// Finds out which of the records that are passed over are nowhere else.
    fn judge(&mut self, segments: &[Segment], passed: &[Passed]) {
        let mut shown: HashMap<u64, Option<u32>> = passed.iter().map(|passed| (passed.sequence, None)).collect();
        let mut below = u64::MAX;
        for content in segments.iter().rev().filter_map(|segment| Content::load(segment).ok()) {
            for entry in content.all_entries().rev().filter(|entry| entry.sequence() < below) {
                if let Some(shown) = shown.get_mut(&entry.sequence()) {
                    *shown = Some(entry.checksum());
                }
            }
            below = below.min(content.all_entries().next().map_or(below, |entry| entry.sequence()));
        }
        for (at, segment) in segments.iter().enumerate() {
            let of_segment = || passed.iter().filter(|passed| passed.segment == at);
            let shown_of = |passed: &Passed| shown.get(&passed.sequence).copied().flatten();
            let another = of_segment().filter(|it| shown_of(it).is_some_and(|shown| shown != it.checksum)).count();
            let nowhere = of_segment().filter(|it| shown_of(it).is_none()).count();
            // A rewriting that was interrupted leaves records that are nowhere else since they were to be dropped.
            let is_left = another == 0 && segments.get(at + 1).is_some_and(|next| next.number > segment.number);
            if !is_left && another + nowhere > 0 {
                self.out_of_order.push(OutOfOrder { path: segment.path.clone(), records: another + nowhere });
            }
        }
    }

    /// Whether no record is damaged and all segments could be read. A torn end is no damage.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.unreadable.is_empty() && self.out_of_order.is_empty() && self.empty.is_empty()
    }

    /// Whether the segment can be read and has no damage but a torn end.
    pub(crate) fn is_whole(&self, segment: &Segment) -> bool {
        !self.damage.iter().any(|damage| damage.path == segment.path)
            && !self.unreadable.iter().any(|(path, _)| *path == segment.path)
    }
}
