//! One process: a request to run plugins, its runs and its end.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use smoker_model::plugin::PluginName;
use tokio_util::sync::CancellationToken;

use crate::results::kept::history::Sequence;
use crate::results::kept::packed_text::PackedText;
use crate::results::plugin::config_fields::ConfigFields;
use crate::results::processes::limits::REPEATED_ENTRIES;
use crate::results::requester::ClientAddress;

/// Memory of a process without runs, in bytes.
const PROCESS_OVERHEAD: usize = 2 * std::mem::size_of::<Process>();

/// Memory of a run beside its result's text, in bytes.
const RUN_OVERHEAD: usize = std::mem::size_of::<ForcedRun>();

/// The number of a process, from 1.
pub(crate) type ProcessId = u64;

/// The result of a forced run, as JSON texts.
#[derive(Clone, Debug)]
pub(crate) struct ForcedOutcome {
    /// For `forcedResult`.
    pub(crate) forced: PackedText,
    /// For `lastResult`; none when the plugin keeps no history.
    pub(crate) last: Option<PackedText>,
}

/// A plugin of a process.
#[derive(Debug)]
pub(super) struct ForcedRun {
    pub(super) plugin: PluginName,
    /// None until the run has ended.
    pub(super) outcome: Option<(Sequence, ForcedOutcome)>,
}

/// A request to run plugins, and its runs.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) client: ClientAddress,
    /// Who the client has proved to be.
    pub(super) triggered_by: Option<Arc<str>>,
    /// One for each of its plugins, sorted by name.
    pub(super) runs: Box<[ForcedRun]>,
    /// The positions in `runs` that the pages show, in the order of the request.
    pub(super) shown: Box<[u32]>,
    /// How many of its runs have not ended.
    pub(super) awaited: usize,
    /// How many of its runs have no result yet, not even one that is on its way to the journal.
    pub(super) unrecorded: usize,
    /// Those of its plugins that a reload has removed since.
    pub(super) removed: RemovedPlugins,
    /// Memory beside the texts of its results, in bytes; counted from its end on.
    pub(super) overhead: isize,
    pub(super) end: Option<End>,
    /// Cancelled at its end; there when a request waits for that.
    pub(super) ended: Option<CancellationToken>,
}

/// The end of a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// The number of its last result.
    pub(super) sequence: Sequence,
    pub(super) at: Instant,
    /// What it counts as unread, in bytes; none when it no longer does.
    pub(super) unread: Option<usize>,
}

/// Plugins that a reload has removed, as they were last configured.
pub(crate) type RemovedPlugins = HashMap<PluginName, Arc<ConfigFields>>;

impl ForcedOutcome {
    /// The memory that its texts take, in bytes.
    pub(super) fn size(&self) -> isize {
        let last = self.last.as_ref().filter(|last| !last.is_shared_with(&self.forced));
        self.forced.size() + last.map_or(0, PackedText::size)
    }
}

impl Process {
    /// A process that has just begun. `distinct` has each of its plugins once, sorted.
    pub(super) fn new(plugins: &[PluginName], distinct: Vec<PluginName>, client: ClientAddress) -> Self {
        let shown = Self::positions(plugins, &distinct);
        let awaited = distinct.len();
        let names: usize = shown.iter().map(|at| distinct[*at as usize].as_str().len()).sum();
        let overhead = PROCESS_OVERHEAD + awaited * RUN_OVERHEAD + shown.len() * size_of::<u32>() + names;
        let overhead = isize::try_from(overhead).unwrap_or(isize::MAX);
        let runs = distinct.into_iter().map(|plugin| ForcedRun { plugin, outcome: None }).collect();
        Self {
            client,
            triggered_by: None,
            runs,
            shown,
            awaited,
            unrecorded: awaited,
            removed: HashMap::new(),
            overhead,
            end: None,
            ended: None,
        }
    }

    /// Positions of `plugins` among `distinct` ones, which are sorted, but for those that are repeated too often.
    fn positions(plugins: &[PluginName], distinct: &[PluginName]) -> Box<[u32]> {
        let mut seen = vec![false; distinct.len()];
        let mut repeated = 0;
        let position = |plugin: &PluginName| {
            let at = distinct.binary_search(plugin).ok()?;
            let is_repeated = std::mem::replace(&mut seen[at], true);
            repeated += usize::from(is_repeated);
            if is_repeated && repeated > REPEATED_ENTRIES { None } else { u32::try_from(at).ok() }
        };
        plugins.iter().filter_map(position).collect()
    }

    pub(super) fn shown(&self) -> impl Iterator<Item = &ForcedRun> {
        self.shown.iter().filter_map(|at| self.runs.get(*at as usize))
    }

    pub(super) fn results(&self) -> impl Iterator<Item = &(Sequence, ForcedOutcome)> {
        self.runs.iter().filter_map(|run| run.outcome.as_ref())
    }
}
