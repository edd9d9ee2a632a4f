//! What `smokercli` does, from the command line to the exit code.

use std::ffi::OsString;
use std::path::Path;

use serde_json::{Map, Value as Json};
use smoker_paths::size_limit;

use crate::asking::{networking, stop_signal, with_progress};
use crate::cli::args::Args;
use crate::cli::parse::{self, CommandLine};
use crate::client::fleet::{Fleet, Selection};
use crate::client::history::HistoryQuery;
use crate::client::session::{ForcedRuns, Session};
use crate::commands;
use crate::completion;
use crate::config::ClientConfig;
use crate::error::ExitError;
use crate::exit_code::fail_on::FailOn;
use crate::exit_code::{self, Ending};
use crate::filter::Filter;
use crate::inventory::address::HostAddress;
use crate::listing;
use crate::query::{self, Query, QueryAction};
use crate::render;
use crate::render::format::Format;
use crate::report::history::HostHistory;
use crate::report::{HostReport, Report};
use crate::targets::{self, DiscoveryArguments, Targets};
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::output;
use crate::terminal::sanitize;
use crate::transport::any::AnyTransport;
use crate::watch;

/// Runs `smokercli` with these arguments, the program's name first, and
/// returns its exit code.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    // Without it a write beyond the limit ends the client.
    let _ = size_limit::fail_writes_beyond();
    try_run(arguments).unwrap_or_else(|error| {
        Console::new(Verbosity::Quiet).error(&error.message);
        error.code
    })
}

fn try_run(arguments: impl Iterator<Item = OsString>) -> Result<u8, ExitError> {
    let config = ClientConfig::load().map_err(|error| ExitError::new(error.to_string()))?;
    let arguments: Vec<_> = arguments.collect();
    match commands::run(&arguments, &config) {
        Some(outcome) => outcome,
        None => ask_hosts(arguments, &config),
    }
}

/// A command line without a command.
fn ask_hosts(arguments: Vec<OsString>, config: &ClientConfig) -> Result<u8, ExitError> {
    let discovery = targets::discovery(config);
    let parsed = parse::parse(arguments.into_iter(), &discovery.options()).inspect_err(|_| {
        // An unknown option can be one of a plugin that was not found.
        let console = Console::new(Verbosity::Quiet);
        discovery.warnings().iter().for_each(|warning| console.warn(warning));
    });
    let args = match parsed? {
        CommandLine::Ask(args) => args,
        CommandLine::Print(text) => return output::print(&text).map(|()| exit_code::SUCCESS),
    };
    if let Some(what) = &args.complete {
        let text = if what == "plugins" {
            completion::plugins::names(args.complete_line.as_deref().unwrap_or_default(), config)
        } else {
            listing::completions(what, &args.targets, config)
        };
        return output::print(&text).map(|()| exit_code::SUCCESS);
    }
    let query = Query::new(&args)?;
    let console = Console::new(query::verbosity(&args.console));
    let console = if query.action == QueryAction::List || args.list_hosts { console } else { console.with_report() };
    for warning in config.warnings.iter().chain(discovery.warnings()) {
        console.warn(warning);
    }
    if let Some(warning) = query::unused_template(&args) {
        console.warn(&warning);
    }
    if query.filter.has_names_and_parameters() {
        console.warn("Plugin filter and plugin list used together. Only plugins matching both will be displayed.");
    }
    let known = known_options(&args);
    let arguments = DiscoveryArguments { typed: &args.plugin_arguments, known: &known };
    let targets = targets::find(&args.targets, discovery, arguments, config, &console)?;
    if args.list_hosts {
        return listing::print(&targets.selection, &query.format).map(|()| exit_code::SUCCESS);
    }
    answer(&query, &targets, &console)
}

fn answer(query: &Query, targets: &Targets, console: &Console) -> Result<u8, ExitError> {
    output::check_open()?;
    let addresses = targets.selection.addresses();
    let hosts = addresses.len();
    console.debug(&format!("{hosts} hosts, {:?}, {:?}", query.action, query.filter));
    if query.action == QueryAction::History {
        // No host is asked for what cannot be shown.
        history_text(query, &[])?;
    }
    if query.action == QueryAction::Watch {
        return watch_hosts(query, targets, &addresses, console);
    }
    let (fleet, ending) = ask(query, targets, Fleet::new(addresses), console)?;
    if query.action == QueryAction::History {
        return conclude_history(query, &fleet.into_history(), ending);
    }
    conclude(query, &fleet.into_report(), hosts, ending, console)
}

