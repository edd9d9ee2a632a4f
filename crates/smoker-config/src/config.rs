//! A path becomes a configuration.

use std::path::Path;
use std::rc::Rc;

use smoker_model::plugin::PluginSpec;

use crate::environment::{self, Environment};
use crate::error::{ConfigError, Fault};
use crate::files::{assemble, folder};
use crate::lint::run_lints;
use crate::parser_parameters::KnownParsers;
use crate::problem::{Location, Problem, ProblemLog};
use crate::sources::Sources;
use crate::spec::interpret::{self, Interpreted};
use crate::spec::overrides::Overrides;
use crate::spec::places::{self, ParameterKey};
use crate::spec::sections;
use crate::spec::settings::DaemonSettings;
use crate::yaml::node::{Node, find_text};

/// A whole configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The settings of the daemon itself.
    pub settings: DaemonSettings,
    /// The plugins that load, at least one, in the order of the file.
    pub plugins: Vec<PluginSpec>,
    /// Plugins that do not load, as far as they can be understood: defaults stand in for what is wrong with them.
    pub left_out: Vec<PluginSpec>,
    /// Errors and warnings that do not stop the daemon, left-out plugins above all.
    pub problems: Vec<Problem>,
    /// What it was read from.
    pub sources: Sources,
}

/// Reads the configuration from its main file, or from a folder that holds
/// `common.yaml`, `template.d`, `action.d` and `plugin.d`. `!env` reads `environment`.
///
/// # Errors
///
/// When a file cannot be read or understood, a setting makes no sense, or no plugin loads.
pub fn load(path: &Path, environment: Environment) -> Result<Config, ConfigError> {
    load_with(path, Path::new(""), environment, None)
}

/// As [`load`], for a process that has left the folder in which it was
/// started: relative paths start there.
///
/// # Errors
///
/// As [`load`].
pub fn load_from(working: &Path, path: &Path, environment: Environment) -> Result<Config, ConfigError> {
    load_with(&working.join(path), working, environment, None)
}

/// As [`load`], with some parameters of one plugin replaced.
///
/// # Errors
///
/// As [`load`]. Overrides of a plugin that is not configured are none.
pub fn load_overriding(path: &Path, environment: Environment, overrides: &Overrides) -> Result<Config, ConfigError> {
    load_with(path, Path::new(""), environment, Some(overrides))
}

/// Where a top-level key is written, as [`locate`].
#[must_use]
pub fn locate_setting(path: &Path, key: &str) -> Option<Location> {
    let (root, _) = tree(path, Path::new(""), environment::ANY, &mut ProblemLog::default()).ok()?;
    find_text(root.entries()?, key).map(|entry| (&entry.place).into())
}

fn load_with(
    path: &Path,
    working: &Path,
    environment: Environment,
    overrides: Option<&Overrides>,
) -> Result<Config, ConfigError> {
    let mut problems = ProblemLog::default();
    match read(path, working, environment, overrides, &mut problems) {
        Ok((Interpreted { settings: Some(settings), plugins, left_out, faults }, sources)) if faults.is_empty() => {
            Ok(Config { settings, plugins, left_out, problems: problems.entries, sources })
        }
        Ok((Interpreted { plugins, left_out, faults, .. }, _)) => {
            let understood = plugins.into_iter().chain(left_out).collect();
            Err(ConfigError::new(with_whole(faults, path), problems.entries).with_understood(understood))
        }
        Err(faults) => Err(ConfigError::new(with_whole(faults, path), problems.entries)),
    }
}

/// The faults of a file, and what to name in its place when it is only a part of a configuration.
fn with_whole(mut faults: Vec<Fault>, path: &Path) -> Vec<Fault> {
    if let Some(whole) = folder::whole_of(path).filter(|_| path.is_file()) {
        let (path, whole) = (path.display(), whole.display());
        faults.push(Fault::bare(format!("{path} is a part of the configuration {whole}; name that one: -c {whole}")));
    }
    faults
}

