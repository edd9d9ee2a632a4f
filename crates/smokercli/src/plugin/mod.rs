//! A plugin as a daemon's answer shows it.
//!
//! # Layout
//!
//! - `view`: its parsed object: result, messages, components, parameters
//! - `forced_result`: the result of a forced run takes precedence
//! - `odd_json`: JSON that Python writes and no standard allows
//! - `run_facts`: how a run went; `perfdata`: what it measured
//! - `value_text`: values as text

mod forced_result;
pub mod odd_json;
pub mod perfdata;
pub mod run_facts;
pub mod value_text;
pub mod view;

use serde_json::value::RawValue;
use smoker_model::status::Status;

use crate::plugin::odd_json::repaired;
use crate::plugin::view::PluginView;

/// One plugin of one host. The JSON is kept as text and parsed when it is
/// read: the parsed pages of a fleet would take several times the memory.
#[derive(Clone, Debug)]
pub struct Plugin {
    name: String,
    status: Status,
    is_readable: bool,
    json: Box<RawValue>,
}

impl Plugin {
    /// Reads one plugin of a daemon's answer.
    ///
    /// # Errors
    ///
    /// When this is not a plugin; the text says what is missing.
    pub fn parse(json: Box<RawValue>) -> Result<Self, String> {
        let json = if PluginView::parse(&json).is_some() {
            json
        } else {
            RawValue::from_string(repaired(json.get()))
                .map_err(|error| format!("a plugin of the answer is not JSON: {error}"))?
        };
        let view = PluginView::parse(&json).ok_or("a plugin of the answer is not an object")?;
        let name = view.name().ok_or("a plugin of the answer has no name")?.to_owned();
        let (status, is_readable) = (view.status(), view.unreadable().is_none());
        Ok(Self { name, status, is_readable, json })
    }

    /// The name, unique on its host.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The status of the result to show; an unrecognized one is UNKNOWN.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Whether the status, or that there is no result yet, is understood. What is not must never pass for OK.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// Whether the plugin has not run yet, or keeps no result.
    #[must_use]
    pub fn has_no_result(&self) -> bool {
        self.is_readable && self.status == Status::Unknown
    }

    /// The whole object, parsed on each call.
    #[must_use]
    pub fn view(&self) -> PluginView {
        PluginView::parse(&self.json).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_plugin_is_refused() {
        let raw = RawValue::from_string("{}".to_owned()).expect("valid JSON");
        assert_eq!(Plugin::parse(raw).expect_err("no name"), "a plugin of the answer has no name");
    }
}
