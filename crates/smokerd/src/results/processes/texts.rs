//! The texts of results that processes hold: those that joined one run share them.

use std::collections::HashMap;

use crate::results::history::Sequence;

/// How many processes hold the texts of one result, and the memory that the texts take.
#[derive(Debug)]
struct TextUse {
    bytes: isize,
    processes: usize,
}

/// The texts of results by the number of the result.
#[derive(Debug, Default)]
pub(super) struct SharedTexts(HashMap<Sequence, TextUse>);

impl SharedTexts {
    /// As many processes hold the texts of this result, which take `bytes`. Returns by how many bytes the memory grew.
    pub(super) fn add(&mut self, sequence: Sequence, bytes: isize, processes: usize) -> isize {
        if processes == 0 {
            return 0;
        }
        self.0.insert(sequence, TextUse { bytes, processes });
        bytes
    }

    /// One process holds the texts of this result no longer. Returns how many bytes were freed.
    pub(super) fn release(&mut self, sequence: Sequence) -> isize {
        let Some(text) = self.0.get_mut(&sequence) else { return 0 };
        text.processes -= 1;
        if text.processes > 0 {
            return 0;
        }
        self.0.remove(&sequence).map_or(0, |text| text.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_freed_with_the_last_process_that_holds_them() {
        let mut texts = SharedTexts::default();
        assert_eq!((texts.add(1, 100, 2), texts.add(2, 7, 0)), (100, 0));
        assert_eq!([texts.release(1), texts.release(1), texts.release(1), texts.release(2)], [0, 100, 0, 0]);
        assert!(texts.0.is_empty());
    }
}
