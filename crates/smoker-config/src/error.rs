//! The one error that ends the loading of a configuration.

use std::error::Error;
use std::fmt;

use smoker_model::plugin::PluginSpec;

use crate::problem::{Location, Problem, SourcePlace};

/// Why there is no configuration. Its text names file, line and key, has
/// several lines where that helps (an include and the file that includes it,
/// two settings that are both wrong), and is complete: it has no source.
///
/// All other problems, left-out plugins above all, are in [`ConfigError::problems`].
#[derive(Clone, Debug, PartialEq)]
pub struct ConfigError {
    faults: Vec<Fault>,
    problems: Vec<Problem>,
    understood: Vec<PluginSpec>,
}

impl ConfigError {
    pub(crate) fn new(faults: Vec<Fault>, problems: Vec<Problem>) -> Self {
        Self { faults, problems, understood: Vec::new() }
    }

    pub(crate) fn with_understood(self, understood: Vec<PluginSpec>) -> Self {
        Self { understood, ..self }
    }

    /// The plugins as far as they can be understood, for a search for more that is wrong with them. None of them
    /// may be run.
    #[must_use]
    pub fn understood(&self) -> &[PluginSpec] {
        &self.understood
    }

    /// Each thing that ends the loading: its place, and the whole text for people.
    pub fn faults(&self) -> impl Iterator<Item = (Option<&Location>, &str)> {
        self.faults.iter().map(|fault| (fault.location.as_ref(), fault.text.as_str()))
    }

    /// Everything else that was found before the loading ended, in the order of the file.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The place of the first fault, where it has one.
    #[must_use]
    pub fn location(&self) -> Option<&Location> {
        self.faults.first().and_then(|fault| fault.location.as_ref())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.faults.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&fault.text)?;
        }
        Ok(())
    }
}

impl Error for ConfigError {}

/// One thing that ends the loading.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    /// Where it is, for programs; the text names it too.
    pub(crate) location: Option<Location>,
    /// The whole text for people.
    pub(crate) text: String,
}

impl Fault {
    /// A fault with its place in front of the text.
    pub(crate) fn at(place: &SourcePlace, text: &str) -> Self {
        let location = Location::from(place);
        Self { text: format!("{location}: {text}"), location: Some(location) }
    }

    /// A fault without a place in a file.
    pub(crate) fn bare(text: impl Into<String>) -> Self {
        Self { location: None, text: text.into() }
    }

    /// Puts words in front of the text.
    pub(crate) fn led_by(mut self, lead: &str) -> Self {
        self.text.insert_str(0, lead);
        self
    }
}

impl Fault {
    /// The text as one line, without the place and what comes before it.
    pub(crate) fn reason(&self) -> String {
        let place = self.location.as_ref().map(|location| format!("{location}: "));
        let first = self.text.lines().next().unwrap_or_default();
        let behind = place.and_then(|place| first.find(&place).map(|at| at + place.len()));
        let lines: Vec<_> = self.text[behind.unwrap_or_default()..].lines().map(str::trim).collect();
        lines.join(": ")
    }
}

impl From<Fault> for Vec<Fault> {
    fn from(fault: Fault) -> Self {
        vec![fault]
    }
}
