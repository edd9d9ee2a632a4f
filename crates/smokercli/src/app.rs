//! What `smokercli` does, from the command line to the exit code.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use smoker_model::wire::DEFAULT_PORT;
use smoker_paths::size_limit;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::args::Args;
use crate::cli::parse::{self, CommandLine};
use crate::cli::plugin_arguments;
use crate::cli::trust_args::{self, TrustCommandLine};
use crate::client::fleet::{Fleet, Selection};
use crate::client::history::HistoryQuery;
use crate::client::session::Session;
use crate::config::ClientConfig;
use crate::discovery::Discovery;
use crate::error::ExitError;
use crate::exit_code::{self, Ending};
use crate::fail_on::FailOn;
use crate::filter::Filter;
use crate::history::HostHistory;
use crate::inventory::address::HostAddress;
use crate::inventory::{expressions, file};
use crate::query::{self, Query, QueryAction};
use crate::render;
use crate::report::{HostReport, Report};
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::output;
use crate::terminal::sanitize;
use crate::transport::bearer_token::BearerToken;
use crate::transport::http::Http;
use crate::transport::{client_certificate, socket};
use crate::trust;
use crate::trust_store::TrustStore;
use crate::watch;

/// Host names are resolved in threads; more of them would only wait for each other.
const LOOKUP_THREADS: usize = 64;

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
    if arguments.get(1).is_some_and(|first| first == "trust") {
        return match trust_args::parse(arguments.into_iter().skip(1))? {
            TrustCommandLine::Print(text) => output::print(&text).map(|()| exit_code::SUCCESS),
            TrustCommandLine::Run(command) => trust::run(&command, &config.port),
        };
    }
    let arguments = arguments.into_iter();
    let mut discovery = Discovery::start(&config);
    for (path, reason) in plugin_arguments::clashes(discovery.plugins()) {
        discovery.leave_out(path, reason);
    }
    let console = Console::new(Verbosity::Quiet);
    discovery.errors().for_each(|error| console.error(&error));
    let options: Vec<_> = discovery.plugins().iter().flat_map(|plugin| plugin.options.clone()).collect();
    let parsed = parse::parse(arguments, &options).inspect_err(|_| {
        // An unknown option can be one of a plugin that was not found.
        discovery.warnings().iter().for_each(|warning| console.warn(warning));
    });
    let args = match parsed? {
        CommandLine::Ask(args) => args,
        CommandLine::Print(text) => return output::print(&text).map(|()| exit_code::SUCCESS),
    };
    let mut query = Query::new(&args)?;
    let console = Console::new(query::verbosity(&args));
    let console = if query.action == QueryAction::List { console } else { console.with_report() };
    for warning in config.warnings.iter().chain(discovery.warnings()) {
        console.warn(warning);
    }
    if let Some(warning) = query::unused_template(&args) {
        console.warn(&warning);
    }
    if query.filter.has_names_and_parameters() {
        console.warn("Plugin filter and plugin list used together. Only plugins matching both will be displayed.");
    }
    let store = TrustStore::load().map_err(|error| ExitError::new(error.to_string()))?;
    for warning in store.warnings() {
        console.warn(&warning);
    }
    let named = host_expressions(&args, discovery, &console)?;
    query.http.token = BearerToken::find(args.token_file.as_deref()).map_err(ExitError::new)?;
    query.http.token.iter().filter_map(BearerToken::warning).for_each(|warning| console.warn(warning));
    query.http.certificate =
        client_certificate::read(args.cert.as_deref(), args.key.as_deref()).map_err(ExitError::new)?;
    let addresses = if let Some(path) = socket_of(&args, &named, &config)? {
        query.http.socket = Some(path);
        vec![HostAddress::parse("localhost", "80")]
    } else {
        let named = if named.is_empty() { vec!["localhost".to_owned()] } else { named };
        let addresses = expressions::expand(&named, &config.port);
        addresses.into_iter().map(|address| address.over_tls(&store.known)).collect()
    };
    query.http.trust = Arc::new(store);
    console.debug(&format!("{} hosts, {:?}, {:?}", addresses.len(), query.action, query.filter));
    let hosts = addresses.len();
    query.http.hosts = hosts;
    if query.action == QueryAction::History {
        // No host is asked for what cannot be shown.
        history_text(&query, &[])?;
    }
    if query.action == QueryAction::Watch {
        return watch_hosts(&query, &addresses, &console);
    }
    let (fleet, ending) = ask(&query, Fleet::new(addresses), &console)?;
    if query.action == QueryAction::History {
        return conclude_history(&query, &fleet.into_history(), ending);
    }
    conclude(&query, &fleet.into_report(), hosts, ending, &console)
}

/// The Unix socket to ask: one that is named, or the daemon's own where neither a host nor a port is.
fn socket_of(args: &Args, hosts: &[String], config: &ClientConfig) -> Result<Option<PathBuf>, ExitError> {
    if let (Some(path), false) = (&args.socket, hosts.is_empty()) {
        let path = path.display();
        return Err(ExitError::usage(format!(
            "--socket {path} is one daemon, and hosts are named, too; leave one of both away"
        )));
    }
    let is_port_named = config.port != DEFAULT_PORT.to_string();
    // A socket has no TLS, in which the certificate would be shown.
    let is_over_network = !hosts.is_empty() || is_port_named || args.cert.is_some();
    Ok(socket::chosen(args.socket.as_deref(), is_over_network))
}

