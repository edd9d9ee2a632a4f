//! The parts that rounds have shown, and that are not there any more.

use std::collections::BTreeMap;

use crate::verdict::part::Part;
use crate::verdict::part_rounds::PartRounds;

/// The parts that rounds have shown, and that are not there any more.
#[derive(Debug, Default)]
pub(super) struct VanishedParts(BTreeMap<Part, Vanished>);

/// A part that is not there any more.
#[derive(Debug)]
pub(super) struct Vanished {
    /// What the rounds have shown of it.
    pub(super) rounds: PartRounds,
    /// In how many looks in a row it has not been there.
    pub(super) absent: u32,
}

impl VanishedParts {
    /// A part has just vanished. One that no round has shown anything of is nothing to tell.
    pub(super) fn add(&mut self, part: Part, mut rounds: PartRounds) {
        if rounds.rounds > 0 {
            rounds.vanish();
            self.0.insert(part, Vanished { rounds, absent: 0 });
        }
    }

    /// A part is there again: its rounds.
    pub(super) fn take_back(&mut self, part: &Part) -> PartRounds {
        self.0.remove(part).map(|vanished| vanished.rounds).unwrap_or_default()
    }

    /// Counts a look in which these parts are not there.
    pub(super) fn count(&mut self, is_absent: impl Fn(&Part) -> bool) {
        self.0.iter_mut().filter(|(part, _)| is_absent(part)).for_each(|(_, vanished)| vanished.absent += 1);
    }

    /// Looks in a row are those in which the host answered.
    pub(super) fn begin_again(&mut self) {
        self.0.values_mut().for_each(|vanished| vanished.absent = 0);
    }

    /// The parts that have not been absent in as many looks in a row as it takes: they may come back.
    pub(super) fn open(&self, settle: u32) -> impl Iterator<Item = &Part> {
        self.0.iter().filter(move |(_, vanished)| vanished.absent < settle).map(|(part, _)| part)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Part, &Vanished)> {
        self.0.iter()
    }
}
