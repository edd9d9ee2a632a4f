//! What `smokercli baseline` does, and how a baseline is compared with.
//!
//! # Layout
//!
//! - `record`: makes a baseline of what hosts answer; `journal`: of what their journals have
//! - `reference`: a baseline as a call compares with it

mod journal;
mod record;
pub(crate) mod reference;

use std::path::Path;

use chrono::Utc;
use smoker_model::counted::counted;
use smoker_model::status::Status;
use smoker_model::verdict::baseline::{Baseline, Source};

use crate::asking::{networking, with_progress};
use crate::baseline::record::Answers;
use crate::cli::commands::baseline_args::BaselineArgs;
use crate::client::fleet::Fleet;
use crate::client::session::{ForcedRuns, Session};
use crate::error::ExitError;
use crate::exit_code;
use crate::filter::Filter;
use crate::query;
use crate::targets::Targets;
use crate::targets::inputs::InputFiles;
use crate::terminal::console::Console;
use crate::terminal::output;
use crate::terminal::output_file::OutputFile;
use crate::terminal::sanitize;
use crate::transport::any::AnyTransport;

/// Makes a baseline and writes it, and returns the exit code.
///
/// # Errors
///
/// When it cannot be made or written.
pub(crate) fn run(args: &BaselineArgs, targets: &Targets, console: &Console) -> Result<u8, ExitError> {
    let filter = query::judged_filter(&args.filters)?;
    let file = if args.output == Path::new("-") { None } else { Some(OutputFile::new(&args.output)?) };
    if file.is_none() {
        output::check_open()?;
    }
    let inputs = InputFiles::of(&args.targets);
    file.iter().try_for_each(|file| inputs.check("-o", file.path()))?;
    let runtime = networking()?;
    let transport = targets.transport()?;
    let source = match (args.at, args.last) {
        (Some(_), _) => Source::Journal,
        (None, true) => Source::Last,
        (None, false) => Source::Forced,
    };
    let session = Session {
        values: None,
        transport: &transport,
        observer: console,
        hosts: targets.selection.len(),
        forces: ForcedRuns::once_if(source == Source::Forced),
        names: if filter.names_what_is_wanted() { &filter.names } else { &[] },
    };
    let mut baseline = record::empty(source, args.at.and_then(|at| at.instant(Utc::now())));
    baseline.selects = filter.selection();
    let mut answers = Ok(Answers::default());
    let is_whole = runtime.block_on(with_progress(console, async {
        answers = match args.at {
            Some(at) => journal::answers(&session, targets, &filter, at).await,
            None => fleet_answers(&session, targets, &filter, source).await,
        };
    }));
    console.finish();
    drop(transport);
    runtime.shutdown_background();
    let Answers { hosts, missing, unmet } = answers?;
    if !is_whole {
        console.error("interrupted: no baseline is written");
        return Ok(exit_code::INTERRUPTED);
    }
    for line in &missing {
        console.warn(line);
    }
    let lacking = hosts.iter().filter(|host| !host.lacks.is_empty()).count();
    baseline.hosts = hosts.into_iter().map(|recorded| recorded.host).collect();
    check_useful(&baseline, unmet.as_deref())?;
    conclude(args, &baseline, lacking, file.as_ref(), console)
}

/// What the hosts answer now.
async fn fleet_answers(
    session: &Session<'_, AnyTransport>,
    targets: &Targets,
    filter: &Filter,
    source: Source,
) -> Result<Answers, ExitError> {
    let mut fleet = Fleet::new(targets.selection.addresses());
    fleet.ask(session).await;
    if let Some(problem) = fleet.masked(filter) {
        return Err(ExitError::new(problem));
    }
    let selection = fleet.select(filter);
    let mut missing = fleet.missing(&selection);
    missing.extend(selection.unused_exclusions);
    if source == Source::Forced {
        fleet.force(session).await;
    }
    Ok(Answers { hosts: record::hosts(targets, fleet), missing, unmet: selection.unmet })
}

/// How many hosts are missing in it.
fn count_unknown(baseline: &Baseline) -> usize {
    baseline.hosts.iter().filter(|host| host.error.is_some()).count()
}

/// A baseline that knows nothing is not to take the place of a good one.
fn check_useful(baseline: &Baseline, unmet: Option<&str>) -> Result<(), ExitError> {
    let unknown = count_unknown(baseline);
    let mut plugins = baseline.hosts.iter().flat_map(|host| &host.plugins);
    if plugins.any(|plugin| plugin.status != Status::Unknown) {
        return Ok(());
    }
    let first = baseline.hosts.iter().find_map(|host| Some((host, host.error.as_deref()?)));
    let reason = match first {
        Some((host, error)) if unknown == baseline.hosts.len() => {
            let hosts = counted(unknown, "host");
            format!("none of the {hosts} is known ({}: {error})", host.host)
        }
        _ if baseline.hosts.iter().all(|host| host.plugins.is_empty()) => {
            let unmet = unmet.map_or(String::new(), |unmet| format!("; {}", sanitize::line(unmet)));
            return Err(ExitError::new(format!("no plugin is selected on any host, so nothing is written{unmet}")));
        }
        _ => "no plugin has a result".to_owned(),
    };
    Err(ExitError::new(format!("{reason}, so nothing is written")))
}

/// Writes the baseline, says what it has, and chooses the exit code. `lacking` hosts have no result of plugins that were asked for.
fn conclude(
    args: &BaselineArgs,
    baseline: &Baseline,
    lacking: usize,
    file: Option<&OutputFile>,
    console: &Console,
) -> Result<u8, ExitError> {
    let unknown = count_unknown(baseline);
    let plugins: usize = baseline.hosts.iter().map(|host| host.plugins.len()).sum();
    let text = serde_json::to_string_pretty(baseline).map_err(|error| ExitError::new(error.to_string()))? + "\n";
    match file {
        Some(file) => file.write(&text)?,
        None => output::print(&text)?,
    }
    let bad = baseline.hosts.iter().flat_map(|host| &host.plugins);
    let bad = bad.filter(|plugin| !record::is_good(plugin)).count();
    let hosts = baseline.hosts.len();
    let (known, asked) = (hosts - unknown, counted(hosts, "host"));
    let lack = if lacking == 0 { String::new() } else { format!("; {} without all results", counted(lacking, "host")) };
    console.info(&format!("baseline of {known} of {asked}: {}, {bad} of them bad{lack}", counted(plugins, "plugin")));
    for host in baseline.hosts.iter().filter(|host| host.error.is_some()) {
        console.warn(&format!(
            "Host {} is missing in the baseline: {}",
            host.host,
            host.error.as_deref().unwrap_or_default()
        ));
    }
    for host in baseline.hosts.iter().filter(|host| host.error.is_none() && host.plugins.is_empty()) {
        console.warn(&format!(
            "Host {}: no plugin is selected on it, and a gate against this baseline will not look at it",
            host.host
        ));
    }
    let is_kept = args.budget.budget().unwrap_or_default().is_kept(unknown + lacking, hosts);
    Ok(if is_kept { exit_code::SUCCESS } else { exit_code::NOT_SETTLED })
}