/// The hosts of the command line, of hosts files and of the discovery.
fn host_expressions(args: &Args, discovery: Discovery, console: &Console) -> Result<Vec<String>, ExitError> {
    let mut expressions = args.hosts.clone();
    for path in &args.hosts_file {
        expressions.extend(file::read_file(path)?);
    }
    let has_hosts = !expressions.is_empty();
    let found = discovery.hosts(&args.plugin_arguments, &known_options(args), has_hosts)?;
    found.errors.iter().for_each(|error| console.error(error));
    expressions.extend(found.hosts);
    Ok(expressions)
}

/// The options under their names in the original, for discovery plugins.
fn known_options(args: &Args) -> Map<String, Json> {
    let list = |values: &[String]| if values.is_empty() { Json::Null } else { json!(values) };
    let path = |path: &Path| path.display().to_string();
    let known = json!({
        "force": args.force, "list": args.list, "help": args.help, "hosts": list(&args.hosts),
        "plugins": list(&args.plugins), "exclude_plugins": list(&args.exclude_plugins), "filter": list(&args.filter),
        "exclude": args.exclude, "category": args.category, "component": args.component, "health": args.health,
        "smoke": args.smoke, "locked": args.locked, "filter_status": list(&args.filter_status), "nook": args.nook,
        "error": args.error, "warn": args.warn, "unknown": args.unknown, "ok": args.ok, "pretty": args.pretty,
        "no_colors": args.no_colors, "no_progress": args.no_progress, "verbose": args.verbose, "debug": args.debug,
        "exitcode": args.exitcode, "junit_config_file": args.junit_config_file.as_deref().map(path),
    });
    known.as_object().cloned().unwrap_or_default()
}

/// Shows what happens on the hosts until Ctrl-C, SIGTERM, or the end of the reader.
fn watch_hosts(query: &Query, addresses: &[HostAddress], console: &Console) -> Result<u8, ExitError> {
    watch::check_format(&query.format)?;
    let runtime = networking()?;
    let transport = Http::new(query.http.clone()).map_err(ExitError::new)?;
    let session = Session {
        transport: &transport,
        observer: console,
        hosts: query.http.hosts,
        forces: false,
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

fn networking() -> Result<Runtime, ExitError> {
    Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(LOOKUP_THREADS)
        .build()
        .map_err(|error| ExitError::new(format!("cannot set up networking: {error}")))
}

/// Asks the hosts, selects the plugins and, with `-f`, runs them.
fn ask(query: &Query, mut fleet: Fleet, console: &Console) -> Result<(Fleet, Ending), ExitError> {
    let runtime = networking()?;
    let transport = Http::new(query.http.clone()).map_err(ExitError::new)?;
    let session = Session {
        transport: &transport,
        observer: console,
        hosts: query.http.hosts,
        forces: query.action == QueryAction::Force,
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
    session: Session<'_, Http>,
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
    if let Some((host, key)) = fleet.masked(&query.filter) {
        return Err(ExitError::new(format!(
            "--filter '{key} ...': host {host} does not show this value, which is secret, so nothing can be filtered by it; \
             filter by another parameter, or set show_secrets in the configuration of the daemon"
        )));
    }
    let selection = fleet.select(filter);
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
    if !query.unknown_states.is_empty() {
        console.error(&query::nothing_in_state(query));
    } else if is_verdict && by_state {
        console.error(&format!("Host {}: it has no plugins", selection.empty_hosts.join(", ")));
    } else if by_state && console.has_terminal() {
        console.info(&query::nothing_in_state(query));
    }
    Ending::NothingFound
}

/// Waits for the work and shows its progress. Returns whether it was completed;
/// Ctrl-C and SIGTERM cancel it.
async fn with_progress(console: &Console, work: impl Future<Output = ()>) -> bool {
    let mut work = pin!(work);
    let mut interrupted = pin!(stop_signal());
    let interval = console.tick_interval();
    loop {
        let tick = async {
            match interval {
                Some(interval) => tokio::time::sleep(interval).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = &mut interrupted => return false,
            () = &mut work => return true,
            () = tick => console.tick(),
        }
    }
}

/// Waits for Ctrl-C or SIGTERM.
async fn stop_signal() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut terminated) => drop(terminated.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
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
        return Ok(exit_code::choose(ending, &FailOn::default(), report));
    }
    let known = if query.format.shows_missing() { None } else { Some(report.without_missing()) };
    let shown = known.as_ref().unwrap_or(report);
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
        console.warn(&if query.fail_on == FailOn::exitcode() {
            format!("the state {names} does not affect the exit code of -e; --fail-on can name it")
        } else {
            format!("--fail-on does not name {names}, so it does not count")
        });
    }
    Ok(exit_code::choose(ending, &query.fail_on, report))
}
