//! Forced runs: the request, the response while they go on, and the list of processes.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The body of `POST /processes`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForceRequest {
    /// Which plugins to run.
    pub process: ForceSelection,
}

/// Which plugins to run: first the named ones, then all whose parameters match the filter.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ForceSelection {
    /// Names, in the order in which the response lists the plugins.
    #[serde(default)]
    pub plugins: Option<Vec<String>>,
    /// Parameters and the values that they must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Map<String, Json>>,
    /// Values for parameters of the plugins, for these runs alone; each plugin has to declare them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Map<String, Json>>,
}

/// The response to `POST /processes`, and that to `GET /processes/N` while runs go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsyncTaskPage {
    /// The process that was started.
    #[serde(rename = "asyncTask")]
    pub async_task: AsyncTask,
}

/// A process whose runs go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsyncTask {
    /// The link to its results.
    pub link: PollLink,
}

/// The link to the results of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollLink {
    /// The path to request until the results are there.
    pub poll: String,
}

/// One process in the list that `GET /processes` returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessEntry {
    /// The path of its results, without a slash at the beginning.
    pub href: String,
    /// The names of its plugins, in the order of the request.
    pub plugins: Vec<String>,
    /// Who requested it, where the client has proved who it is.
    #[serde(rename = "triggeredBy", default, skip_serializing_if = "Option::is_none")]
    pub triggered_by: Option<String>,
}
