//! The newest runs of a plugin that did not take place, and why.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_model::run_record::{RunRecord, RunState, SkipReason};

use crate::results::plugin::standing::BadParent;

/// How many of each plugin are kept.
const MAX_KEPT: usize = 5;

/// Runs that did not take place, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecentSkip {
    /// When the last of them was to start.
    pub(crate) planned: DateTime<Utc>,
    pub(crate) reason: SkipReason,
    /// How many these are.
    pub(crate) count: u64,
    /// Who or what would have caused them, where that is known.
    pub(crate) cause: Option<Arc<str>>,
    /// The plugin that was bad.
    pub(crate) parent: Option<BadParent>,
}

/// The newest ones of a plugin since the start of the daemon, oldest first.
#[derive(Debug, Default)]
pub(crate) struct RecentSkips(VecDeque<RecentSkip>);

impl RecentSkips {
    /// Takes the next record. `parent`: why runs are skipped because of another plugin, when they are.
    pub(crate) fn note(&mut self, record: &RunRecord, parent: Option<&BadParent>) {
        let RunState::Skipped { reason, count } = record.state else { return };
        if self.0.len() == MAX_KEPT {
            self.0.pop_front();
        }
        let parent = parent.filter(|_| reason == SkipReason::Dependency).cloned();
        let cause = record.trigger.by().cloned();
        self.0.push_back(RecentSkip { planned: record.planned.wall, reason, count, cause, parent });
    }

    /// All that are kept, newest first.
    pub(crate) fn newest_first(&self) -> Vec<RecentSkip> {
        self.0.iter().rev().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use smoker_model::run_record::RunTrigger;

    use super::*;
    use crate::results::samples;

    #[test]
    fn the_newest_skips_are_kept() {
        let mut skips = RecentSkips::default();
        let mut record = samples::finished(&"a".into(), "");
        skips.note(&record, None);
        assert!(skips.newest_first().is_empty());
        record.trigger = RunTrigger::After("Db".into());
        for count in 1..=7 {
            record.state = RunState::Skipped { reason: SkipReason::Overlap, count };
            skips.note(&record, None);
        }
        let kept = skips.newest_first();
        assert_eq!(kept.iter().map(|skip| skip.count).collect::<Vec<_>>(), [7, 6, 5, 4, 3]);
        assert_eq!(kept[0].cause.as_deref(), Some("Db"));
    }
}
