//! Asks everything that knows of problems.

use smoker_config::config;
use smoker_config::parser_parameters::ParserParameters;
use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::places::ParameterKey;
use smoker_config::spec::settings::DaemonSettings;
use smoker_logging::secrets;
use smoker_logging::setup::source;
use smoker_model::plugin::PluginSpec;
use smoker_paths::resolved_path::Owner;
use smoker_runner::modules::parameter_mistakes;
use smoker_runner::process::containment::level::ContainmentLevel;

use crate::check::address::{open, taken, unusable};
use crate::check::check_request::CheckTarget;
use crate::check::identities::{self, IdentityProblems};
use crate::check::programs::{self, ProgramProblems};
use crate::check::report::{CheckReport, Fatal};
use crate::check::{commands, own_files, preparation_warnings, problem_list, tls_files};
use crate::service::error::StartError;
use crate::service::privileges;
use crate::startup::configuration::{self, LoadFailure, Loaded, Origin};
use crate::startup::trust::{self, TrustedOwners};
use crate::startup::{admission, containment, missing_logging_conf, modules, notes, parameter_problems};

/// Everything that is wrong with this configuration.
pub(crate) fn all_problems(target: &CheckTarget<'_>) -> CheckReport {
    let mut report = CheckReport::default();
    if let Err(error) = fill(&mut report, target) {
        report.fatal.extend(Fatal::of(&error));
    }
    report.problems = problem_list::without_repeats(std::mem::take(&mut report.problems));
    problem_list::in_order_of_files(&mut report.problems);
    problem_list::in_order_of_files(&mut report.of_host);
    report
}

fn fill(report: &mut CheckReport, target: &CheckTarget<'_>) -> Result<(), StartError> {
    let trusted = TrustedOwners::of(target.trusted_owners)?;
    let loaded = match configuration::load(target.config, &trusted) {
        Ok(loaded) => loaded,
        Err(LoadFailure { error, problems }) => {
            report.problems = problems;
            if let StartError::Config(error) = &error {
                // Nothing of it may be run, not even its interpreter: its owners were not judged.
                secrets::replace(error.understood(), &[]);
                report.problems.extend(config::review(target.config, &|_| None));
                report.problems.extend(located(without_lookups(error.understood()), target));
            }
            return Err(error);
        }
    };
    let Loaded { settings, credentials, mut plugins, left_out, problems } = loaded;
    let level = ContainmentLevel::probe();
    report.containment = containment::describe_here(&level);
    report.advice = containment::advice(&plugins).into_iter().collect();
    // More may be wrong with those that do not load.
    plugins.extend(left_out);
    secrets::replace(&plugins, &settings.secrets);
    report.problems = problems;
    report.notes = notes::of(&settings);
    let python = Origin::of(target.config, trusted.clone()).python(&settings);
    let parsers = |name: &str| {
        let (own, of_others) = parameter_mistakes::of_parser(name, &python)?;
        Some(ParserParameters { own, of_others })
    };
    report.problems.extend(config::review(target.config, &parsers));
    let mut of_plugins = without_lookups(&plugins);
    of_plugins.extend(of_plugin_key(containment::problems(&plugins, &level), "MaxProcesses"));
    report.advice.extend(modules::advice(&plugins, &python).unwrap_or_default());
    report.advice.extend(modules::interpreter_advice(&settings, &plugins, &python));
    of_plugins.extend(modules::problems(&plugins, &python, credentials.as_ref()).map_err(StartError::Runtime)?);
    of_plugins.extend(commands::of_shell(&plugins).map_err(StartError::Runtime)?);
    let ProgramProblems { broken, absent } = programs::problems(&plugins);
    of_plugins.extend(broken);
    of_plugins.extend(tls_files::problems(&plugins));
    of_plugins.extend(programs::closed(&plugins, credentials.as_ref()).map_err(StartError::Runtime)?);
    report.problems.extend(located(of_plugins, target));
    report.of_host = problem_list::without_repeats(located(absent, target));
    let of_parameters = parameter_problems::problems(&plugins, &python, target.config, None);
    report.problems.extend(of_parameters.map_err(StartError::Runtime)?);
    report.problems.extend(python.problem().map(|text| of_setting("python", text.to_owned(), target)));
    of_settings(report, &settings, credentials.as_ref().map(privileges::owner), target);
    report.problems.extend(missing_logging_conf::problem(target.missing_logging_conf));
    if let Some(source) = target.logging_conf {
        let daemon = credentials.as_ref().map(|daemon| daemon.uid);
        report.problems.extend(trust::judge_file(source.path(), &trusted, daemon)?);
    }
    let logging = source::load_setup(target.logging_conf, target.logging)?;
    (report.of_logging, report.logging_notes) = (logging.problems, logging.notes);
    Ok(())
}

/// What this host says to the daemon's own settings: its address, socket, files and identities.
fn of_settings(report: &mut CheckReport, settings: &DaemonSettings, owner: Option<Owner>, target: &CheckTarget<'_>) {
    let problem = |(key, text): (&str, String)| of_setting(key, text, target);
    report.problems.extend(open::problem(settings).map(|text| problem(("bind_host", text))));
    let address = unusable::problem(settings).map(|text| ("bind_host", text));
    let socket = own_files::fault_of_socket(settings).map(|text| ("socket", text));
    let IdentityProblems { fatal, others } = identities::problems(&settings.access, owner);
    report.fatal.extend(address.into_iter().chain(socket).chain(fatal).map(problem).map(Fatal::of_problem));
    let holder = taken::holder(settings);
    report.is_port_taken = holder.is_some();
    report.problems.extend(holder.map(|text| problem(("bind_port", text))));
    report.problems.extend(
        others.into_iter().chain(own_files::problems(settings)).chain(tls_files::of_settings(settings)).map(problem),
    );
}

/// What can be said of the plugins without starting a program of theirs.
fn without_lookups(plugins: &[PluginSpec]) -> Vec<(Problem, ParameterKey)> {
    let mut problems = of_plugin_key(admission::account_problems(plugins), "uid");
    problems.extend(preparation_warnings::problems(plugins));
    problems.extend(commands::problems(plugins));
    problems
}

/// A warning about a setting of the daemon.
fn of_setting(key: &str, text: String, target: &CheckTarget<'_>) -> Problem {
    let location = config::locate_setting(target.config, key);
    Problem { severity: Severity::Warning, location, plugin: None, text }
}

/// Problems of one key of the plugins that they name.
fn of_plugin_key(problems: Vec<Problem>, key: &str) -> Vec<(Problem, ParameterKey)> {
    let with_key = |problem: Problem| {
        let plugin = problem.plugin.clone()?;
        Some((problem, ParameterKey { plugin, is_of_action: false, action: None, name: Some(key.to_owned()) }))
    };
    problems.into_iter().filter_map(with_key).collect()
}

/// The problems with the places of their parameters.
fn located(problems: Vec<(Problem, ParameterKey)>, target: &CheckTarget<'_>) -> Vec<Problem> {
    if problems.is_empty() {
        return Vec::new();
    }
    let (problems, keys): (Vec<_>, Vec<_>) = problems.into_iter().unzip();
    let locations = config::locate(target.config, None, &keys);
    problems.into_iter().zip(locations).map(|(problem, location)| Problem { location, ..problem }).collect()
}
