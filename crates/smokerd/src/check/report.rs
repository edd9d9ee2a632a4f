//! The problems as text or JSON.

use std::path::Path;

use serde::Serialize;
use smoker_config::problem::{Location, Problem, Severity};
use smoker_logging::secrets;
use smoker_model::plugin::PluginName;

use crate::check::check_request::CheckRequest;
use crate::exit_code;
use crate::output::{self, OutputError};
use crate::results::json_text;
use crate::service::error::StartError;

/// Everything that a check has found.
#[derive(Debug, Default)]
pub(crate) struct CheckReport {
    pub(crate) problems: Vec<Problem>,
    /// What this host lacks and another one may have; it does not count as a problem.
    pub(crate) of_host: Vec<Problem>,
    /// Problems of the logging configuration, and what else it has to say.
    pub(crate) of_logging: Vec<String>,
    pub(crate) logging_notes: Vec<String>,
    /// Why the configuration does not load, or the daemon does not start with it here; empty when it does.
    pub(crate) fatal: Vec<Fatal>,
    /// Whether another program listens on the port for now.
    pub(crate) is_port_taken: bool,
    /// What is worth doing, although nothing is wrong.
    pub(crate) advice: Vec<String>,
    /// What `-v` tells, on standard output.
    pub(crate) notes: Vec<String>,
    /// The level of containment of this host, for `-v`.
    pub(crate) containment: Vec<String>,
}

/// A reason for which no daemon starts.
#[derive(Debug)]
pub(crate) struct Fatal {
    location: Option<Location>,
    /// The whole text, with its place.
    text: String,
}

impl Fatal {
    /// A problem for which no daemon starts.
    pub(crate) fn of_problem(problem: Problem) -> Self {
        Self { text: problem.to_string(), location: problem.location }
    }

    /// Each reason of an error.
    pub(crate) fn of(error: &StartError) -> Vec<Self> {
        match error {
            StartError::Config(error) => {
                let faults = error.faults().map(|(location, text)| (location.cloned(), text.to_owned()));
                faults.map(|(location, text)| Self { location, text }).collect()
            }
            StartError::Untrusted { reasons } => {
                reasons.iter().map(|text| Self { location: None, text: text.clone() }).collect()
            }
            other => vec![Self { location: None, text: other.to_string() }],
        }
    }
}

#[derive(Serialize)]
struct JsonReport<'a> {
    config: String,
    /// Whether a daemon would start with it.
    loads: bool,
    problems: Vec<JsonProblem<'a>>,
    /// What this host lacks.
    notes: Vec<JsonProblem<'a>>,
}

#[derive(Serialize)]
struct JsonProblem<'a> {
    /// `fatal`, `error`, `warning`, `advice` or `info`; `note` for what this host lacks.
    severity: &'static str,
    file: Option<String>,
    /// From 1; null where a file or folder as a whole is meant.
    line: Option<usize>,
    column: Option<usize>,
    plugin: Option<&'a str>,
    message: String,
}

impl CheckReport {
    /// What counts as a problem.
    fn count(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity > Severity::Info).count() + self.of_logging.len()
    }

    /// What a script decides by.
    pub(crate) fn exit_code(&self, request: CheckRequest) -> u8 {
        match self.count() {
            _ if !self.fatal.is_empty() => exit_code::FAILURE,
            0 if !request.strict || self.advice.is_empty() => exit_code::SUCCESS,
            _ if request.strict => exit_code::FAILURE,
            _ => exit_code::CHECK_PROBLEMS,
        }
    }

    pub(crate) fn print_text(&self, config: &Path, is_verbose: bool) -> Result<(), OutputError> {
        if is_verbose {
            for note in &self.notes {
                output::print_line(format_args!("INFO: {}", secrets::redact(note.clone())))?;
            }
            for line in &self.containment {
                output::report(format_args!("{line}"));
            }
        }
        for advice in &self.advice {
            output::report(format_args!("ADVICE: {}", secrets::redact(advice.clone())));
        }
        print_all(&self.problems);
        for note in &self.of_host {
            output::report(format_args!("NOTE: {}", secrets::redact(note.to_string())));
        }
        for problem in &self.of_logging {
            output::report(format_args!("WARNING: {problem}"));
        }
        for note in &self.logging_notes {
            output::report(format_args!("NOTE: {note}"));
        }
        for fatal in &self.fatal {
            // A line that is not indented is one more place, such as that of an include.
            for line in secrets::redact(fatal.text.clone()).lines() {
                let word = if line.starts_with(' ') { "" } else { "ERROR: " };
                output::report(format_args!("{word}{line}"));
            }
        }
        let config = config.display();
        let start =
            if self.is_port_taken { "the daemon would start once the port is free" } else { "the daemon would start" };
        match self.count() {
            _ if !self.fatal.is_empty() => output::report(format_args!("{config}: the daemon would not start")),
            0 if self.of_host.is_empty() => output::print_line(format_args!("{config}: no problems found"))?,
            0 => output::print_line(format_args!("{config}: no problems found; see the notes on this host"))?,
            1 => output::report(format_args!("{config}: 1 problem found; {start}")),
            count => output::report(format_args!("{config}: {count} problems found; {start}")),
        }
        Ok(())
    }

    pub(crate) fn print_json(&self, config: &Path) -> Result<(), OutputError> {
        let whole = |severity, message: &String| JsonProblem::at(severity, None, None, message);
        let fatal = self.fatal.iter().map(|it| JsonProblem::at("fatal", it.location.as_ref(), None, &it.text));
        let of_logging = self.of_logging.iter().map(|text| whole("warning", text));
        let advice = self.advice.iter().map(|text| whole("advice", text));
        let problems = self.problems.iter().map(|it| json_problem(it, word_of(it.severity)));
        let report = JsonReport {
            config: config.display().to_string(),
            loads: self.fatal.is_empty(),
            notes: self.of_host.iter().map(|it| json_problem(it, "note")).collect(),
            problems: fatal.chain(problems).chain(of_logging).chain(advice).collect(),
        };
        output::print_line(json_text::to_text(&report))
    }
}

fn word_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

fn json_problem<'a>(problem: &'a Problem, severity: &'static str) -> JsonProblem<'a> {
    let plugin = problem.plugin.as_ref().map(PluginName::as_str);
    JsonProblem::at(severity, problem.location.as_ref(), plugin, &problem.text)
}

impl<'a> JsonProblem<'a> {
    fn at(severity: &'static str, place: Option<&Location>, plugin: Option<&'a str>, message: &str) -> Self {
        let position = place.filter(|place| place.line > 0);
        Self {
            severity,
            file: place.map(|place| place.file.display().to_string()),
            line: position.map(|place| place.line),
            column: position.map(|place| place.column),
            plugin,
            message: secrets::redact(message.to_owned()),
        }
    }
}

/// Prints problems to standard error, without secrets: it may lead to a log, such as that of a unit.
pub(crate) fn print_all(problems: &[Problem]) {
    for problem in problems {
        let text = || secrets::redact(problem.to_string());
        match problem.severity {
            Severity::Error => output::report(format_args!("ERROR: {}", text())),
            Severity::Warning => output::report(format_args!("WARNING: {}", text())),
            Severity::Info => {}
        }
    }
}
