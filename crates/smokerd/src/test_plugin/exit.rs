//! How a test ends: its exit code, and the message of one that was none.

use std::fmt::Display;

use smoker_logging::secrets;
use smoker_model::status::Status;

use crate::exit_code;
use crate::output;

/// Says why there was no test.
pub(super) fn fail(error: &dyn Display) -> u8 {
    output::report(format_args!("ERROR: {}", secrets::redact(error.to_string())));
    exit_code::FAILURE
}

/// The exit code of a result.
pub(super) fn code(status: Status, was_interrupted: bool) -> u8 {
    match status {
        _ if was_interrupted => exit_code::FAILURE,
        Status::Ok => exit_code::SUCCESS,
        Status::Warn => exit_code::TEST_WARN,
        Status::Error | Status::Unknown => exit_code::TEST_ERROR,
    }
}
