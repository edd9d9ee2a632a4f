//! Silences: spans of time in which no action follows the results of some plugins.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The body of `POST /silences`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SilenceRequest {
    /// What to silence.
    pub silence: WantedSilence,
}

/// A silence that a client wants: of the named plugins and of those whose parameters match the filter, or of all.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct WantedSilence {
    /// Names of plugins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugins: Option<Vec<String>>,
    /// Parameters and the values that they must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Map<String, Json>>,
    /// Whether it is for all plugins, which has to be said.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// How long it lasts, as `30m`.
    #[serde(rename = "for")]
    pub lasts: String,
    /// Why.
    pub reason: String,
    /// Who wants it. The daemon believes it only where it does not know better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

/// A silence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Its number.
    pub id: u64,
    /// Who made it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it was made, as RFC 3339 has it.
    pub created: String,
    /// When it ends, as RFC 3339 has it.
    pub until: String,
    /// The names of plugins that it was made for.
    #[serde(default)]
    pub plugins: Vec<String>,
    /// The parameters that it was made for. Without both it is for all plugins.
    #[serde(default)]
    pub filter: Map<String, Json>,
}

/// A silence as pages list it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedSilence {
    /// The silence.
    #[serde(flatten)]
    pub silence: Silence,
    /// The names of the plugins that it silences now.
    pub silenced: Vec<String>,
    /// Whether a restart of the daemon leaves it.
    #[serde(rename = "survivesRestart")]
    pub survives_restart: bool,
    /// Where it is kept; none: a daemon of an earlier version does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<SilenceStorage>,
}

/// Where a silence is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SilenceStorage {
    /// In the daemon's `state_dir`.
    Written,
    /// In the daemon's memory, because it could not be written yet; it is written when that is possible.
    Pending,
    /// In the daemon's memory, because it has no `state_dir`.
    Memory,
    /// What a later version says.
    #[serde(other)]
    Other,
}

/// The answer to `POST /silences` and `DELETE /silences/N`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SilencePage {
    /// The silence.
    pub silence: ListedSilence,
}

/// The answer to `GET /silences`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SilencesPage {
    /// Those that have not ended, in the order of their numbers.
    pub silences: Vec<ListedSilence>,
}

/// What a plugin's page shows of the silence that it is under: of several the one that ends last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginSilence {
    /// Its number.
    pub id: u64,
    /// Who made it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When it ends, as RFC 3339 has it.
    pub until: String,
}
