//! What pages read of the state: plugins and processes at one moment.

use std::sync::Arc;

use crate::results::kept::packed_text::PackedText;
use crate::results::plugin::config_fields::ConfigFields;
use crate::results::plugin::standing::Standing;
use crate::results::processes::process::ForcedOutcome;

/// A plugin at one moment.
#[derive(Clone, Debug)]
pub(crate) struct PluginSnapshot {
    /// What its configuration decides of its JSON object.
    pub(crate) config: Arc<ConfigFields>,
    /// The newest result as JSON.
    pub(crate) last_result: Option<PackedText>,
    /// The time of the next scheduled run as JSON.
    pub(crate) next_run: Arc<str>,
    pub(crate) standing: Standing,
}

impl PluginSnapshot {
    /// About how many bytes it takes on a page.
    pub(crate) fn size(&self) -> usize {
        let last = self.last_result.as_ref().map_or(4, PackedText::length);
        let standing: usize = self.standing.members().map(|(name, text)| name.len() + text.len()).sum();
        last + standing + self.config.identity.len() + self.config.parameters.len() + 100
    }
}

/// A finished process: each plugin with the result of its forced run.
pub(crate) type FinishedRuns = Vec<(PluginSnapshot, ForcedOutcome)>;

/// What the state knows of a process number.
#[derive(Debug)]
pub(crate) enum ProcessSnapshot {
    /// At least one of its runs has not ended.
    Running,
    /// All its runs have ended.
    Finished(FinishedRuns),
    /// The process had finished and was evicted.
    Dropped,
    /// No process ever had this number.
    Unknown,
}
