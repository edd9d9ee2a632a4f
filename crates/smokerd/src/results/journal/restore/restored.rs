//! What the journal gives back at a start.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::run_record::RunTrigger;
use smoker_model::status::Status;

use crate::results::journal::keep::{KeptRecords, KeptResults};
use crate::results::kept::history::Sequence;
use crate::results::kept::packed_text::PackedText;
use crate::results::plugin::freshness::{Freshness, PostponedActions};
use crate::results::plugin::hard_state::HardStateSearch;
use crate::results::plugin::held_back::HeldBackSearch;
use crate::results::plugin::interrupted_run::InterruptedSearch;
use crate::results::plugin::last_planned::LastPlannedSearch;
use crate::results::plugin::run_times::RunTimes;
use crate::results::plugin::standing::{Attempt, ChangesSearch};
use crate::results::processes::process::{ForcedOutcome, ProcessId};

/// What was read from the journal.
#[derive(Debug, Default)]
pub(crate) struct Restored {
    /// The configured plugins that have something, by name.
    pub(crate) plugins: HashMap<PluginName, RestoredPlugin>,
    /// Processes, newest first.
    pub(crate) processes: Vec<RestoredProcess>,
    /// Results of runs that processes got, by number.
    pub(crate) outcomes: BTreeMap<Sequence, RestoredOutcome>,
    /// The newest process that there was.
    pub(crate) last_process: ProcessId,
    /// The newest record that says that the daemon has started.
    pub(crate) begin: Sequence,
    /// Runs that had not ended when the daemon did.
    pub(crate) interrupted: Vec<InterruptedRun>,
}

/// What was read of a plugin.
#[derive(Debug, Default)]
pub(crate) struct RestoredPlugin {
    /// Its newest results, newest first, as many as its history keeps.
    pub(crate) results: Vec<(Sequence, PackedText)>,
    /// The numbers of its newest bad results, newest first.
    pub(crate) failures: Vec<Sequence>,
    /// When its last scheduled run was to start, or from when on its first one was planned.
    pub(crate) last_planned: LastPlannedSearch,
    /// The status of its newest result that was not interrupted.
    pub(crate) last_status: Option<Status>,
    /// When the first of the newest results with that status was made.
    pub(crate) status_since: Option<DateTime<Utc>>,
    /// The attempt of its newest result that no client requested.
    pub(crate) attempt: Option<Attempt>,
    /// When it last ran and was well.
    pub(crate) times: RunTimes,
    /// How often its status changed.
    pub(crate) changes: ChangesSearch,
    /// From how many changes of status on it is flapping, in percent.
    pub(crate) flap_threshold: Option<u8>,
    /// Its newest status that counts.
    pub(crate) hard: HardStateSearch,
    /// What it has seen, for plugins that depend on it.
    pub(crate) freshness: Freshness,
    /// Its newest result, while actions wait because of other plugins.
    pub(crate) postponed: Option<PostponedActions>,
    /// Whether its newest run that no client requested was interrupted.
    pub(crate) interrupted: InterruptedSearch,
    /// The run that it owes.
    pub(crate) held_back: HeldBackSearch,
    /// The number of its newest run that followed one of another plugin.
    pub(crate) newest_after: Option<Sequence>,
    pub(super) has_other_status: bool,
    /// Whether results that clients requested do not count.
    pub(super) has_retries: bool,
    pub(super) history: usize,
    pub(super) history_failures: usize,
}

/// A request to run plugins.
#[derive(Debug)]
pub(crate) struct RestoredProcess {
    pub(crate) id: ProcessId,
    pub(crate) plugins: Vec<PluginName>,
    /// Who the client had proved to be.
    pub(crate) triggered_by: Option<Arc<str>>,
    /// Whether a result that is missing was never there, so that its run has not ended.
    pub(super) is_certain: bool,
}

/// The result of a run that processes got.
#[derive(Debug)]
pub(crate) struct RestoredOutcome {
    pub(crate) plugin: PluginName,
    pub(crate) processes: Vec<ProcessId>,
    pub(crate) outcome: ForcedOutcome,
    /// Whether it is shown as the result of its plugin.
    pub(super) is_shown: bool,
}

/// A run that had not ended when the daemon did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InterruptedRun {
    pub(crate) plugin: PluginName,
    pub(crate) started: DateTime<Utc>,
    /// When the daemon was still there, as far as the journal knows: the run took that long at least.
    pub(crate) ended: DateTime<Utc>,
    /// When it was to start.
    pub(crate) planned: DateTime<Utc>,
    pub(crate) trigger: RunTrigger,
    pub(crate) generation: u64,
    /// Its number; 0 for one that had not begun.
    pub(crate) run: u64,
}

impl Restored {
    /// The records that all this comes from.
    pub(crate) fn kept_records(&self) -> KeptRecords {
        let kept = |plugin: &RestoredPlugin| KeptResults {
            newest: plugin.results.first().map(|(sequence, _)| *sequence),
            oldest: plugin.results.last().map(|(sequence, _)| *sequence),
            failures: plugin.failures.iter().rev().copied().collect(),
            last_planned: plugin.last_planned.found(),
            held_back: plugin.held_back.found().map(|held| held.planned),
        };
        KeptRecords {
            plugins: self.plugins.iter().map(|(name, plugin)| (name.to_string(), kept(plugin))).collect(),
            processes: self.processes.iter().map(|process| process.id).collect(),
            last_process: self.last_process,
            begin: self.begin,
            running: self.interrupted.iter().map(|run| run.run).collect(),
        }
    }
}