/// The options under their names in the original, for discovery plugins.
fn known_options(args: &Args) -> Map<String, Json> {
    let mut known = targets::shared_options(&args.targets, &args.filters, &args.console);
    let path = |path: &Path| Json::from(path.display().to_string());
    let own = [
        ("force", args.force.into()),
        ("list", args.list.into()),
        ("help", args.help.into()),
        ("pretty", args.pretty.as_str().into()),
        ("exitcode", args.exitcode.into()),
        ("junit_config_file", args.junit_config_file.as_deref().map_or(Json::Null, path)),
    ];
    known.extend(own.map(|(name, value)| (name.to_owned(), value)));
    known
}

/// Shows what happens on the hosts until Ctrl-C, SIGTERM, or the end of the reader.
fn watch_hosts(
    query: &Query,
    targets: &Targets,
    addresses: &[HostAddress],
    console: &Console,
) -> Result<u8, ExitError> {
    watch::check_format(&query.format)?;
    let runtime = networking()?;
    let transport = targets.transport()?;
    let session = Session {
        values: None,
        transport: &transport,
        observer: console,
        hosts: targets.selection.len(),
        forces: ForcedRuns::None,
        names: query.names(),
    };
    let watching = async {
        tokio::select! {
            outcome = watch::run(query, addresses, &session) => outcome,
            () = stop_signal() => Ok(()),
        }
    };
    let outcome = runtime.block_on(watching);
    runtime.shutdown_background();
    outcome.map(|()| exit_code::SUCCESS)
}

/// Asks the hosts, selects the plugins and, with `-f`, runs them.
fn ask(query: &Query, targets: &Targets, mut fleet: Fleet, console: &Console) -> Result<(Fleet, Ending), ExitError> {
    let runtime = networking()?;
    let transport = targets.transport()?;
    let session = Session {
        values: Some(&query.parameters).filter(|values| !values.is_empty()),
        transport: &transport,
        observer: console,
        hosts: targets.selection.len(),
        forces: ForcedRuns::once_if(query.action == QueryAction::Force),
        names: query.names(),
    };
    let ending = runtime.block_on(run_query(query, &mut fleet, session, console));
    console.finish();
    // A name server that does not answer must not delay the exit.
    drop(transport);
    runtime.shutdown_background();
    Ok((fleet, ending?))
}

async fn run_query(
    query: &Query,
    fleet: &mut Fleet,
    session: Session<'_, AnyTransport>,
    console: &Console,
) -> Result<Ending, ExitError> {
    // States are those of the past, so that all plugins have some.
    let filter = if query.action == QueryAction::History { &query.filter.in_any_status() } else { &query.filter };
    if !with_progress(console, fleet.ask(&session)).await {
        fleet.interrupt();
        if query.action == QueryAction::Force {
            fleet.abandon();
        }
        fleet.select(filter);
        return Ok(Ending::Interrupted);
    }
    if let Some(problem) = fleet.masked(&query.filter) {
        return Err(ExitError::new(problem));
    }
    let selection = fleet.select(filter);
    if let Some(line) = &selection.unused_exclusions {
        console.warn(line);
    }
    if !query.format.shows_missing() || matches!(query.action, QueryAction::List | QueryAction::History) {
        fleet.missing(&selection).iter().for_each(|line| console.warn(line));
    }
    let mut printed = Ending::Printed;
    if query.fail_on.is_verdict() && selection.selected > 0 && !selection.empty_hosts.is_empty() {
        let line = format!("Host {}: it has no plugins", selection.empty_hosts.join(", "));
        // What the call names is MISSING there, and counts as that.
        if query.filter.names_what_is_wanted() || query.action == QueryAction::List {
            console.warn(&line);
        } else {
            console.error(&sanitize::line(&line));
            printed = Ending::HostWithoutPlugins;
        }
    }
    if selection.selected == 0 {
        return Ok(nothing_selected(query, &selection, console));
    }
    if query.action == QueryAction::History {
        let wanted = HistoryQuery {
            since: query.since.clone(),
            statuses: query.filter.statuses.clone(),
            of_all: query.filter.in_any_status() == Filter::default(),
        };
        if with_progress(console, fleet.ask_history(&session, &wanted)).await {
            return Ok(printed);
        }
        return Ok(Ending::Interrupted);
    }
    if matches!(&query.format, Format::Columns(layout) if layout.has_past()) {
        let wanted = HistoryQuery { since: query.since.clone(), statuses: None, of_all: false };
        if !with_progress(console, fleet.add_past(&session, &wanted)).await {
            return Ok(Ending::Interrupted);
        }
    }
    if query.action != QueryAction::Force {
        return Ok(printed);
    }
    if !with_progress(console, fleet.force(&session)).await {
        fleet.interrupt();
        return Ok(Ending::Interrupted);
    }
    if fleet.has_plugins() {
        return Ok(printed);
    }
    console.error("Failed to execute selected plugins");
    Ok(Ending::NothingFound)
}

