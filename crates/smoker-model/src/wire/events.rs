//! What `GET /events` sends beside results.

use serde::{Deserialize, Serialize};

use crate::wire::silences::ListedSilence;

/// A run has begun (`event: start`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartEvent {
    /// The name of the plugin.
    pub plugin: String,
    /// When, as RFC 3339 has it.
    pub started: String,
    /// Why: `timer`, `retry`, `after`, `report`, `on-demand` or `force`; later versions may have others.
    pub trigger: String,
}

/// Another configuration has taken effect (`event: reload`); these are numbers of plugins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadEvent {
    /// New ones.
    pub added: usize,
    /// Those that have another configuration.
    pub changed: usize,
    /// Those that are no longer configured.
    pub removed: usize,
    /// All others.
    pub unchanged: usize,
}

/// A silence was made, or has ended (`event: silence`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SilenceEvent {
    /// `made`, `ended` before its time, or `expired`.
    pub change: String,
    /// The silence.
    pub silence: ListedSilence,
}
