//! The plugin that is tried, from the configuration.

use std::path::{Path, PathBuf};

use smoker_config::config::{self, Config};
use smoker_config::error::ConfigError;
use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::overrides::Overrides;
use smoker_config::spec::settings::DaemonSettings;
use smoker_logging::secrets;
use smoker_model::plugin::{PluginName, PluginSpec};
use smoker_model::suggest;
use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::modules::lookup;
use thiserror::Error;

use crate::service::error::StartError;
use crate::service::privileges;
use crate::startup::bounded_read::{self, READ_LIMIT};
use crate::startup::configuration::{ENVIRONMENT, Origin};
use crate::startup::trust::{self, TrustedOwners};
use crate::startup::{admission, parameter_problems};
use crate::test_plugin::test_request::TestRequest;

/// Of a configuration without a near name this many names are shown.
const MAX_NAMES: usize = 10;

/// A shorter part of a name is in too many names to say anything.
const SHORTEST_PART: usize = 3;

/// The plugin with all that its run needs.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) spec: PluginSpec,
    /// The problems of the plugin's configuration that do not stop a run.
    pub(crate) warnings: Vec<Problem>,
    /// Overridden parameters that nothing of the plugin reads.
    pub(crate) unread: Vec<String>,
    /// Whether the plugin has an action that is not to be run.
    pub(crate) left_out_actions: usize,
    pub(crate) settings: DaemonSettings,
    pub(crate) python: PythonSettings,
}

/// Why there is no plugin to try.
#[derive(Debug, Error)]
pub(crate) enum SelectionError {
    #[error("{}", lines(.problems, Some(.error)))]
    Config { error: ConfigError, problems: Vec<Problem> },
    #[error("{}", lines(.0, None))]
    NotLoaded(Vec<Problem>),
    #[error("there is no plugin {name} in {}; {hint}", .config.display())]
    Unknown { name: String, config: PathBuf, hint: String },
    #[error("{0}")]
    Start(#[from] StartError),
}

impl Selection {
    /// Reads the configuration and takes the plugin from it.
    pub(crate) fn of(request: &TestRequest, path: &Path, trusted: &[String]) -> Result<Self, SelectionError> {
        let origin = Origin::of(path, TrustedOwners::of(trusted)?);
        let name = &request.plugin;
        let overrides = Overrides { plugin: name.clone(), parameters: request.parameters.clone() };
        let (read, with) = (path.to_owned(), overrides.clone());
        let loaded = bounded_read::within(READ_LIMIT, &path.display().to_string(), move || {
            config::load_overriding(&read, ENVIRONMENT, &with)
        });
        let config = loaded?.map_err(|error| {
            let problems = of_plugin(error.problems(), name);
            SelectionError::Config { error, problems }
        })?;
        let Config { settings, mut plugins, mut left_out, mut problems, sources, .. } = config;
        let credentials = privileges::credentials_of(&settings)?;
        let python = origin.python(&settings);
        let modules = python.deciding_paths(lookup::needs_python(&plugins, &python));
        let daemon = credentials.as_ref();
        let judged =
            trust::judge(&sources, modules, &settings.access, &mut plugins, &mut left_out, &origin.trusted, daemon)?;
        let (of_plugins, of_owners): (Vec<_>, Vec<_>) = judged.into_iter().partition(|it| it.plugin.is_some());
        problems.extend(of_plugins);
        let mut warnings = of_plugin(&problems, name);
        let Some(spec) = plugins.iter().find(|plugin| plugin.name.as_str() == name).cloned() else {
            if warnings.is_empty() {
                let hint = hint(name, &known(&plugins, &problems));
                return Err(SelectionError::Unknown { name: name.clone(), config: path.to_owned(), hint });
            }
            return Err(SelectionError::NotLoaded(warnings));
        };
        let (mut admitted, left_out) = admission::admit(vec![spec], credentials.as_ref());
        let Some(mut spec) = admitted.pop() else { return Err(SelectionError::NotLoaded(left_out)) };
        warnings.retain(|problem| problem.severity > Severity::Info);
        warnings.extend(admission::account_problems(std::slice::from_ref(&spec)));
        let left_out_actions = if request.with_action { 0 } else { spec.actions.len() };
        if left_out_actions > 0 {
            spec.actions.clear();
        }
        hide_tagged(&spec, &settings);
        warnings.extend(of_owners);
        let of_parameters = parameter_problems::problems(std::slice::from_ref(&spec), &python, path, Some(&overrides));
        warnings.extend(of_parameters.map_err(StartError::Runtime)?);
        let unread = config::unread_overrides(path, &overrides);
        Ok(Self { spec, warnings, unread, left_out_actions, settings, python })
    }
}

/// Hides what `!env` and `!file` gave in the log. Other secrets are shown, since a test shows what the plugin gets.
fn hide_tagged(spec: &PluginSpec, settings: &DaemonSettings) {
    let mut tagged = settings.secrets.clone();
    for value in spec.parameters.values() {
        value.for_each_tagged(&mut |secret| tagged.push(secret.clone()));
    }
    secrets::replace([], &tagged);
}

fn of_plugin(problems: &[Problem], name: &str) -> Vec<Problem> {
    let is_its = |problem: &&Problem| problem.plugin.as_ref().is_some_and(|plugin| plugin.as_str() == name);
    problems.iter().filter(is_its).cloned().collect()
}

/// The names of all plugins, those that do not load included.
fn known<'a>(plugins: &'a [PluginSpec], problems: &'a [Problem]) -> Vec<&'a str> {
    let loaded = plugins.iter().map(|plugin| plugin.name.as_str());
    let others = problems.iter().filter_map(|problem| problem.plugin.as_ref()).map(PluginName::as_str);
    let mut names: Vec<_> = loaded.chain(others).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn hint(name: &str, known: &[&str]) -> String {
    let is_near = |other: &&&str| suggest::near(name, &[**other]).is_some() || is_part(name, other);
    let near: Vec<_> = known.iter().filter(is_near).copied().take(MAX_NAMES).collect();
    if !near.is_empty() {
        return format!("did you mean {}?", near.join(" or "));
    }
    let first = known[..known.len().min(MAX_NAMES)].join(", ");
    match known.len().saturating_sub(MAX_NAMES) {
        0 => format!("it has {first}"),
        more => format!("it has {first} and {more} more"),
    }
}

/// Whether one name is a part of the other.
fn is_part(name: &str, other: &str) -> bool {
    let (name, other) = (name.to_lowercase(), other.to_lowercase());
    name.len().min(other.len()) >= SHORTEST_PART && (name.contains(&other) || other.contains(&name))
}

fn lines(problems: &[Problem], last: Option<&ConfigError>) -> String {
    let problems = problems.iter().map(ToString::to_string);
    let all: Vec<_> = problems.chain(last.map(ToString::to_string)).collect();
    all.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_offered_and_without_any_the_first_names() {
        assert_eq!(hint("dsik", &["disk", "load"]), "did you mean disk?");
        assert_eq!(hint("DISK", &["disk", "disk-root", "load"]), "did you mean disk or disk-root?");
        assert_eq!(hint("x", &["disk", "load"]), "it has disk, load");
        let many: Vec<_> = std::iter::repeat_n("plugin", 12).collect();
        assert!(hint("x", &many).ends_with("plugin and 2 more"));
    }
}
