//! The plugin that a test becomes.

use smoker_model::value::Value;

use crate::import::monit::subject::text;

/// The plugin of a test.
pub(super) struct Test {
    /// What its name has behind that of the check.
    pub(super) suffix: String,
    pub(super) parameters: Vec<(String, Value)>,
}

impl Test {
    pub(super) fn new(suffix: impl Into<String>, check: &str) -> Self {
        Self { suffix: suffix.into(), parameters: vec![("Check".to_owned(), text(check))] }
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.parameters.push((name.to_owned(), value));
        self
    }

    /// An error on this number, and no limits on these, which would have defaults.
    pub(super) fn limit(self, number: &str, condition: &str, silent: &[&str]) -> Self {
        let silent = silent.iter().filter(|name| **name != number).map(|name| (text(*name), text("never")));
        let limits = [(text(number), text(condition))].into_iter().chain(silent).collect();
        self.with("Error", Value::Map(limits))
    }
}
