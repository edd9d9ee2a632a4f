//! A test of one plugin, as it is asked for.

use smoker_model::value::Value;

/// The format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// A plugin to run, as the command line asks for it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TestRequest {
    pub(crate) plugin: String,
    /// Parameters that replace configured ones.
    pub(crate) parameters: Vec<(String, Value)>,
    pub(crate) with_action: bool,
    pub(crate) format: Format,
}
