//! What is wrong with a configuration, where, and how bad it is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use smoker_model::plugin::PluginName;

/// A place in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file as it was opened.
    pub file: PathBuf,
    /// The line, from 1; 0 where a whole folder is meant.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}:{}", self.file.display(), self.column),
        }
    }
}

/// A [`Location`] that is cheap to clone, for the many nodes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourcePlace {
    pub(crate) file: Rc<Path>,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl SourcePlace {
    /// The start of a file.
    pub(crate) fn start_of(file: &Rc<Path>) -> Self {
        Self { file: Rc::clone(file), line: 1, column: 1 }
    }

    /// A folder as a whole.
    pub(crate) fn of_folder(folder: &Path) -> Self {
        Self { file: folder.into(), line: 0, column: 0 }
    }
}

impl From<&SourcePlace> for Location {
    fn from(place: &SourcePlace) -> Self {
        Self { file: place.file.to_path_buf(), line: place.line, column: place.column }
    }
}

impl From<&Location> for SourcePlace {
    fn from(location: &Location) -> Self {
        Self { file: location.file.as_path().into(), line: location.line, column: location.column }
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something to know; nothing is wrong.
    Info,
    /// Probably not what was meant; the daemon goes on with what the text says it assumes.
    Warning,
    /// A plugin is left out.
    Error,
}

/// Something in the configuration that does not stop the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub location: Option<Location>,
    /// The plugin that it concerns.
    pub plugin: Option<PluginName>,
    /// What it is and what to do, in one sentence or two.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        f.write_str(&self.text)
    }
}

/// Collects problems while a configuration is read.
#[derive(Debug, Default)]
pub(crate) struct ProblemLog {
    pub(crate) entries: Vec<Problem>,
}

impl ProblemLog {
    /// Adds a problem of the whole configuration.
    pub(crate) fn add(&mut self, severity: Severity, place: &SourcePlace, text: String) {
        self.entries.push(Problem { severity, location: Some(place.into()), plugin: None, text });
    }

    /// Adds a problem of one plugin.
    pub(crate) fn add_of_plugin(&mut self, severity: Severity, place: &SourcePlace, plugin: &PluginName, text: String) {
        let plugin = Some(plugin.clone());
        self.entries.push(Problem { severity, location: Some(place.into()), plugin, text });
    }
}
