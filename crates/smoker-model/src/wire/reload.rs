//! What became of a reload that a client has requested.

use serde::{Deserialize, Serialize};

/// What became of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReloadOutcome {
    /// All of it is in effect.
    InEffect,
    /// It is in effect but for what `problems` says, such as a plugin that was left out.
    InPart,
    /// The configuration before it goes on.
    Refused,
    /// It is being read.
    Pending,
}

/// The answer to `POST /reload`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReloadPage {
    /// What became of it.
    pub outcome: ReloadOutcome,
    /// The same as a sentence: how many plugins were added, changed and removed, or why it was refused.
    pub message: String,
    /// What the log has of it at WARNING and above, with the level in front.
    pub problems: Vec<String>,
}
