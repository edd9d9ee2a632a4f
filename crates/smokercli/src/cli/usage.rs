//! Errors of the command line parser.

use crate::error::ExitError;

/// The parser's message without its `error: `, which the program writes itself.
pub(super) fn usage_error(error: &clap::Error) -> ExitError {
    let text = error.render().to_string();
    ExitError::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end())
}
