//! What became of a reload, as the daemon sends it to `--reload`, and as `POST /reload` answers it.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use smoker_config::problem::{Problem, Severity};
use smoker_logging::secrets;
use smoker_model::counted::{counted, is_or_are};

/// How many lines are sent; the log has all of them.
const MAX_LINES: usize = 200;

/// What became of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// All of it is in effect.
    InEffect,
    /// It is in effect but for what the lines say, such as a plugin that was left out.
    InPart,
    /// The configuration before it goes on.
    Refused,
}

/// What became of a reload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ReloadReport {
    pub(crate) outcome: Outcome,
    /// What the log has of it at WARNING and above, without secrets, with the level in front.
    lines: Vec<String>,
    /// Lines that were not kept.
    omitted: usize,
    /// The last line.
    pub(crate) summary: String,
}

impl ReloadReport {
    /// Nothing has happened yet.
    pub(crate) fn new() -> Self {
        Self { outcome: Outcome::InEffect, lines: Vec::new(), omitted: 0, summary: String::new() }
    }

    /// Notes problems of the configuration. One that is left out of it makes the outcome partial.
    pub(crate) fn add_problems(&mut self, problems: &[Problem]) {
        for problem in problems {
            match problem.severity {
                Severity::Error => self.add_error(problem),
                Severity::Warning => self.add_warning(problem),
                Severity::Info => {}
            }
        }
    }

    /// Notes that something of the configuration is not in effect.
    pub(crate) fn add_error(&mut self, text: &dyn Display) {
        self.outcome = Outcome::InPart;
        self.add(format!("ERROR: {text}"));
    }

    /// Notes something that an operator should know.
    pub(crate) fn add_warning(&mut self, text: &dyn Display) {
        self.add(format!("WARNING: {text}"));
    }

    fn add(&mut self, line: String) {
        if self.lines.len() < MAX_LINES {
            self.lines.push(secrets::redact(line));
        } else {
            self.omitted += 1;
        }
    }

    /// Everything but the summary, in the order of the log.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let omitted = (self.omitted > 0)
            .then(|| format!("{} {} in the log", counted(self.omitted, "more line"), is_or_are(self.omitted)));
        self.lines.iter().cloned().chain(omitted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_bound_are_counted_for_who_asked() {
        let mut report = ReloadReport::new();
        for number in 0..MAX_LINES + 5 {
            report.add_warning(&number);
        }
        let lines: Vec<_> = report.lines().collect();
        assert_eq!(lines.len(), MAX_LINES + 1);
        assert_eq!(lines.last().map(String::as_str), Some("5 more lines are in the log"));
        assert_eq!(report.outcome, Outcome::InEffect);
        report.add_error(&"left out");
        assert_eq!(report.outcome, Outcome::InPart);
    }
}
