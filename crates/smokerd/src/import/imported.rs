//! What a converter makes of a file.

use std::path::{Path, PathBuf};

use smoker_model::value::Value;

/// A plugin with its parameters in the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ImportedPlugin {
    pub(crate) name: String,
    pub(crate) parameters: Vec<(String, Value)>,
    /// Where it comes from.
    pub(crate) origin: String,
}

impl ImportedPlugin {
    /// Without parameters yet.
    pub(crate) fn new(name: &str, path: &Path, line: usize) -> Self {
        Self { name: name.to_owned(), parameters: Vec::new(), origin: format!("{}:{line}", path.display()) }
    }

    /// Adds a parameter, or replaces it.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        match self.parameters.iter_mut().find(|(its, _)| its == name) {
            Some((_, old)) => *old = value,
            None => self.parameters.push((name.to_owned(), value)),
        }
    }

    /// Adds a text.
    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.set(name, Value::Text(text.to_owned()));
    }

    /// Adds a command for `/bin/sh -c`: a percent sign has a meaning in it.
    pub(crate) fn command(&mut self, line: &str) {
        self.text("Command", &line.replace('%', "%%"));
    }
}

/// Something that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Untaken {
    pub(crate) path: PathBuf,
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) reason: String,
}

/// What became of all files.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Imported {
    pub(crate) plugins: Vec<ImportedPlugin>,
    pub(crate) untaken: Vec<Untaken>,
    /// What else to do.
    pub(crate) notes: Vec<String>,
}

impl Imported {
    /// Lists something that was not taken.
    pub(crate) fn leave(&mut self, path: &Path, line: usize, text: &str, reason: &str) {
        let (path, text) = (path.to_owned(), text.trim().to_owned());
        self.untaken.push(Untaken { path, line, text, reason: reason.to_owned() });
    }

    /// Says once what else to do.
    pub(crate) fn note(&mut self, text: &str) {
        if !self.notes.iter().any(|note| note == text) {
            self.notes.push(text.to_owned());
        }
    }

    /// Adds a plugin; one of the same name gives way, as its tool has it, and is listed.
    pub(crate) fn add(&mut self, plugin: ImportedPlugin, path: &Path) {
        if let Some(at) = self.plugins.iter().position(|earlier| earlier.name == plugin.name) {
            let earlier = self.plugins.remove(at);
            let line = earlier.origin.rsplit(':').next().and_then(|line| line.parse().ok()).unwrap_or(0);
            self.leave(path, line, &earlier.name, "it is defined again below, which counts");
        }
        self.plugins.push(plugin);
    }
}
