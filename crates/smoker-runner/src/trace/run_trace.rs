//! The trace of one run.

use std::time::Duration;

use serde_json::Value as Json;

/// What a run showed besides its result, for an operator who tries a plugin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunTrace {
    /// The path that kept the plugin from being run.
    pub maintenance_lock: Option<String>,
    /// The command as the shell got it; none for a module, and for a command
    /// that could not be made.
    pub command: Option<String>,
    /// What a module or a parser in Python printed, on either stream.
    pub printed: String,
    /// What the command printed on standard output.
    pub stdout: Printed,
    /// What the command printed on standard error.
    pub stderr: Printed,
    /// What a module or a parser gave that is not shaped as a result.
    pub invalid: Option<Json>,
    /// How the command ended; none for a module, and for a command that could
    /// not be started.
    pub exit: Option<Exit>,
    /// How long the check took, a parser included, an action not.
    pub duration: Duration,
    /// The actions that followed, in order.
    pub actions: Vec<ActionTrace>,
}

/// The trace of an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActionTrace {
    /// The action's name; none for one that stands in a template itself.
    pub name: Option<String>,
    /// What it showed.
    pub trace: RunTrace,
}

/// What came through one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// The text, with replacement characters for what is not UTF-8.
    pub text: String,
    /// How many bytes `MaxOutput` cut from its middle.
    pub cut: u64,
}

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// By itself, with this status.
    Status(i32),
    /// By a signal that was not ours.
    Signal {
        /// The signal's number.
        number: i32,
        /// The signal's name, such as `SIGSEGV`.
        name: &'static str,
    },
    /// By us, when its `Timeout` was over.
    Timeout,
    /// By us, since the run was cancelled.
    Cancelled,
}
