//! The order of segments, which is that of their records.
//!
//! As a rule it is that of their numbers, too, and is looked at by the first record of each. Where a file was copied or renamed by hand, or a
//! rewriting was interrupted, it is the order of their last records, for which they are read.

use crate::files::segment::Segment;
use crate::segments::content::Content;

/// The segments of a folder, oldest records first.
#[derive(Clone, Debug)]
pub(crate) struct Ordered {
    pub(crate) segments: Vec<Segment>,
    /// The number of the first record of each, as far as that can be read.
    pub(crate) firsts: Vec<Option<u64>>,
    /// Whether no segment has records that belong before or into another one with a smaller number.
    pub(crate) is_by_number: bool,
}

/// Puts segments, which come by their numbers, in the order of their records.
pub(crate) fn in_order(segments: Vec<Segment>) -> Ordered {
    let firsts: Vec<_> = segments.iter().map(Segment::first_sequence).collect();
    let known: Vec<_> = firsts.iter().flatten().collect();
    if known.is_sorted_by(|one, other| one < other) {
        return Ordered { segments, firsts, is_by_number: true };
    }
    let last = |segment: &Segment| Content::load(segment).ok()?.all_entries().next_back().map(|entry| entry.sequence());
    let mut placed: Vec<_> =
        segments.into_iter().zip(firsts).map(|(segment, first)| (last(&segment), segment, first)).collect();
    placed.sort_unstable();
    let (segments, firsts) = placed.into_iter().map(|(_, segment, first)| (segment, first)).unzip();
    Ordered { segments, firsts, is_by_number: false }
}