fn read(
    path: &Path,
    working: &Path,
    environment: Environment,
    overrides: Option<&Overrides>,
    problems: &mut ProblemLog,
) -> Result<(Interpreted, Sources), Vec<Fault>> {
    let (root, sources) = tree(path, working, environment, problems)?;
    if let Err(fault) = sections::refuse_other_files(&root, path) {
        // They would show what is in it.
        problems.entries.clear();
        return Err(fault.into());
    }
    Ok((interpret::interpret(&root, path, overrides, problems), sources))
}

fn tree(
    path: &Path,
    working: &Path,
    environment: Environment,
    problems: &mut ProblemLog,
) -> Result<(Rc<Node>, Sources), Vec<Fault>> {
    if path.is_dir() {
        folder::assemble(path, working, environment, problems)
    } else {
        assemble::assemble(path, working, environment, problems)
    }
}

/// What the configuration has probably not been meant to say, although it [`load`]s: a warning for each. It is read once
/// more. `parsers` knows what the built-in parsers read.
#[must_use]
pub fn review(path: &Path, parsers: KnownParsers<'_>) -> Vec<Problem> {
    let mut problems = ProblemLog::default();
    let found = tree(path, Path::new(""), environment::ANY, &mut problems).ok().and_then(|(root, _)| {
        // A review of another file would show what is in it.
        sections::refuse_other_files(&root, path).ok()?;
        let entries = root.entries()?;
        let (sections, plugins) = sections::find(entries, &root.place, &mut problems).ok()?;
        Some(run_lints::problems(entries, &sections, plugins, parsers))
    });
    found.unwrap_or_default()
}

/// Those of the overridden parameters that nothing of their plugin reads. The configuration is read once more.
#[must_use]
pub fn unread_overrides(path: &Path, overrides: &Overrides) -> Vec<String> {
    let mut problems = ProblemLog::default();
    let unread = tree(path, Path::new(""), environment::ANY, &mut problems).ok().and_then(|(root, _)| {
        let (sections, plugins) = sections::find(root.entries()?, &root.place, &mut problems).ok()?;
        let plugins = overrides.apply(plugins, &mut problems);
        let plugin = plugins.iter().find(|plugin| plugin.name.as_text() == Some(&*overrides.plugin))?;
        let names: Vec<_> = overrides.parameters.iter().map(|(name, _)| name.clone()).collect();
        Some(run_lints::unread(plugin, &sections, &names))
    });
    unread.unwrap_or_default()
}

/// All parameters of a plugin with where they are written; none for defaults. The configuration is read once more. Empty when
/// it cannot be read, or has no such plugin.
#[must_use]
pub fn parameter_places(path: &Path, plugin: &str) -> Vec<(String, Option<Location>)> {
    let mut problems = ProblemLog::default();
    let places = tree(path, Path::new(""), environment::ANY, &mut problems).ok().and_then(|(root, _)| {
        // The places of another file would show what is in it.
        sections::refuse_other_files(&root, path).ok()?;
        let (sections, plugins) = sections::find(root.entries()?, &root.place, &mut problems).ok()?;
        let plugin = plugins.iter().find(|entry| entry.name.as_text() == Some(plugin))?;
        Some(places::of_plugin(plugin, &sections))
    });
    places.unwrap_or_default()
}

/// Where parameters are written in a configuration that was [`load`]ed from
/// the same path. It is read once more, since a daemon does not keep the places.
#[must_use]
pub fn locate(path: &Path, overrides: Option<&Overrides>, keys: &[ParameterKey]) -> Vec<Option<Location>> {
    let mut problems = ProblemLog::default();
    let locations = tree(path, Path::new(""), environment::ANY, &mut problems).ok().and_then(|(root, _)| {
        let (sections, plugins) = sections::find(root.entries()?, &root.place, &mut problems).ok()?;
        let overridden = overrides.map(|overrides| overrides.apply(plugins, &mut problems));
        let plugins = overridden.as_deref().unwrap_or(plugins);
        Some(keys.iter().map(|key| places::locate(key, plugins, &sections)).collect())
    });
    locations.unwrap_or_else(|| vec![None; keys.len()])
}
