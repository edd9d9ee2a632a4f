//! The records among the bytes of a segment.

use std::ops::Range;

use crate::record::{Decoded, HEADER, MARKER, NoRecord, decode};

/// What a segment has at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A record that begins here.
    Record(usize, Decoded),
    /// These bytes are no record.
    Damage(Range<usize>),
    /// The end of the segment is the begin of a record, or nothing but zeros: a write that was not finished.
    Torn(Range<usize>),
}

/// Goes through the bytes of a segment, from the begin to the end.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next place after `start` where a record begins.
    fn resynchronise(&self, start: usize) -> Option<usize> {
        let mut at = start + 1;
        loop {
            at += self.bytes.get(at..)?.iter().position(|byte| *byte == MARKER[0])?;
            if decode(&self.bytes[at..]).is_ok() {
                return Some(at);
            }
            at += 1;
        }
    }
}

impl Iterator for Scan<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let (start, rest) = (self.at, self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?);
        let reason = match decode(rest) {
            Ok(record) => {
                self.at += record.size();
                return Some(Found::Record(start, record));
            }
            Err(reason) => reason,
        };
        if let Some(next) = self.resynchronise(start) {
            self.at = next;
            return Some(Found::Damage(start..next));
        }
        self.at = self.bytes.len();
        let is_torn = reason == NoRecord::Incomplete || rest.iter().all(|byte| *byte == 0);
        let range = start..self.bytes.len();
        Some(if is_torn { Found::Torn(range) } else { Found::Damage(range) })
    }
}

/// Tag and payload of the record that begins at `at`.
pub(crate) fn parts(bytes: &[u8], at: usize, record: Decoded) -> (&[u8], &[u8]) {
    bytes[at + HEADER..at + record.size()].split_at(record.tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::encode;

    fn records(count: u64) -> (Vec<u8>, Vec<Range<usize>>) {
        let mut bytes = Vec::new();
        let mut places = Vec::new();
        for sequence in 1..=count {
            let start = bytes.len();
            let payload = "x".repeat(fastrand::usize(..200));
            encode(&mut bytes, sequence, b"tag", &[payload.as_bytes()]).expect("it is small");
            places.push(start..bytes.len());
        }
        (bytes, places)
    }

    fn sequences(bytes: &[u8]) -> Vec<u64> {
        let record = |found| if let Found::Record(_, record) = found { Some(record.sequence) } else { None };
        Scan::new(bytes).filter_map(record).collect()
    }

    #[test]
    fn ten_thousand_times_exactly_the_touched_records_are_gone() {
        fastrand::seed(15);
        for round in 0..10_000 {
            let (mut bytes, places) = records(fastrand::u64(1..20));
            let mut touched = vec![false; places.len()];
            if fastrand::bool() {
                let length = fastrand::usize(..bytes.len());
                bytes.truncate(length);
                for (place, touched) in places.iter().zip(&mut touched) {
                    *touched = place.end > length;
                }
            } else {
                for _ in 0..fastrand::usize(1..4) {
                    let bit = fastrand::usize(..bytes.len() * 8);
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    let at = places.iter().position(|place| place.contains(&(bit / 8))).expect("a record");
                    touched[at] = true;
                }
            }
            let kept: Vec<_> = (1..).zip(&touched).filter(|(_, touched)| !**touched).map(|(n, _)| n).collect();
            let found = sequences(&bytes);
            // A bit that is changed twice is as it was.
            let is_same = |found: &Vec<u64>| kept.iter().all(|sequence| found.contains(sequence));
            assert!(
                found == kept || (found.len() > kept.len() && is_same(&found)),
                "round {round}: {found:?} {kept:?}"
            );
        }
    }

    #[test]
    fn bytes_that_are_missing_in_the_middle_cost_the_records_that_they_were_of() {
        fastrand::seed(16);
        for _ in 0..1000 {
            let (mut bytes, places) = records(10);
            let start = fastrand::usize(..bytes.len());
            let end = fastrand::usize(start..=bytes.len());
            bytes.drain(start..end);
            let kept = |place: &Range<usize>| place.end <= start || place.start >= end;
            let kept: Vec<_> = (1..).zip(&places).filter(|(_, place)| kept(place)).map(|(n, _)| n).collect();
            let found = sequences(&bytes);
            assert!(kept.iter().all(|sequence| found.contains(sequence)), "{kept:?} {found:?}");
        }
    }

    #[test]
    fn the_end_is_torn_where_a_record_has_begun_or_all_is_zero() {
        let (bytes, places) = records(2);
        let last = places[1].clone();
        let torn = &bytes[..last.start + 5];
        assert_eq!(Scan::new(torn).last(), Some(Found::Torn(last.start..torn.len())));
        let mut zeros = bytes[..last.start].to_vec();
        zeros.resize(last.start + 4096, 0);
        assert_eq!(Scan::new(&zeros).last(), Some(Found::Torn(last.start..zeros.len())));
        let mut damaged = bytes.clone();
        damaged[last.end - 1] ^= 1;
        assert_eq!(Scan::new(&damaged).last(), Some(Found::Damage(last)));
    }
}
