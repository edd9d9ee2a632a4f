//! A plugin and its results, as the daemon's pages show them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::perfdata::PerfDatum;
use crate::wire::silences::PluginSilence;

/// A plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Plugin {
    /// The newest result; absent before the first run has ended. Its components are a list.
    pub last_result: Option<RunResult>,
    /// Where to find the plugin.
    pub links: PluginLinks,
    /// The name of the plugin: any text.
    pub name: String,
    /// When the next scheduled run is due, in local time; absent if there is none.
    pub next_run: Option<String>,
    /// The parameters, in configuration order.
    pub parameters: Map<String, Json>,
    /// The result of the forced run, on the page of its process. Its components are a mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced_result: Option<RunResult>,
    /// `soft` or `hard`: whether the newest result that no client requested counts, of a plugin with `Retries`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The number of bad results in a row, of a plugin with `Retries`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Whether the status changes too often, as `FlapThreshold` says; absent when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flapping: Option<bool>,
    /// Why scheduled runs are skipped; absent when they are not. The last result is then as it was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<SkippedRuns>,
    /// The silence that the plugin is under; absent without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<PluginSilence>,
}

/// Why scheduled runs of a plugin are skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedRuns {
    /// When the first of them was, as RFC 3339 has it.
    pub since: String,
    /// The plugin that it depends on and that is bad.
    pub parent: String,
    /// The reason, such as `Db is ERROR since 10:02`.
    pub reason: String,
}

/// Where to find a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginLinks {
    /// The path of the plugin's own page. The name in it is not percent-encoded; the client has to do that.
    #[serde(rename = "self")]
    pub own_page: String,
}

/// The result of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunResult {
    /// `OK`, `WARN` or `ERROR`.
    pub status: String,
    /// The messages of each level (`info`, `error`, `warn`); absent if the run printed nothing.
    pub messages: Option<Map<String, Json>>,
    /// When the run started, in local time.
    pub last_run: String,
    /// What each component gave, in a list or in a mapping (see [`Plugin`]).
    pub component_results: Option<Json>,
    /// What the action that followed the run gave, which is a result if the daemon ran it. Of several the first with the worst status.
    pub action: Option<Json>,
    /// Whether a client asked for the run.
    pub forced: bool,
    /// What each of several actions gave, with its name; absent for fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<Json>>,
    /// How long the run took, in seconds; its action, which has a duration of its own, is not part of it.
    /// This and the members below are absent in the results of daemons that do not have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<f64>,
    /// When the run started, as RFC 3339 has it, with the zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_run_utc: Option<String>,
    /// The exit status of the run's process; absent when it had none, or when a signal ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// The number of the signal that ended the run's process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// What the check measured; absent when it measured nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perfdata: Option<Vec<PerfDatum>>,
}
