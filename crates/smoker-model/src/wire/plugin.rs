//! A plugin and its results, as the daemon's pages show them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

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
    /// When the next timed run is due, in local time; absent if there is none.
    pub next_run: Option<String>,
    /// The parameters, in configuration order.
    pub parameters: Map<String, Json>,
    /// The result of the forced run, on the page of its process. Its components are a mapping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forced_result: Option<RunResult>,
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
}