/// No plugin passes the filters. Where the exit code is a verdict, it is a good one if only the states have left none.
fn nothing_selected(query: &Query, selection: &Selection, console: &Console) -> Ending {
    let is_verdict = query.fail_on.is_verdict() && query.action != QueryAction::List && query.unknown_states.is_empty();
    let by_state = selection.in_any_status > 0;
    if is_verdict && by_state && selection.empty_hosts.is_empty() {
        console.info(&query::nothing_in_state(query));
        return Ending::NothingInState;
    }
    console.error("No plugins found");
    // Names are told already. Programs find the words of the original.
    if let Some(unmet) = selection.unmet.as_ref().filter(|_| query.filter.has_parameters() && console.has_terminal()) {
        console.info(&sanitize::line(unmet));
    }
    if !query.unknown_states.is_empty() {
        console.error(&query::nothing_in_state(query));
    } else if is_verdict && by_state {
        console.error(&format!("Host {}: it has no plugins", selection.empty_hosts.join(", ")));
    } else if by_state && console.has_terminal() {
        console.info(&query::nothing_in_state(query));
    }
    Ending::NothingFound
}

/// Prints past results and chooses the exit code.
fn conclude_history(query: &Query, hosts: &[HostHistory], ending: Ending) -> Result<u8, ExitError> {
    output::print(&history_text(query, hosts)?)?;
    Ok(match ending {
        Ending::Interrupted => exit_code::INTERRUPTED,
        _ if hosts.iter().any(|host| host.results.is_ok()) => exit_code::SUCCESS,
        _ => exit_code::FAILURE,
    })
}

/// The past results in the format of the call.
///
/// # Errors
///
/// When the format has no form for past results.
fn history_text(query: &Query, hosts: &[HostHistory]) -> Result<String, ExitError> {
    render::history(hosts, &query.format, query.style).ok_or_else(|| {
        ExitError::new("--history has no such format; use minimal, normal, long, full, table, json, raw, ndjson or csv")
    })
}

/// Prints the report and chooses the exit code.
fn conclude(query: &Query, report: &Report, hosts: usize, ending: Ending, console: &Console) -> Result<u8, ExitError> {
    if query.action == QueryAction::List {
        output::print(&render::list(report))?;
        return Ok(exit_code::choose(ending, &FailOn::default(), report, hosts));
    }
    let known = if query.format.shows_missing() { None } else { Some(report.without_missing()) };
    let shown = known.as_deref().unwrap_or(report);
    let collapsed = query.collapses.then(|| render::collapsed(shown, &query.format));
    let shown = collapsed.as_ref().unwrap_or(shown);
    if !shown.hosts().is_empty() || (ending == Ending::NothingInState && query.format.is_document()) {
        output::print(&render::render(shown, &query.format, query.style))?;
    }
    if !query.format.shows_actions() {
        report.hosts().iter().filter_map(HostReport::failed_actions).for_each(|line| console.warn(&line));
    }
    if !query.format.shows_reasons() {
        report.hosts().iter().filter_map(HostReport::unreadable).for_each(|line| console.error(&sanitize::line(&line)));
    }
    if hosts > 1 {
        console.info(&report.summary(hosts));
    }
    let overlooked = query.fail_on.overlooked(report);
    if query.fail_on.is_verdict() && !overlooked.is_empty() {
        let names = overlooked.join(", ");
        console.warn(&if query.fail_on.is_exitcode() {
            format!("the state {names} does not affect the exit code of -e; --fail-on can name it")
        } else {
            format!("--fail-on does not name {names}, so it does not count")
        });
    }
    if let Some(text) = query.fail_on.budget_text(report, hosts) {
        console.info(&text);
    }
    Ok(exit_code::choose(ending, &query.fail_on, report, hosts))
}
