//! What a check declares of a number that it measures.

use crate::unit::Unit;

/// A number that a check measures, of which `Warn` and `Error` may say when it counts as bad.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// The name, as `Warn` and `Error` write it.
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// What it is, in words.
    pub meaning: &'static str,
    /// When it is a WARN without `Warn` and `Error` for it.
    pub warn: Option<&'static str>,
    /// When it is an ERROR without `Warn` and `Error` for it.
    pub error: Option<&'static str>,
}

/// The numbers of which too little is bad.
const BETTER_HIGH: [&str; 5] = ["Available", "Days", "Free", "Ok", "Share"];

impl Measure {
    /// Whether too little of it is bad, and never too much.
    pub(crate) fn is_better_high(&self) -> bool {
        BETTER_HIGH.contains(&self.name)
    }
}
