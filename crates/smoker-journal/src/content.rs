//! The records of one segment, in memory.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::record::Decoded;
use crate::scan::{Found, Scan, parts};
use crate::segment::Segment;

/// A record. Cheap to clone; it keeps its whole segment in memory.
#[derive(Clone)]
pub struct Entry {
    bytes: Arc<Vec<u8>>,
    at: usize,
    record: Decoded,
}

/// What a segment holds.
#[derive(Debug)]
pub(crate) struct Content {
    bytes: Arc<Vec<u8>>,
    records: Vec<(usize, Decoded)>,
    /// The bytes that are no records.
    pub(crate) damage: Vec<Range<usize>>,
    /// The bytes of a last record that was not finished.
    pub(crate) torn: Option<Range<usize>>,
}

impl Entry {
    /// The number of the record.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.record.sequence
    }

    /// What the writer gave as tag.
    #[must_use]
    pub fn tag(&self) -> &[u8] {
        parts(&self.bytes, self.at, self.record).0
    }

    /// What the writer gave as payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        parts(&self.bytes, self.at, self.record).1
    }

    /// The record as it is in its segment.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.bytes[self.at..self.at + self.record.size()]
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("at", &self.at).field("record", &self.record).finish_non_exhaustive()
    }
}

impl Content {
    pub(crate) fn load(segment: &Segment) -> io::Result<Self> {
        Ok(Self::of(segment.read()?))
    }

    fn of(bytes: Vec<u8>) -> Self {
        let (mut records, mut damage, mut torn) = (Vec::new(), Vec::new(), None);
        for found in Scan::new(&bytes) {
            match found {
                Found::Record(at, record) => records.push((at, record)),
                Found::Damage(range) => damage.push(range),
                Found::Torn(range) => torn = Some(range),
            }
        }
        Self { bytes: Arc::new(bytes), records, damage, torn }
    }

    /// The bytes of the segment.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// All records in the order of the segment.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = Entry> + ExactSizeIterator {
        let entry =
            |(at, record): &(usize, Decoded)| Entry { bytes: Arc::clone(&self.bytes), at: *at, record: *record };
        self.records.iter().map(entry)
    }
}

/// The records of any bytes, and how many of the bytes are not part of one. For tests with random input.
#[must_use]
pub fn entries_of(bytes: Vec<u8>) -> (Vec<Entry>, usize) {
    let content = Content::of(bytes);
    let others = content.damage.iter().chain(&content.torn).map(ExactSizeIterator::len).sum();
    (content.entries().collect(), others)
}
