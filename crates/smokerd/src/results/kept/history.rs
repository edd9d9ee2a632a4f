//! The results that are kept of one plugin.
//!
//! In memory, oldest first, each as the JSON text of the wire, compressed: a page is
//! assembled from texts, and a result takes less memory than its text.

use std::collections::VecDeque;

use crate::results::kept::packed_text::PackedText;

/// Counts the results of the daemon, so that the oldest of all plugins can be found.
pub(crate) type Sequence = u64;

/// The results of one plugin, up to a limit.
#[derive(Debug)]
pub(crate) struct History {
    limit: usize,
    results: VecDeque<KeptResult>,
    /// The number of the newest result that is not kept any more; 0 when all are.
    dropped: Sequence,
}

/// A result that is kept.
#[derive(Debug)]
pub(crate) struct KeptResult {
    pub(crate) sequence: Sequence,
    pub(crate) text: PackedText,
}

impl History {
    /// Keeps up to `limit` results; 0 keeps none.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, results: VecDeque::new(), dropped: 0 }
    }

    /// Changes the limit, and returns by how many bytes the history grew (negative: shrank).
    pub(crate) fn set_limit(&mut self, limit: usize) -> isize {
        self.limit = limit;
        self.trim()
    }

    /// The memory that all results take, in bytes.
    pub(crate) fn size(&self) -> isize {
        self.iter().map(PackedText::size).sum()
    }

    /// Adds a result, and returns by how many bytes the history grew (negative: shrank).
    pub(crate) fn push(&mut self, sequence: Sequence, text: PackedText) -> isize {
        if self.limit == 0 {
            self.dropped = sequence;
            return 0;
        }
        let growth = text.size();
        self.results.push_back(KeptResult { sequence, text });
        growth + self.trim()
    }

    /// Whether it has dropped results that it would have with a larger limit.
    pub(crate) fn is_full_below(&self, limit: usize) -> bool {
        self.limit < limit && self.results.len() >= self.limit
    }

    /// Adds the results of another one that are older than all that it has, unless a newer one than these was dropped: then something is
    /// missing between. Returns by how many bytes it grew. The limit is to be set afterwards.
    pub(crate) fn add_older(&mut self, older: Self) -> isize {
        let oldest = self.oldest().unwrap_or(Sequence::MAX);
        let newest = older.results.back().map_or(0, |result| result.sequence);
        if newest < self.dropped {
            return 0;
        }
        let mut growth = 0;
        for result in older.results.into_iter().rev().filter(|result| result.sequence < oldest) {
            growth += result.text.size();
            self.results.push_front(result);
        }
        growth
    }

    fn trim(&mut self) -> isize {
        let mut growth = 0;
        while self.results.len() > self.limit {
            growth -= self.drop_oldest();
        }
        growth
    }

    /// The newest result.
    pub(crate) fn newest(&self) -> Option<&PackedText> {
        self.results.back().map(|result| &result.text)
    }

    /// All results, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &PackedText> {
        self.results.iter().map(|result| &result.text)
    }

    /// The number of the oldest result that may be evicted; the newest result never is.
    pub(crate) fn oldest_evictable(&self) -> Option<Sequence> {
        if self.results.len() > 1 { self.oldest() } else { None }
    }

    /// The number of the oldest result.
    pub(crate) fn oldest(&self) -> Option<Sequence> {
        self.results.front().map(|result| result.sequence)
    }

    /// The number of the newest result that is not kept any more; 0 when all are.
    pub(crate) fn dropped(&self) -> Sequence {
        self.dropped
    }

    /// The oldest result with a number above this one.
    pub(crate) fn oldest_above(&self, after: Sequence) -> Option<&KeptResult> {
        self.results.get(self.results.partition_point(|result| result.sequence <= after))
    }

    /// The newest result with a number below this one.
    pub(crate) fn newest_below(&self, below: Sequence) -> Option<&KeptResult> {
        let at = self.results.partition_point(|result| result.sequence < below);
        self.results.get(at.checked_sub(1)?)
    }

    /// Drops the oldest result, and returns how many bytes that freed.
    pub(crate) fn drop_oldest(&mut self) -> isize {
        let Some(oldest) = self.results.pop_front() else { return 0 };
        self.dropped = oldest.sequence;
        oldest.text.size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::kept::packed_text::size;

    #[test]
    fn the_newest_results_are_kept_oldest_first() {
        let mut history = History::new(2);
        for (sequence, text) in ["one", "two", "three"].into_iter().enumerate() {
            history.push(sequence as u64, text.into());
        }
        assert_eq!(history.iter().map(PackedText::unpack).collect::<Vec<_>>(), ["two", "three"]);
        assert_eq!(history.oldest_evictable(), Some(1));
    }

    #[test]
    fn growth_is_what_was_added_less_what_was_dropped() {
        let mut history = History::new(1);
        assert_eq!(history.push(0, "12345".into()), size(5));
        assert_eq!(history.push(1, "123".into()), -2);
        assert_eq!(history.oldest_evictable(), None);
    }

    #[test]
    fn older_results_come_back_when_the_limit_is_raised() {
        let history = |limit, numbers: std::ops::RangeInclusive<u64>| {
            let mut history = History::new(limit);
            for number in numbers {
                history.push(number, number.to_string().as_str().into());
            }
            history
        };
        for (limit, expected) in [(3, "3456789"), (0, "3456789")] {
            let mut kept = history(limit, 1..=9);
            assert!(kept.is_full_below(7) && !kept.is_full_below(limit) && !history(20, 1..=9).is_full_below(30));
            let growth = kept.add_older(history(9, 2..=9));
            assert_eq!(growth + kept.set_limit(7), (7 - isize::try_from(limit).expect("small")) * size(1));
            assert_eq!(kept.iter().map(PackedText::unpack).collect::<String>(), expected);
        }
        let mut kept = history(0, 1..=9);
        assert_eq!((kept.add_older(history(9, 2..=8)), kept.newest()), (0, None), "the newest would be missing");
    }

    #[test]
    fn a_lower_limit_drops_the_oldest_at_once() {
        let mut history = History::new(3);
        for (sequence, text) in ["one", "two", "three"].into_iter().enumerate() {
            history.push(sequence as u64, text.into());
        }
        assert_eq!(history.set_limit(1), -2 * size(3));
        assert_eq!((history.size(), history.newest().map(PackedText::unpack).as_deref()), (size(5), Some("three")));
        assert_eq!(history.set_limit(0), -size(5));
        assert_eq!(history.newest(), None);
    }
}
