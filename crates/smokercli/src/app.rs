//! What `smokercli` does, from the command line to the exit code.

use std::ffi::OsString;
use std::path::Path;
use std::pin::pin;

use serde_json::{Map, Value as Json, json};
use tokio::runtime::Builder;

use crate::cli::{self, Args, Request};
use crate::client::fleet::Fleet;
use crate::config::Config;
use crate::discovery::Discovery;
use crate::error::Failure;
use crate::exit_code::{self, Ending};
use crate::inventory::hosts;
use crate::query::{self, Action, Query};
use crate::render;
use crate::report::Report;
use crate::terminal::output;
use crate::terminal::progress::{Console, Verbosity};
use crate::transport::web::Web;

/// Host names are looked up in threads; more of them would only wait for each other.
const LOOKUP_THREADS: usize = 64;

/// Runs `smokercli` with these arguments, the program's name first, and
/// returns its exit code.
#[must_use]
pub fn run(arguments: impl Iterator<Item = OsString>) -> u8 {
    try_run(arguments).unwrap_or_else(|failure| {
        Console::new(Verbosity::Quiet).error(&failure.message);
        failure.code
    })
}

fn try_run(arguments: impl Iterator<Item = OsString>) -> Result<u8, Failure> {
    let config = Config::load().map_err(|error| Failure::new(error.to_string()))?;
    let (discovery, warnings) = Discovery::start(&config)?;
    let args = match cli::parse(arguments, discovery.options())? {
        Request::Ask(args) => args,
        Request::Print(text) => return output::print(&text).map(|()| exit_code::SUCCESS),
    };
    let mut query = Query::new(&args)?;
    let console = Console::new(query::verbosity(&args));
    for warning in config.warnings.iter().chain(&warnings) {
        console.warn(warning);
    }
    if query.filter.has_names_and_parameters() {
        console.warn("Plugin filter and plugin list used together. Only plugins matching both will be displayed.");
    }
    let addresses = hosts::expand(&expressions(&args, discovery)?, &config.port);
    console.debug(&format!("{} hosts, {:?}, {:?}", addresses.len(), query.action, query.filter));
    query.web.hosts = addresses.len();
    let size = addresses.len();
    let (fleet, ending) = ask(&query, Fleet::new(addresses), &console)?;
    conclude(&query, &fleet.into_report(), size, ending, &console)
}

/// The hosts of the command line, of its files and of the discovery, else this one.
fn expressions(args: &Args, discovery: Discovery) -> Result<Vec<String>, Failure> {
    let mut expressions = args.hosts.clone();
    for path in &args.hosts_file {
        expressions.extend(hosts::read_file(path)?);
    }
    expressions.extend(discovery.hosts(&args.plugin_arguments, &known_options(args))?);
    if expressions.is_empty() {
        expressions.push("localhost".to_owned());
    }
    Ok(expressions)
}

/// The options under the names that the original gave them, for discovery plugins.
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

/// Asks the hosts, selects the plugins and runs them if that is wanted.
fn ask(query: &Query, mut fleet: Fleet, console: &Console) -> Result<(Fleet, Ending), Failure> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(LOOKUP_THREADS)
        .build()
        .map_err(|error| Failure::new(format!("cannot set up networking: {error}")))?;
    let web = Web::new(query.web.clone(), console).map_err(Failure::new)?;
    let ending = runtime.block_on(converse(query, &mut fleet, &web, console));
    console.finish();
    // A name server that does not answer must not hold up the end.
    drop(web);
    runtime.shutdown_background();
    Ok((fleet, ending))
}

async fn converse(query: &Query, fleet: &mut Fleet, web: &Web<'_>, console: &Console) -> Ending {
    if !watched(console, fleet.ask(web)).await {
        fleet.interrupt();
        if query.action == Action::Force {
            fleet.abandon();
        }
        fleet.select(&query.filter);
        return Ending::Interrupted;
    }
    if fleet.select(&query.filter) == 0 {
        console.error("No plugins found");
        return Ending::NothingFound;
    }
    if query.action != Action::Force {
        return Ending::Printed;
    }
    if !watched(console, fleet.force(web)).await {
        fleet.interrupt();
        return Ending::Interrupted;
    }
    if fleet.has_plugins() {
        return Ending::Printed;
    }
    console.error("Failed to execute selected plugins");
    Ending::NothingFound
}

/// Waits for the work and shows how far it is. Returns whether it came to its
/// end; Ctrl-C stops it.
async fn watched(console: &Console, work: impl Future<Output = ()>) -> bool {
    let mut work = pin!(work);
    let mut interrupted = pin!(tokio::signal::ctrl_c());
    let beat = console.beat();
    loop {
        let tick = async {
            match beat {
                Some(beat) => tokio::time::sleep(beat).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = &mut interrupted => return false,
            () = &mut work => return true,
            () = tick => console.tick(),
        }
    }
}

/// Prints and chooses the exit code.
fn conclude(query: &Query, report: &Report, size: usize, ending: Ending, console: &Console) -> Result<u8, Failure> {
    if query.action == Action::List {
        output::print(&render::list(report))?;
        return Ok(exit_code::choose(ending, exit_code::Strictness::Lenient, report));
    }
    if !report.hosts().is_empty() {
        output::print(&render::render(report, &query.format, query.style))?;
    }
    if size > 1 {
        console.info(&report.summary(size));
    }
    Ok(exit_code::choose(ending, query.strictness, report))
}
