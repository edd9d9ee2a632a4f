//! A built-in's parameters, read with messages that name the wrong one.

use regex::RegexSet;
use serde_json::{Map, Value as Json};
use smoker_model::notation::python_text;
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::time::duration;
use smoker_model::value::Value;

use crate::unit::Unit;

/// The parameters of a run. An action's own take precedence over its plugin's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameters<'a> {
    action: Option<&'a Map<String, Json>>,
    plugin: Option<&'a Map<String, Json>>,
}

impl<'a> Parameters<'a> {
    /// The parameters that a request brings.
    pub(crate) fn of(request: &'a ModuleRequest) -> Self {
        let action = request.parameters.get("Action").and_then(Json::as_object);
        Self { action: action.filter(|_| request.kind == ModuleKind::Action), plugin: Some(&request.parameters) }
    }

    /// Those of an action alone, without its plugin's.
    pub(crate) fn of_action(request: &'a ModuleRequest) -> Self {
        Self { action: request.parameters.get("Action").and_then(Json::as_object), plugin: None }
    }

    /// The value of a parameter; null counts as absent.
    pub(crate) fn get(self, name: &str) -> Option<&'a Json> {
        let set = |layer: &'a Map<String, Json>| layer.get(name).filter(|value| !value.is_null());
        self.action.and_then(set).or_else(|| self.plugin.and_then(set))
    }

    /// Whether the parameter is set to null, which some built-ins tell from an absent one.
    pub(crate) fn is_null(self, name: &str) -> bool {
        self.plugin.and_then(|plugin| plugin.get(name)).is_some_and(Json::is_null)
    }

    /// A text; numbers are taken as they are written, since YAML reads `8080` as one.
    pub(crate) fn text(self, name: &str) -> Result<Option<String>, String> {
        self.get(name).map(|value| scalar_text(value).ok_or_else(|| wrong(name, "text", value))).transpose()
    }

    /// Several texts: a list of them, or one alone.
    pub(crate) fn texts(self, name: &str) -> Result<Option<Vec<String>>, String> {
        self.get(name).map(|value| texts_of(name, value)).transpose()
    }

    /// What a check looks at: texts under either name, at least one; none when neither is set.
    pub(crate) fn targets(self, several: &str, one: &str) -> Result<Option<Vec<String>>, String> {
        let mut found = Vec::new();
        for name in [several, one] {
            if let Some(value) = self.get(name) {
                found.extend(targets_of(name, value)?);
            }
        }
        Ok((!found.is_empty()).then_some(found))
    }

    /// As [`Self::targets`], where there have to be some.
    pub(crate) fn required_targets(self, several: &str, one: &str) -> Result<Vec<String>, String> {
        let found = self.targets(several, one)?;
        found.ok_or_else(|| format!("one of the parameters {several}, {one} is required: set it"))
    }

    /// A time in seconds, as number or with a unit; above zero.
    pub(crate) fn seconds(self, name: &str) -> Result<Option<f64>, String> {
        self.get(name).map(|value| seconds_of(name, value)).transpose()
    }

    /// A boolean; none when absent.
    pub(crate) fn choice(self, name: &str) -> Result<Option<bool>, String> {
        self.get(name).map(|value| value.as_bool().ok_or_else(|| wrong(name, "true or false", value))).transpose()
    }

    /// A boolean; `false` when absent.
    pub(crate) fn flag(self, name: &str) -> Result<bool, String> {
        match self.get(name) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or_else(|| wrong(name, "true or false", value)),
        }
    }

    /// A whole number from 0 on.
    pub(crate) fn count(self, name: &str) -> Result<Option<u64>, String> {
        self.get(name).map(|value| value.as_u64().ok_or_else(|| wrong(name, WHOLE_NUMBER, value))).transpose()
    }

    /// A TCP port, as number or text; `default` when absent.
    pub(crate) fn port(self, name: &str, default: u16) -> Result<u16, String> {
        match self.get(name) {
            None => Ok(default),
            Some(value) => port_of(value).ok_or_else(|| wrong(name, "a port from 1 to 65535", value)),
        }
    }
}

/// Several texts: a list of them, or one alone.
pub(crate) fn texts_of(name: &str, value: &Json) -> Result<Vec<String>, String> {
    let texts = match value {
        Json::Array(items) => items.iter().map(scalar_text).collect(),
        single => scalar_text(single).map(|text| vec![text]),
    };
    texts.ok_or_else(|| wrong(name, "a list of texts", value))
}

/// What is looked at: a text, or a list of at least one, none of them empty.
pub(crate) fn targets_of(name: &str, value: &Json) -> Result<Vec<String>, String> {
    let texts = texts_of(name, value)?;
    if texts.is_empty() || texts.iter().any(String::is_empty) {
        return Err(wrong(name, "a text or a list of at least one", value));
    }
    Ok(texts)
}

/// A time in seconds, as number or with a unit; above zero.
pub(crate) fn seconds_of(name: &str, value: &Json) -> Result<f64, String> {
    let seconds = scalar_text(value).and_then(|text| Unit::Seconds.read(&text)).filter(|seconds| *seconds > 0.0);
    seconds.ok_or_else(|| wrong(name, duration::FORMS, value))
}

/// A port from 1 to 65535, as number or as text.
pub(crate) fn port_of(value: &Json) -> Option<u16> {
    scalar_text(value)?.parse().ok().filter(|port| *port > 0)
}

/// Regular expressions that match anywhere in a text.
pub(crate) fn pattern_set(name: &str, patterns: &[String]) -> Result<RegexSet, String> {
    // An empty one fits every line: what it came from, such as a variable, was empty.
    if patterns.iter().any(String::is_empty) {
        return Err(format!(
            "{name} has an empty pattern, which every line matches: remove it, or write .* for any line"
        ));
    }
    RegexSet::new(patterns).map_err(|error| wrong_pattern(name, &error))
}

/// What a parameter that counts something has to be.
pub(crate) const WHOLE_NUMBER: &str = "a whole number from 0 up";

/// What is wrong with a parameter, in the words of every built-in.
pub(crate) fn wrong(name: &str, wanted: &str, found: &Json) -> String {
    let found = python_text::repr(&Value::from(found.clone()));
    let shown: String = found.chars().take(80).collect();
    format!("{name} has to be {wanted}, not {shown}: correct it in the configuration")
}

/// What is wrong with a regular expression, on one line: the library draws it
/// over several, with the reason in the last.
fn wrong_pattern(name: &str, error: &regex::Error) -> String {
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default();
    format!("{name} is no regular expression: {}", reason.strip_prefix("error: ").unwrap_or(reason))
}

/// The text of a text or number.
pub(crate) fn scalar_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
