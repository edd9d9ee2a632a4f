//! Inputs that are worth changing: those of the repository, and those whose
//! outcome was new.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::inputs::random::Random;

/// How many inputs are kept.
const MOST: usize = 4000;

/// Longer inputs are not kept: changing them takes long and shows little.
const LONGEST: usize = 4096;

/// Nor are those that take much memory, and so time: others like them would,
/// too. Time itself would make the choice another one each time.
const HUNGRY: usize = 512 * 1024;

/// How much of an outcome counts. Further on messages hold what the input held.
const SIGNIFICANT: usize = 60;

/// The kept inputs.
#[derive(Debug)]
pub(crate) struct Pool {
    inputs: Vec<Vec<u8>>,
    outcomes: HashSet<u64>,
}

impl Pool {
    pub(crate) fn new(inputs: Vec<Vec<u8>>) -> Self {
        Self { inputs, outcomes: HashSet::new() }
    }

    pub(crate) fn pick<'a>(&'a self, random: &mut Random) -> &'a [u8] {
        if self.inputs.is_empty() { &[] } else { &self.inputs[random.below(self.inputs.len())] }
    }

    /// Keeps an input if nothing like its outcome was seen before and it did not take much memory.
    pub(crate) fn learn(&mut self, input: &[u8], outcome: &str, memory: usize) {
        if !self.outcomes.insert(kind_of(outcome)) || input.len() > LONGEST || memory > HUNGRY {
            return;
        }
        if self.inputs.len() < MOST {
            self.inputs.push(input.to_vec());
        } else {
            // Whatever has been there for long has had its chance.
            let oldest = self.outcomes.len() % MOST;
            self.inputs[oldest] = input.to_vec();
        }
    }

    /// How many kinds of outcomes were seen.
    pub(crate) fn outcomes(&self) -> usize {
        self.outcomes.len()
    }
}

/// Numbers differ for ever, so they count as equal; so does whatever stands in quotes.
fn kind_of(outcome: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut quote = None;
    for c in outcome.chars().take(SIGNIFICANT) {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, _) if c.is_ascii_alphabetic() => c.hash(&mut hasher),
            _ => {}
        }
    }
    hasher.finish()
}
