//! From the request to the exit code.

use smoker_logging::records::level::Level;

use crate::check::check_request::{CheckRequest, CheckTarget};
use crate::check::collect;
use crate::check::report::CheckReport;
use crate::exit_code;
use crate::output;

/// Checks the configuration: problems on standard error, or all of it as JSON on standard output.
pub(crate) fn run(request: CheckRequest, target: &CheckTarget<'_>) -> u8 {
    let report: CheckReport = collect::all_problems(target);
    let printed = if request.json {
        report.print_json(target.config)
    } else {
        report.print_text(target.config, target.logging.level <= Level::INFO)
    };
    match printed {
        Ok(()) => report.exit_code(request),
        Err(error) => {
            output::report(format_args!("ERROR: {error}"));
            exit_code::FAILURE
        }
    }
}
