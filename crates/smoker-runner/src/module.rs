//! Where modules and parsers are dispatched.
//!
//! No module host exists yet, neither for Python nor for built-ins, so each
//! of them gives an ERROR that says so.

use smoker_model::messages::{Level, Messages};
use smoker_model::result::Findings;
use smoker_model::status::Status;

/// Runs a plugin's or an action's module.
pub(crate) fn run(name: &str) -> Findings {
    Findings::error(&unavailable("module", name))
}

/// Gives what a command printed to a parser. A parser that fails leaves the
/// output as messages, with the reason after it.
pub(crate) fn parse(name: &str, mut output: Messages) -> Findings {
    output.add(Level::Error, &format!("Parser run failed: {}", unavailable("parser", name)));
    Findings::new(Status::Error, output)
}

fn unavailable(what: &str, name: &str) -> String {
    format!(
        "{what} '{name}' can't be run: this smokerd runs commands only, it has no host for Python or built-in modules yet"
    )
}
