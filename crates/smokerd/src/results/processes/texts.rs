//! The texts of results that processes hold: those that joined one run share them.

use std::collections::HashMap;

use crate::results::kept::history::Sequence;

/// How many processes hold the texts of a result, by its number. One that is not here is held by one process, as nearly
/// all are.
#[derive(Debug, Default)]
pub(super) struct SharedTexts(HashMap<Sequence, usize>);

impl SharedTexts {
    /// As many processes hold the texts of this result, which take `bytes`. Returns by how many bytes the memory grew.
    pub(super) fn add(&mut self, sequence: Sequence, bytes: isize, processes: usize) -> isize {
        if processes > 1 {
            self.0.insert(sequence, processes);
        }
        if processes > 0 { bytes } else { 0 }
    }

    /// One process holds the texts of this result, which take `bytes`, no longer. Returns how many bytes were freed.
    pub(super) fn release(&mut self, sequence: Sequence, bytes: isize) -> isize {
        let Some(processes) = self.0.get_mut(&sequence) else { return bytes };
        *processes -= 1;
        if *processes == 1 {
            self.0.remove(&sequence);
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_freed_with_the_last_process_that_holds_them() {
        let mut texts = SharedTexts::default();
        assert_eq!((texts.add(1, 100, 2), texts.add(2, 7, 0)), (100, 0));
        assert_eq!(texts.add(3, 50, 1), 50);
        assert_eq!([texts.release(1, 100), texts.release(1, 100), texts.release(3, 50)], [0, 100, 50]);
        assert!(texts.0.is_empty());
    }
}
