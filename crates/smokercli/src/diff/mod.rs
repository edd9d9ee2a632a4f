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
use crate::render::findings_format::{self, FindingsFormat};
use crate::terminal::output;

/// Compares the baselines, prints what differs, and returns the exit code.
///
/// # Errors
///
/// When a baseline, a filter or the format cannot be used, or the filters select nothing: what nobody compares does not differ.
pub(crate) fn run(args: &DiffArgs) -> Result<u8, ExitError> {
    let format = FindingsFormat::parse(&args.pretty).ok_or_else(|| {
        let known = findings_format::NAMES.join(", ");
        ExitError::new(format!("unknown format {:?}; diff has the formats {known}", args.pretty))
    })?;
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
        FindingsFormat::Normal => text::short(&comparison, style),
        FindingsFormat::Long => text::long(&comparison, style),
        FindingsFormat::Json => json::line(&comparison),
        FindingsFormat::Raw => json::indented(&comparison),
    })?;
    Ok(if args.exitcode && !comparison.is_same() { exit_code::FAILED_STATE } else { exit_code::SUCCESS })
}
