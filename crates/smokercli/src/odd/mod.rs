//! What `smokercli odd` does: it asks many hosts the same, and shows which of them answer otherwise than most.
//!
//! # Layout
//!
//! - `fleet_answers`: the answers of all hosts, and what is known of the hosts
//! - `findings`: where hosts differ, and which facts separate them
//! - `wording`: answers and facts in words
//! - `text`: the findings as text; `json`: as JSON

mod findings;
mod fleet_answers;
mod json;
mod text;
mod wording;

use crate::asking::{networking, with_progress};
use crate::cli::commands::odd_args::OddArgs;
use crate::client::fleet::{Fleet, FleetAnswer};
use crate::client::session::{ForcedRuns, Session};
use crate::error::ExitError;
use crate::exit_code;
use crate::filter::{Filter, FilterMode};
use crate::odd::findings::Findings;
use crate::odd::fleet_answers::FleetAnswers;
use crate::query;
use crate::render::findings_format::{self, FindingsFormat};
use crate::targets::Targets;
use crate::terminal::console::Console;
use crate::terminal::output;
use crate::terminal::sanitize;

/// Asks the hosts and prints what is odd. Returns the exit code.
///
/// # Errors
///
/// When the call cannot be made at all, or nothing is found.
pub(crate) fn run(args: &OddArgs, targets: &Targets, console: &Console) -> Result<u8, ExitError> {
    let format = FindingsFormat::parse(&args.pretty).ok_or_else(|| {
        let known = findings_format::NAMES.join(", ");
        ExitError::new(format!("odd has no format {:?}; the formats are {known}", args.pretty))
    })?;
    let filter = query::filter_of_states(&args.filters)?;
    let selection = &targets.selection;
    if let [only] = selection.hosts() {
        let name = &only.address.label;
        return Err(ExitError::usage(format!(
            "odd compares hosts, and {name} is the only one; name more, such as -s HOST HOST or -g GROUP"
        )));
    }
    output::check_open()?;
    let (answers, is_whole) = asked(targets, &filter, args.force, console)?;
    let answers = FleetAnswers::of(selection, answers);
    let answered = answers.names.len();
    let findings = Findings::of(answers, &filter, args.force);
    let style = query::style(&args.console);
    output::print(&match format {
        FindingsFormat::Normal => text::render(&findings, text::Detail::Short, style),
        FindingsFormat::Long => text::render(&findings, text::Detail::Whole, style),
        FindingsFormat::Json => json::line(&findings),
        FindingsFormat::Raw => json::indented(&findings),
    })?;
    if answered < 2 {
        console.error(&format!("{answered} of {} hosts answered, so there is nothing to compare", selection.len()));
    }
    Ok(if !is_whole {
        exit_code::INTERRUPTED
    } else if args.exitcode && findings.is_any() {
        exit_code::FAILED_STATE
    } else if answered < 2 {
        exit_code::FAILURE
    } else {
        exit_code::SUCCESS
    })
}

fn nothing_found(unmet: Option<&str>) -> ExitError {
    let unmet = unmet.map_or(String::new(), |unmet| format!(": {}", sanitize::line(unmet)));
    ExitError::new(format!("No plugins found{unmet}"))
}

/// Asks the hosts for the plugins that the filter selects, whatever their states are, or has the hosts run them. Also
/// returns whether no signal has cut it short.
fn asked(
    targets: &Targets,
    filter: &Filter,
    force: bool,
    console: &Console,
) -> Result<(Vec<FleetAnswer>, bool), ExitError> {
    let runtime = networking()?;
    let transport = targets.transport()?;
    let names = if filter.mode == FilterMode::Keep { filter.names.as_slice() } else { &[] };
    let session = Session {
        values: None,
        transport: &transport,
        observer: console,
        hosts: targets.selection.len(),
        forces: ForcedRuns::once_if(force),
        names,
    };
    let mut fleet = Fleet::new(targets.selection.addresses());
    let mut found = Ok(());
    let is_whole = runtime.block_on(async {
        if !with_progress(console, fleet.ask(&session)).await {
            fleet.interrupt();
            if force {
                fleet.abandon();
            }
            fleet.select(&filter.in_any_status());
            return false;
        }
        found = fleet.masked(filter).map_or(Ok(()), |problem| Err(ExitError::new(problem)));
        let selected = fleet.select(&filter.in_any_status());
        for line in fleet.missing(&selected).iter().chain(&selected.unused_exclusions) {
            console.warn(line);
        }
        if selected.selected == 0 && fleet.has_answers() {
            found = found.clone().and(Err(nothing_found(selected.unmet.as_deref())));
        }
        if !force || found.is_err() {
            return true;
        }
        let is_whole = with_progress(console, fleet.force(&session)).await;
        if !is_whole {
            fleet.interrupt();
        }
        is_whole
    });
    console.finish();
    // A name server that does not answer must not delay the exit.
    drop(transport);
    runtime.shutdown_background();
    found.map(|()| (fleet.into_answers(), is_whole))
}
