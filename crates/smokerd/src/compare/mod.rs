//! `--compare`: every plugin that another daemon has is run once there and once here, and what differs is shown.
//!
//! # Layout
//!
//! - `compare_request`: what the command line asks for
//! - `remote`: the other daemon, asked over HTTP
//! - `local`: the runs here, without a schedule
//! - `difference`: what differs between two plugins and their results
//! - `numbers`: whether two texts differ in what another run can have otherwise
//! - `report`: the differences as a table and as JSON

pub(crate) mod compare_request;
mod difference;
mod local;
mod numbers;
mod remote;
mod report;

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value as Json;
use smoker_config::problem::Severity;
use smoker_logging::records::level::Level;
use smoker_logging::{log, secrets};
use tokio::runtime::Builder;

use crate::compare::compare_request::{CompareRequest, ComparisonFormat};
use crate::compare::difference::Difference;
use crate::compare::local::{Local, LocalPlugin};
use crate::compare::remote::{Remote, RemotePlugin};
use crate::compare::report::ComparisonReport;
use crate::exit_code;
use crate::output;
use crate::service::logger_names::LOGGER_NAMES;
use crate::startup::configuration::{self, LoadFailure, Loaded, Origin};
use crate::startup::trust::TrustedOwners;

/// Runs the plugins on both sides, prints the differences and gives the exit code.
pub(crate) fn run(request: &CompareRequest, config: &Path, trusted: &[String], log_level: Level) -> u8 {
    log::to_standard_error(log_level, &LOGGER_NAMES);
    match compare(request, config, trusted) {
        Err(error) => {
            output::report(format_args!("ERROR: {}", secrets::redact(error)));
            exit_code::FAILURE
        }
        Ok(report) => {
            let text = match request.format {
                ComparisonFormat::Table => report.table(),
                ComparisonFormat::Json => report.json(),
            };
            match output::print(&text) {
                Err(error) => {
                    output::report(format_args!("ERROR: {error}"));
                    exit_code::FAILURE
                }
                _ if report.differences.iter().any(|it| !it.only_numbers) => exit_code::COMPARE_DIFFERENCES,
                _ => exit_code::SUCCESS,
            }
        }
    }
}

fn compare(request: &CompareRequest, config: &Path, trusted: &[String]) -> Result<ComparisonReport, String> {
    let remote = Remote::at(&request.url)?;
    let origin = Origin::of(config, TrustedOwners::of(trusted).map_err(|error| error.to_string())?);
    let loaded = configuration::load(config, &origin.trusted).map_err(|LoadFailure { error, problems }| {
        let problems = problems.iter().map(|problem| secrets::redact(problem.to_string()));
        problems.chain([error.to_string()]).collect::<Vec<_>>().join("\n")
    })?;
    let Loaded { settings, credentials, mut plugins, problems, .. } = loaded;
    secrets::replace(&plugins, &settings.secrets);
    for problem in problems.iter().filter(|problem| problem.severity > Severity::Info) {
        output::report(format_args!("WARNING: {}", secrets::redact(problem.to_string())));
    }
    if let Some(name) = request.plugins.iter().find(|name| plugins.iter().all(|plugin| plugin.name.as_str() != **name))
    {
        return Err(format!(
            "there is no plugin {name} in {}; --plugins takes names, separated by commas",
            config.display()
        ));
    }
    let is_wanted = |name: &str| request.plugins.is_empty() || request.plugins.iter().any(|wanted| wanted == name);
    plugins.retain(|plugin| is_wanted(plugin.name.as_str()));
    let local = Local::prepare(plugins, origin.python(&settings), credentials.as_ref(), request.with_action)?;
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(both(&remote, &local, is_wanted))
}

/// First there, then here: a plugin that changes something is not disturbed by itself.
async fn both(remote: &Remote, local: &Local, is_wanted: impl Fn(&str) -> bool) -> Result<ComparisonReport, String> {
    let mut theirs = remote.plugins().await?;
    theirs.retain(|plugin| is_wanted(&plugin.name));
    let ours: HashMap<_, _> = local.plugins.iter().map(|plugin| (plugin.name(), plugin)).collect();
    let common: Vec<_> = theirs.iter().filter_map(|plugin| Some((plugin, *ours.get(plugin.name.as_str())?))).collect();
    let mut report = ComparisonReport::of(remote.url());
    let names: Vec<_> = common.iter().map(|(plugin, _)| plugin.name.clone()).collect();
    let their_results = if names.is_empty() { HashMap::new() } else { remote.run(&names, local.limit(&names)).await? };
    let our_results = local.run(common.iter().map(|(_, plugin)| *plugin)).await?;
    for ((plugin, own), here) in common.iter().zip(our_results) {
        report.compared += 1;
        let there = their_results.get(&plugin.name).unwrap_or(&Json::Null);
        add(&mut report, plugin, own, there, &here);
    }
    for plugin in theirs.iter().filter(|plugin| !ours.contains_key(plugin.name.as_str())) {
        report.differences.push(Difference::only_there(&plugin.name));
    }
    for plugin in local.plugins.iter().filter(|plugin| !theirs.iter().any(|other| other.name == plugin.name())) {
        report.differences.push(Difference::only_here(plugin.name()));
    }
    Ok(report)
}

fn add(
    report: &mut ComparisonReport,
    there: &RemotePlugin,
    here: &LocalPlugin,
    their_result: &Json,
    our_result: &Json,
) {
    let parameters = difference::of_parameters(here.name(), &there.parameters, here.parameters());
    report.masked.extend(parameters.masked.into_iter().map(|parameter| (here.name().to_owned(), parameter)));
    report.differences.extend(parameters.differences);
    if here.has_action && !here.runs_action {
        report.without_action.push(here.name().to_owned());
    }
    report.differences.extend(difference::of_results(here.name(), their_result, our_result, here.runs_action));
}
