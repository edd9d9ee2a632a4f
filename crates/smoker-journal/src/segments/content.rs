//! The records of one segment, in memory.

use std::fmt;
use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::files::segment::Segment;
use crate::record::Decoded;
use crate::segments::scan::{Found, Scan, parts};

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
    /// With growing numbers.
    records: Vec<(usize, Decoded)>,
    /// The bytes that are no records.
    pub(crate) damage: Vec<Range<usize>>,
    /// Whole records whose numbers do not fit to those around them.
    pub(crate) misplaced: Vec<Range<usize>>,
    /// The bytes of a last record that was not finished.
    pub(crate) torn: Option<Range<usize>>,
    /// The largest number of all records.
    pub(crate) newest: Option<u64>,
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

    /// The bytes that the record takes in its segment.
    #[must_use]
    pub fn size(&self) -> usize {
        self.record.size()
    }

    /// The same in memory of its own.
    pub(crate) fn detached(&self) -> Self {
        Self { bytes: Arc::new(self.raw().to_vec()), at: 0, record: self.record }
    }

    /// The checksum of the whole record.
    pub(crate) fn checksum(&self) -> u32 {
        self.raw()[20..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    /// Whether this version reads it.
    pub(crate) fn is_known(&self) -> bool {
        self.record.is_known
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
        let newest = records.iter().map(|(_, record)| record.sequence).max();
        let (records, misplaced) = growing(records);
        Self { bytes: Arc::new(bytes), records, damage, misplaced, torn, newest }
    }

    /// The bytes of the segment.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it has anything but records in their order and a torn end.
    pub(crate) fn is_damaged(&self) -> bool {
        !self.damage.is_empty() || !self.misplaced.is_empty()
    }

    /// All records in the order of the segment, also those of later versions.
    pub(crate) fn all_entries(&self) -> impl DoubleEndedIterator<Item = Entry> + ExactSizeIterator {
        let entry =
            |(at, record): &(usize, Decoded)| Entry { bytes: Arc::clone(&self.bytes), at: *at, record: *record };
        self.records.iter().map(entry)
    }

    /// All records of this version in the order of the segment.
    pub(crate) fn entries(&self) -> impl DoubleEndedIterator<Item = Entry> {
        self.all_entries().filter(Entry::is_known)
    }
}

/// The most of these records that have growing numbers, and where the others are.
fn growing(records: Vec<(usize, Decoded)>) -> (Vec<(usize, Decoded)>, Vec<Range<usize>>) {
    if records.is_sorted_by(|(_, one), (_, other)| one.sequence < other.sequence) {
        return (records, Vec::new());
    }
    // The record with the smallest number that ends a growing row, by the length of the row; and the one before each in its row.
    let (mut ends, mut before) = (Vec::<usize>::new(), Vec::new());
    for (at, (_, record)) in records.iter().enumerate() {
        let length = ends.partition_point(|end| records[*end].1.sequence < record.sequence);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut is_kept = vec![false; records.len()];
    let mut next = ends.last().copied();
    while let Some(at) = next {
        is_kept[at] = true;
        next = before[at];
    }
    let (mut kept, mut misplaced) = (Vec::new(), Vec::new());
    for ((at, record), is_kept) in records.into_iter().zip(is_kept) {
        if is_kept {
            kept.push((at, record));
        } else {
            misplaced.push(at..at + record.size());
        }
    }
    (kept, misplaced)
}

/// The records of any bytes, and how many of the bytes are not part of one. For tests with random input.
#[must_use]
pub fn entries_of(bytes: Vec<u8>) -> (Vec<Entry>, usize) {
    let content = Content::of(bytes);
    let entries: Vec<_> = content.entries().collect();
    let records: usize = entries.iter().map(|entry| entry.raw().len()).sum();
    (entries, content.size() - records)
}

/// Records that [`encode`](crate::record::encode) made, each in memory of its own, so that one can be freed without the others.
#[must_use]
pub fn separate(bytes: &[u8]) -> Vec<Entry> {
    let record = |found| if let Found::Record(at, record) = found { Some((at, record)) } else { None };
    let entry = |(at, record): (usize, Decoded)| {
        let bytes = Arc::new(bytes[at..at + record.size()].to_vec());
        Entry { bytes, at: 0, record }
    };
    Scan::new(bytes).filter_map(record).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::encode;

    fn content(sequences: &[u64]) -> Content {
        let mut bytes = Vec::new();
        for sequence in sequences {
            encode(&mut bytes, *sequence, b"t", &[b"p"]).expect("it is small");
        }
        Content::of(bytes)
    }

    #[test]
    fn records_with_numbers_that_do_not_fit_cost_no_others() {
        for (sequences, kept) in [
            (&[1, 2, 3, 4, 2][..], &[1, 2, 3, 4][..]),
            (&[1, 2, 900, 3, 4], &[1, 2, 3, 4]),
            (&[1, 2, 2, 3], &[1, 2, 3]),
            (&[5, 1, 2, 3, 9], &[1, 2, 3, 9]),
            (&[], &[]),
        ] {
            let content = content(sequences);
            let found: Vec<_> = content.entries().map(|entry| entry.sequence()).collect();
            assert_eq!((found.as_slice(), content.misplaced.len()), (kept, sequences.len() - kept.len()));
            assert_eq!(content.newest, sequences.iter().max().copied());
        }
    }

    #[test]
    fn records_of_a_later_version_are_no_damage_and_are_not_read() {
        let mut bytes = Vec::new();
        for sequence in 1..=3 {
            encode(&mut bytes, sequence, b"t", &[b"p"]).expect("it is small");
        }
        let size = bytes.len() / 3;
        crate::record::set_version(&mut bytes[size..2 * size], 2);
        let content = Content::of(bytes);
        assert_eq!(content.entries().map(|entry| entry.sequence()).collect::<Vec<_>>(), [1, 3]);
        assert_eq!((content.all_entries().len(), content.is_damaged(), content.torn.is_none()), (3, false, true));
    }
}
