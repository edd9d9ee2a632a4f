//! What metrics read of plugins at one moment.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_model::status::Status;

use crate::results::kept::packed_text::PackedText;
use crate::results::plugin::config_fields::ConfigFields;
use crate::results::plugin::counters::RunCounters;
use crate::results::plugin::run_times::RunTimes;
use crate::results::plugin::standing::Standing;

/// What metrics read of a plugin.
#[derive(Clone, Debug)]
pub(crate) struct PluginMeasures {
    pub(crate) config: Arc<ConfigFields>,
    /// The newest result as JSON, if one is kept.
    pub(crate) last_result: Option<PackedText>,
    /// The status of the newest result, whether it is kept or not; `Unknown` before the first one, and while its scheduled runs are
    /// skipped.
    pub(crate) status: Status,
    pub(crate) counters: RunCounters,
    pub(crate) times: RunTimes,
    /// The start of the first run with the status that the newest one has.
    pub(crate) changed: Option<DateTime<Utc>>,
    /// What else its page shows of it.
    pub(crate) standing: Standing,
    /// The time of the next scheduled run as JSON.
    pub(crate) next_run: Arc<str>,
}
