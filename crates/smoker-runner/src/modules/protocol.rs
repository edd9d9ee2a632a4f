//! What a module is asked and what it answers: one JSON object each way,
//! spoken with the Python host and with built-in modules in a child of ours.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::process::execute::End;

/// As what a module is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ModuleKind {
    /// `Module` of a plugin.
    Plugin,
    /// `Parser` of a plugin's command.
    Parser,
    /// `Module` of an action.
    Action,
}

/// One run of a module.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ModuleRequest {
    pub(crate) kind: ModuleKind,
    /// The dotted name, or the short name of a built-in parser.
    pub(crate) module: String,
    /// The plugin's name.
    pub(crate) plugin: String,
    /// Whether a client asked for the run.
    pub(crate) forced: bool,
    /// The time limit in seconds.
    pub(crate) timeout: f64,
    /// The plugin's parameters as the wire shows them; `Action` holds the action's.
    pub(crate) parameters: Map<String, Json>,
    /// For an action: the plugin's result as the wire shows it, components as a mapping without names.
    pub(crate) result: Option<Map<String, Json>>,
    /// For a parser: what the command printed, stripped.
    pub(crate) stdout: String,
    /// For a parser: what the command printed on standard error, stripped.
    pub(crate) stderr: String,
    /// For a parser: the command's exit status; none when a signal ended it.
    pub(crate) exit_status: Option<i32>,
}

/// What a module's child left.
#[derive(Debug)]
pub(crate) struct ModuleReply {
    /// The reply as JSON; none when the child ended without.
    pub(crate) reply: Option<Vec<u8>>,
    pub(crate) end: End,
}

impl ModuleReply {
    pub(crate) fn without_reply(end: End) -> Self {
        Self { reply: None, end }
    }
}
