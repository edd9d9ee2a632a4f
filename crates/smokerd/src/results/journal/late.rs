//! Records that could not be written when they came. They are answered from here, and written when the disk can be.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smoker_journal::maintenance::Rank;
use smoker_journal::segments::content::Entry;

use crate::results::journal::keep::KeptRecords;
use crate::results::kept::history::Sequence;

/// The bytes that all of them may take: beyond it those are dropped that the journal would keep the shortest time.
pub(crate) const LATE_BYTES: usize = 32 << 20;

/// How many bytes are left then, so that it is not to be done for each record.
const LEFT_BYTES: usize = LATE_BYTES / 4 * 3;

/// All of them. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct LateRecords(Arc<Mutex<Late>>);

#[derive(Debug, Default)]
struct Late {
    records: BTreeMap<Sequence, Entry>,
    bytes: usize,
    /// How many were dropped since the journal could be written last.
    dropped: u64,
}

impl LateRecords {
    /// Adds records. `kept` says what of all is to stay, when they take too much.
    pub(super) fn add(&self, records: Vec<Entry>, kept: impl FnOnce() -> KeptRecords) {
        let mut late = self.lock();
        for record in records {
            late.bytes += record.size();
            late.records.insert(record.sequence(), record);
        }
        if late.bytes <= LATE_BYTES {
            return;
        }
        // Not under the lock: what is kept is known under another one.
        drop(late);
        let kept = kept();
        self.lock().trim(&kept);
    }

    /// All of them, oldest first.
    pub(super) fn all(&self) -> Vec<Entry> {
        self.after(0)
    }

    /// Those with numbers above this one, oldest first.
    pub(crate) fn after(&self, after: Sequence) -> Vec<Entry> {
        self.lock().records.range(after.saturating_add(1)..).map(|(_, entry)| entry.clone()).collect()
    }

    /// Those with numbers below this one, newest first.
    pub(crate) fn below(&self, below: Sequence) -> Vec<Entry> {
        self.lock().records.range(..below).rev().map(|(_, entry)| entry.clone()).collect()
    }

    /// How many bytes they take.
    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// How many were dropped since the journal could be written last: neither the journal has these nor the memory.
    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    /// These are written.
    pub(super) fn remove(&self, written: &[Entry]) {
        let mut late = self.lock();
        for entry in written {
            late.take(entry.sequence());
        }
    }

    /// Drops the largest one: it is larger than a file may be.
    pub(super) fn drop_largest(&self) {
        let mut late = self.lock();
        if let Some(sequence) = late.records.values().max_by_key(|entry| entry.size()).map(Entry::sequence) {
            late.take(sequence);
            late.dropped += 1;
        }
    }

    /// The journal can be written again. Returns how many records it does not get.
    pub(super) fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.lock().dropped)
    }

    fn lock(&self) -> MutexGuard<'_, Late> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Late {
    fn take(&mut self, sequence: Sequence) {
        if let Some(entry) = self.records.remove(&sequence) {
            self.bytes -= entry.size();
        }
    }

    /// Drops those that stay the shortest time, and of these the oldest.
    fn trim(&mut self, kept: &KeptRecords) {
        let rank = |entry: &Entry| kept.rank(entry).unwrap_or(Rank::MAX);
        let mut order: Vec<_> = self.records.values().map(|it| (rank(it), Reverse(it.sequence()), it.size())).collect();
        order.sort_unstable();
        let mut bytes = 0;
        for (at, (_, Reverse(sequence), size)) in order.into_iter().enumerate() {
            bytes += size;
            if at > 0 && bytes > LEFT_BYTES {
                self.take(sequence);
                self.dropped += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use smoker_journal::record::encode;
    use smoker_journal::segments::content::separate;

    use super::*;
    use crate::results::journal::keep::KeptResults;
    use crate::results::journal::records::entry::tag_of_run;
    use crate::results::samples;

    #[test]
    fn what_pages_show_stays_longest_when_there_is_too_much() {
        let late = LateRecords::default();
        let kept = || {
            let rare = KeptResults { newest: Some(3), oldest: Some(2), ..KeptResults::default() };
            let often = KeptResults { newest: Some(60), oldest: Some(50), ..KeptResults::default() };
            let plugins = [("rare".to_owned(), rare), ("often".to_owned(), often)].into();
            KeptRecords { plugins, ..KeptRecords::default() }
        };
        let payload = vec![b'x'; 1 << 20];
        for sequence in 1..=60 {
            let (mut tag, mut bytes) = (Vec::new(), Vec::new());
            let plugin = if sequence <= 3 { "rare" } else { "often" };
            tag_of_run(&mut tag, &samples::finished(&plugin.into(), "{}"), &[]);
            encode(&mut bytes, sequence, &tag, &[&payload]).expect("it is small");
            late.add(separate(&bytes), kept);
            assert!(late.bytes() <= LATE_BYTES);
        }
        let numbers: Vec<_> = late.all().iter().map(Entry::sequence).collect();
        assert_eq!(&numbers[..2], [2, 3]);
        assert!((50..=60).all(|number| numbers.contains(&number)), "{numbers:?}");
        assert_eq!(late.dropped() + numbers.len() as u64, 60);
        let below: Vec<_> = late.below(60).iter().map(Entry::sequence).collect();
        assert!(below.is_sorted_by(|newer, older| newer > older) && below[0] == 59);
        late.remove(&late.all());
        assert_eq!((late.bytes(), late.take_dropped() > 0, late.dropped()), (0, true, 0));
    }
}
