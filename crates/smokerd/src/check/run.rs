//! From the request to the exit code.

use smoker_logging::records::level::Level;

use crate::check::check_request::{CheckRequest, Subject};
use crate::check::report::Report;
use crate::check::survey;

/// Checks the configuration: problems on standard error, or all of it as JSON on standard output.
pub(crate) fn run(request: CheckRequest, subject: &Subject<'_>) -> u8 {
    let report: Report = survey::survey(subject);
    if request.json {
        report.print_json(subject.config);
    } else {
        report.print_text(subject.config, subject.logging.level <= Level::INFO);
    }
    report.exit_code(request)
}
