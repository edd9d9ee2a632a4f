//! `--test-plugin`: one plugin of the configuration, run once, here and now; `--test-action`: one action of it.
//!
//! # Layout
//!
//! - `selection`: the plugin, from the configuration
//! - `trial`: the run and its outcome
//! - `action`: one action, called once; `action_trial`: its outcome
//! - `exit`: how a test ends
//! - `explain`: what is wrong with the JSON that a command printed
//! - `path`: places inside of JSON
//! - `text`, `json`: the trial for people and for programs

pub(crate) mod action;
mod action_trial;
mod exit;
mod explain;
mod json;
mod path;
mod selection;
pub(crate) mod test_request;
mod text;
mod trial;

use std::path::Path;

use smoker_logging::log;
use smoker_logging::records::level::Level;

use crate::output;
use crate::service::logger_names::LOGGER_NAMES;
use crate::test_plugin::exit::{code, fail};
use crate::test_plugin::selection::Selection;
use crate::test_plugin::test_request::{TestRequest, TrialFormat};
use crate::test_plugin::trial::Trial;

/// Runs the plugin, prints the report and returns the exit code.
pub(crate) fn run(request: &TestRequest, config: &Path, trusted: &[String], log_level: Level) -> u8 {
    log::to_standard_error(log_level, &LOGGER_NAMES);
    let selection = match Selection::of(request, config, trusted) {
        Ok(selection) => selection,
        Err(error) => return fail(&error),
    };
    let trial = match Trial::run(selection) {
        Ok(trial) => trial,
        Err(error) => return fail(&error),
    };
    let report = match request.format {
        TrialFormat::Text => text::of(&trial),
        TrialFormat::Json => {
            for note in &trial.notes {
                output::report(format_args!("NOTE: {note}"));
            }
            json::of(&trial)
        }
    };
    // A reader that closed the pipe has read enough; the exit code still has the status.
    match output::print(&report) {
        Err(error) => fail(&error),
        Ok(()) => code(trial.result.status, trial.was_interrupted),
    }
}
