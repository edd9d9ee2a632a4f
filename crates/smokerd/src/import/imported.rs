//! What a converter makes of a file.

use std::path::{Path, PathBuf};

use smoker_model::value::Value;

/// A plugin with its parameters in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ImportedPlugin {
    pub(super) name: String,
    pub(super) parameters: Vec<(String, Value)>,
    /// Where it comes from.
    pub(super) origin: String,
}

impl ImportedPlugin {
    /// Without parameters yet.
    pub(super) fn new(name: &str, path: &Path, line: usize) -> Self {
        Self { name: name.to_owned(), parameters: Vec::new(), origin: format!("{}:{line}", path.display()) }
    }

    /// Adds a parameter, or replaces it.
    pub(super) fn set(&mut self, name: &str, value: Value) {
        match self.parameters.iter_mut().find(|(its, _)| its == name) {
            Some((_, old)) => *old = value,
            None => self.parameters.push((name.to_owned(), value)),
        }
    }

    /// Adds a text.
    pub(super) fn text(&mut self, name: &str, text: &str) {
        self.set(name, Value::Text(text.to_owned()));
    }

    /// Adds a command for `/bin/sh -c`: a percent sign has a meaning in it.
    pub(super) fn command(&mut self, line: &str) {
        self.text("Command", &line.replace('%', "%%"));
    }
}

/// Something that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Untaken {
    pub(super) path: PathBuf,
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) reason: String,
}

/// What became of all files.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Imported {
    pub(super) plugins: Vec<ImportedPlugin>,
    pub(super) untaken: Vec<Untaken>,
    /// What else to do.
    pub(super) notes: Vec<String>,
}

impl Imported {
    /// Lists something that was not taken.
    pub(super) fn leave(&mut self, path: &Path, line: usize, text: &str, reason: &str) {
        let (path, text) = (path.to_owned(), text.trim().to_owned());
        self.untaken.push(Untaken { path, line, text, reason: reason.to_owned() });
    }

    /// Adds a plugin; one of the same name gives way, as its tool has it, and is listed.
    pub(super) fn add(&mut self, plugin: ImportedPlugin, path: &Path) {
        if let Some(at) = self.plugins.iter().position(|earlier| earlier.name == plugin.name) {
            let earlier = self.plugins.remove(at);
            let line = earlier.origin.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or(0);
            self.leave(path, line, &earlier.name, "it is defined again below, which counts");
        }
        self.plugins.push(plugin);
    }
}
