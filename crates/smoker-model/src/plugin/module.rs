//! The request that a module is run with: one JSON object, for the Python host and for built-in modules.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The role in which a module is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModuleKind {
    /// `Module` of a plugin.
    Plugin,
    /// `Check` of a plugin.
    Check,
    /// `Parser` of a plugin's command.
    Parser,
    /// `Module` of an action.
    Action,
}

/// One run of a module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModuleRequest {
    /// The role in which the module is run.
    pub kind: ModuleKind,
    /// The dotted name, or the short name of a built-in parser.
    pub module: String,
    /// The plugin's name.
    pub plugin: String,
    /// Whether a client asked for the run.
    pub forced: bool,
    /// The time limit in seconds.
    pub timeout: f64,
    /// The plugin's parameters as the wire shows them; `Action` holds the action's.
    pub parameters: Map<String, Json>,
    /// For an action: the plugin's result as the wire shows it, components as a mapping without names.
    pub result: Option<Map<String, Json>>,
    /// For a parser: what the command printed, stripped.
    pub stdout: String,
    /// For a parser: what the command printed on standard error, stripped.
    pub stderr: String,
    /// For a parser: the command's exit status; none when a signal ended it.
    pub exit_status: Option<i32>,
    /// For a check: what it remembered of the plugin's last scheduled run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remembered: Option<Json>,
    /// For a check that looks at other plugins, or at what a job reported: what the scheduler knows of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Json>,
}
