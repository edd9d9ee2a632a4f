//! Errors of the command line parser.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use smoker_model::suggest;

use crate::error::ExitError;

/// The way to the help.
const HELP: &str = "For more information, try '--help'.";

/// The parser's message without its `error: `, which the program writes itself; with the option of `names` (without dashes)
/// that was probably meant, and the way to the help.
pub(super) fn usage_error(mut error: clap::Error, names: &[String]) -> ExitError {
    let typed = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(typed)) => typed.strip_prefix("--").map(str::to_owned),
        _ => None,
    };
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    if let Some(near) =
        typed.and_then(|typed| suggest::near(&typed, &names)).filter(|_| error.kind() == ErrorKind::UnknownArgument)
    {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(format!("--{near}")));
    }
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text).trim_end();
    // The parser shows it where it has the option itself.
    let text = text.strip_suffix(HELP).unwrap_or(text).trim_end();
    ExitError::usage(format!("{text}\n\n{HELP}"))
}
