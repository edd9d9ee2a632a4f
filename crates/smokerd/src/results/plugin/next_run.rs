//! When a plugin runs next.

use std::sync::Arc;

/// The number of the reload that gave a plugin its configuration; 0 is the
/// start. A next run that a task reports for an earlier generation is ignored.
pub(crate) type ConfigGeneration = u64;

/// When a plugin runs next, for the pages.
#[derive(Clone, Debug)]
pub(crate) struct NextRun {
    pub(crate) generation: ConfigGeneration,
    /// The time as JSON, `null` without one.
    pub(crate) text: Arc<str>,
}

impl NextRun {
    /// The earlier of both, since the task keeps the plan that it had when that is earlier. Timestamps sort as texts.
    pub(crate) fn not_later_than(self, before: Self) -> Self {
        let have_plans = [&self, &before].iter().all(|it| *it.text != *"null");
        let text = if have_plans && *before.text < *self.text { before.text } else { self.text };
        Self { text, ..self }
    }
}
