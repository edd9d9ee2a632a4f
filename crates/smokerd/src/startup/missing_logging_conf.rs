//! A logging configuration that was named and is not there.

use smoker_config::problem::{Problem, Severity};
use smoker_logging::setup::source::LogConfigSource;

/// The warning about a file that was named and does not exist: the daemon logs as without it, as the original did.
pub(crate) fn problem(missing: Option<&LogConfigSource>) -> Option<Problem> {
    let Some(LogConfigSource::Named(path)) = missing else { return None };
    let text = format!(
        "--logging-conf {} does not exist: the daemon logs as without it; make the file, or remove the option",
        path.display()
    );
    Some(Problem { severity: Severity::Warning, location: None, plugin: None, text })
}
