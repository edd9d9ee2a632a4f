//! One result of a plugin, read for what a test asks.

use serde_json::Value as Json;

/// A result as the wire shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome(pub Json);

impl Outcome {
    /// `OK`, `WARN` or `ERROR`.
    #[must_use]
    pub fn status(&self) -> &str {
        self.0["status"].as_str().unwrap_or_else(|| panic!("no status in {}", self.0))
    }

    /// The info messages.
    #[must_use]
    pub fn info(&self) -> Vec<&str> {
        self.messages("info")
    }

    /// The warn messages.
    #[must_use]
    pub fn warn(&self) -> Vec<&str> {
        self.messages("warn")
    }

    /// The error messages.
    #[must_use]
    pub fn error(&self) -> Vec<&str> {
        self.messages("error")
    }

    /// The result of the action, when there was one.
    #[must_use]
    pub fn action(&self) -> Option<Self> {
        Some(self.0["action"].clone()).filter(|action| !action.is_null()).map(Self)
    }

    /// Whether a client asked for the run.
    #[must_use]
    pub fn forced(&self) -> bool {
        self.0["forced"].as_bool().unwrap_or_else(|| panic!("no forced in {}", self.0))
    }

    /// When the run began.
    #[must_use]
    pub fn last_run(&self) -> &str {
        self.0["lastRun"].as_str().unwrap_or_else(|| panic!("no lastRun in {}", self.0))
    }

    /// Fails the test unless the status is OK and the info messages are these lines.
    #[track_caller]
    pub fn expect_ok(&self, lines: &[&str]) {
        assert_eq!((self.status(), self.info().as_slice()), ("OK", lines), "{}", self.0);
    }

    /// Fails the test unless the status is ERROR; returns the error messages as one text.
    #[must_use]
    #[track_caller]
    pub fn expect_error(&self) -> String {
        assert_eq!(self.status(), "ERROR", "{}", self.0);
        self.error().join("\n")
    }

    fn messages(&self, level: &str) -> Vec<&str> {
        let list = self.0["messages"][level].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Json::as_str).collect()
    }
}
