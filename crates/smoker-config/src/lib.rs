//! Reads Smoker's configuration: a path becomes a [`Config`], or one clear
//! [`ConfigError`] with file, line and key. Pure and synchronous: nothing is
//! started, logged or read from the environment.
//!
//! # Layout
//!
//! - `yaml`: the text of one file becomes a tree of values that know their place
//! - `files`: several files become one tree
//! - `spec`: the tree becomes typed settings and plugin specifications
//! - `write`: a configuration becomes text
//! - `error`: what ends the loading
//! - `problem`: what does not
//! - `suggest`: the name that was probably meant
//! - `keys`: every key that means something
//! - `limits`: every default and bound

#![forbid(unsafe_code)]

pub mod keys;
pub mod limits;

mod error;
mod files;
mod problem;
mod spec;
mod write;
mod yaml;

use std::path::Path;

use smoker_model::plugin::PluginSpec;

pub use crate::error::ConfigError;
pub use crate::problem::{Location, Problem, Severity};
pub use crate::spec::overriding::{Overrides, value_of};
pub use crate::spec::settings::DaemonSettings;
pub use crate::write::generate::{Generated, generate, is_part_of};

use crate::error::Fault;
use crate::files::{assemble, folder};
use crate::problem::Report;
use crate::spec::{plugins, sections, settings, spelling};
use crate::yaml::node::Node;

/// A whole configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// What the daemon itself is told.
    pub settings: DaemonSettings,
    /// The plugins that load, at least one, in the order of the file.
    pub plugins: Vec<PluginSpec>,
    /// Everything worth telling that does not stop the daemon, left-out plugins above all.
    pub problems: Vec<Problem>,
}

/// Reads the configuration from its main file, or from a folder that holds
/// `common.yaml`, `template.d`, `action.d` and `plugin.d`.
///
/// # Errors
///
/// When a file cannot be read or understood, a setting makes no sense, or no plugin loads.
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    load_with(path, Path::new(""), None)
}

/// As [`load`], for a process that has left the folder in which it was
/// started: relative paths start there.
///
/// # Errors
///
/// As [`load`].
pub fn load_from(working: &Path, path: &Path) -> Result<Config, ConfigError> {
    load_with(&working.join(path), working, None)
}

/// As [`load`], with some parameters of one plugin replaced.
///
/// # Errors
///
/// As [`load`]. Overrides of a plugin that is not configured are none.
pub fn load_overriding(path: &Path, overrides: &Overrides) -> Result<Config, ConfigError> {
    load_with(path, Path::new(""), Some(overrides))
}

fn load_with(path: &Path, working: &Path, overrides: Option<&Overrides>) -> Result<Config, ConfigError> {
    let mut report = Report::default();
    match read(path, working, overrides, &mut report) {
        Ok((settings, plugins)) => Ok(Config { settings, plugins, problems: report.problems }),
        Err(faults) => Err(ConfigError::new(faults, report.problems)),
    }
}

fn read(
    path: &Path,
    working: &Path,
    overrides: Option<&Overrides>,
    report: &mut Report,
) -> Result<(DaemonSettings, Vec<PluginSpec>), Vec<Fault>> {
    let root = if path.is_dir() {
        folder::assemble(path, working, report)?
    } else {
        assemble::assemble(path, working, report)?
    };
    interpret(&root, path, overrides, report)
}

fn interpret(
    root: &Node,
    path: &Path,
    overrides: Option<&Overrides>,
    report: &mut Report,
) -> Result<(DaemonSettings, Vec<PluginSpec>), Vec<Fault>> {
    let entries = sections::top_level(root, path)?;
    settings::report_unknown(entries, report);
    spelling::report_misspelt(entries, report);
    let settings = settings::read(entries, report);
    let sections = sections::find(entries, &root.place, report);
    let (settings, (sections, plugins)) = error::both(settings, sections)?;
    let overridden = overrides.map(|overrides| overrides.apply(plugins, report));
    let loaded = plugins::load(overridden.as_deref().unwrap_or(plugins), &sections, report);
    if loaded.is_empty() { Err(plugins::none_loaded(path).into()) } else { Ok((settings, loaded)) }
}
