//! A test of one plugin, as it is asked for.

use smoker_model::value::Value;

/// How a test is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object.
    Json,
}

/// A test that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TestRequest {
    pub(crate) plugin: String,
    /// Parameters that replace configured ones.
    pub(crate) parameters: Vec<(String, Value)>,
    pub(crate) with_action: bool,
    pub(crate) format: Format,
}
