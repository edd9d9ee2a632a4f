//! What `smokercli diff` does: it shows what differs between two baselines.
//!
//! # Layout
//!
//! - `comparison`: the differences, counted and with what hosts share; `text`: the same as text; `json`: as JSON

mod comparison;
mod json;
mod text;

use std::path::Path;

use smoker_model::verdict::baseline::Baseline;

use crate::baseline::reference;
use crate::cli::commands::diff_args::DiffArgs;
use crate::diff::comparison::Comparison;
use crate::error::ExitError;
use crate::exit_code;
use crate::query;
use crate::terminal::output;

/// A format of the differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// A line for each difference, with all hosts that have it.
    Normal,
    /// A line for each difference of each host, with its message.
    Long,
    /// One line of JSON.
    Json,
    /// The same, indented.
    Raw,
}

impl Format {
    const ALL: [(&'static str, Self); 4] =
        [("normal", Self::Normal), ("long", Self::Long), ("json", Self::Json), ("raw", Self::Raw)];

    fn parse(name: &str) -> Result<Self, ExitError> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, format)| format).ok_or_else(|| {
            let known = Self::ALL.map(|(known, _)| known).join(", ");
            ExitError::new(format!("unknown format {name:?}; diff has the formats {known}"))
        })
    }
}

/// Compares the baselines, prints what differs, and returns the exit code.
///
/// # Errors
///
/// When a baseline, a filter or the format cannot be used, or the filters select nothing: what nobody compares does not differ.
pub(crate) fn run(args: &DiffArgs) -> Result<u8, ExitError> {
    let format = Format::parse(&args.pretty)?;
    let filter = query::judged_filter(&args.filters)?;
    if [&args.before, &args.after].into_iter().all(|path| path == Path::new("-")) {
        return Err(ExitError::usage("standard input holds one baseline; name a file for the other"));
    }
    let [before, after] = [&args.before, &args.after].map(|path| reference::load(path));
    let (mut before, mut after) = (before?, after?);
    reference::check_names([&before, &after], &filter)?;
    let has_plugins = |baselines: [&Baseline; 2]| {
        baselines.iter().flat_map(|baseline| &baseline.hosts).any(|host| !host.plugins.is_empty())
    };
    let had_plugins = has_plugins([&before, &after]);
    for baseline in [&mut before, &mut after] {
        reference::select(baseline, &filter);
    }
    if had_plugins && !has_plugins([&before, &after]) {
        return Err(ExitError::new(
            "No plugins found: the filters select none of either baseline, so nothing is compared",
        ));
    }
    let comparison = Comparison::of(&before, &after);
    let style = query::style(&args.console);
    output::print(&match format {
        Format::Normal => text::short(&comparison, style),
        Format::Long => text::long(&comparison, style),
        Format::Json => json::line(&comparison),
        Format::Raw => json::indented(&comparison),
    })?;
    let differs = args.exitcode && !comparison.differences.is_empty();
    Ok(if differs { exit_code::FAILED_STATE } else { exit_code::SUCCESS })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::diff_args::FORMATS;

    #[test]
    fn shells_know_the_formats() {
        assert_eq!(Format::ALL.map(|(name, _)| name), FORMATS);
    }
}
