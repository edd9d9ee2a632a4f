//! A test of one plugin or action, as it is asked for.

use smoker_model::status::Status;
use smoker_model::value::Value;

/// The format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TrialFormat {
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
    pub(crate) format: TrialFormat,
}

/// An action to call, as the command line asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ActionTestRequest {
    pub(crate) action: String,
    /// The status that it is told.
    pub(crate) status: Status,
    pub(crate) format: TrialFormat,
}
