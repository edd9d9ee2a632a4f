//! Limits of `Warn` that never show, since all that they hold for is an ERROR already.

use serde_json::Value as Json;

use crate::measure::thresholds;
use crate::parsers::json::warn_without_effect;
use crate::spec::{ParameterType, Spec};

/// Pairs of counts from which on something is a WARN and an ERROR.
const COUNTS: [(&str, &str); 1] = [("HealWarn", "HealError")];

/// The parameters with such a limit, each with the reason. What cannot be read has a fault of its own.
pub(crate) fn find<'a>(spec: &Spec, given: impl Fn(&str) -> Option<&'a Json>) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for parameter in spec.parameters {
        match parameter.accepts {
            ParameterType::Thresholds(measures) if parameter.name == "Warn" => {
                let read = |name: &str| given(name).and_then(|value| thresholds::read(name, value, measures).ok());
                let (Some(warn), Some(error)) = (read("Warn"), read("Error")) else { continue };
                let names = thresholds::without_effect(&warn, &error, measures);
                found.extend(names.into_iter().map(|name| ("Warn", reason(&format!("Warn of {name}"), "Error"))));
            }
            _ if parameter.name == "JsonValues" => {
                let names = given("JsonValues").map(warn_without_effect).unwrap_or_default();
                let of_name = |name: String| {
                    let (warn, error) = (format!("JsonValues.{name}.Warn"), format!("JsonValues.{name}.Error"));
                    ("JsonValues", reason(&warn, &error))
                };
                found.extend(names.into_iter().map(of_name));
            }
            _ => {}
        }
    }
    for (warn, error) in COUNTS {
        let count = |name: &str| given(name).and_then(Json::as_u64);
        if count(warn).zip(count(error)).is_some_and(|(warn, error)| warn >= error) {
            found.push((warn, reason(warn, error)));
        }
    }
    found
}

fn reason(warn: &str, error: &str) -> String {
    format!(
        "{warn} never shows: all that it holds for is an ERROR already, by {error}. Write a limit that is reached before that one, or remove it"
    )
}
