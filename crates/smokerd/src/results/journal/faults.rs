//! What the log says of a journal that cannot be written: once when it begins, once when it is over.

use std::fmt::Display;

/// A kind of fault, such as that of writing.
#[derive(Debug)]
pub(super) struct Faults {
    /// What is lost meanwhile: `results are kept in memory only`.
    consequence: &'static str,
    is_failing: bool,
    lost: u64,
}

impl Faults {
    pub(super) fn new(consequence: &'static str) -> Self {
        Self { consequence, is_failing: false, lost: 0 }
    }

    /// It failed, which cost this many records.
    pub(super) fn failed(&mut self, error: &impl Display, lost: usize) {
        self.lost += lost as u64;
        if !std::mem::replace(&mut self.is_failing, true) {
            tracing::error!("journal: {error}; {} until this is mended, then it goes on by itself", self.consequence);
        }
    }

    /// It works.
    pub(super) fn succeeded(&mut self) {
        if std::mem::take(&mut self.is_failing) {
            let lost = std::mem::take(&mut self.lost);
            tracing::warn!("journal: it works again; {lost} records of the time between are not in it");
        }
    }
}
