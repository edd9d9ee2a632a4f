//! Finds a value in JSON.

use std::fmt;

use serde_json::Value as Json;

use crate::parameters::{scalar_text, wrong};

/// Keys and list positions that lead to a value.
#[derive(Clone, Debug)]
pub(crate) struct JsonPath(Vec<String>);

impl JsonPath {
    /// Reads the path that the parameter `name` gives: text with dots, or a list.
    pub(crate) fn of(name: &str, value: &Json) -> Result<Self, String> {
        let steps = match value {
            Json::String(text) if !text.is_empty() => Some(text.split('.').map(str::to_owned).collect()),
            Json::Number(number) => Some(vec![number.to_string()]),
            Json::Array(steps) => steps.iter().map(scalar_text).collect(),
            _ => None,
        };
        steps.map(Self).ok_or_else(|| wrong(name, "a path such as a.0.b", value))
    }

    /// The value at the end of the path.
    pub(crate) fn find<'a>(&self, document: &'a Json) -> Option<&'a Json> {
        self.0.iter().try_fold(document, |place, step| match place {
            Json::Object(members) => members.get(step),
            Json::Array(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        })
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}
