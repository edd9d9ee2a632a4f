//! Collects findings. Plugins share templates and actions, so one place is reported once.

use std::collections::HashSet;

use smoker_model::plugin::PluginName;

use crate::problem::{Location, Problem, Severity, SourcePlace};

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    problems: Vec<Problem>,
    seen: HashSet<(String, &'static str)>,
}

impl Findings {
    /// Adds a warning of a plugin. `kind` is what makes two of the same place one.
    pub(crate) fn of_plugin(&mut self, name: &str, place: &SourcePlace, kind: &'static str, text: &str) {
        self.add(Some(name.into()), place, kind, format!("Plugin {name}: {text}"));
    }

    /// Adds a warning of something else, whose text names it.
    pub(crate) fn of_place(&mut self, place: &SourcePlace, kind: &'static str, text: String) {
        self.add(None, place, kind, text);
    }

    fn add(&mut self, plugin: Option<PluginName>, place: &SourcePlace, kind: &'static str, text: String) {
        let location = Location::from(place);
        if self.seen.insert((location.to_string(), kind)) {
            self.problems.push(Problem { severity: Severity::Warning, location: Some(location), plugin, text });
        }
    }

    /// All of them.
    pub(crate) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}
