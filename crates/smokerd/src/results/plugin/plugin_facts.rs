//! What limits of identities look at in a plugin.

use std::borrow::Cow;

use smoker_model::notation::python_text;
use smoker_model::plugin::PluginSpec;
use smoker_model::value::Value;
use smoker_trust::access::grant::Grant;
use smoker_trust::access::scope::OPTIONS;
use smoker_trust::failure::Failure;

/// Name and parameters of a plugin that an identity may be limited to.
#[derive(Clone, Debug, Default)]
pub(crate) struct PluginFacts {
    name: String,
    parameters: Vec<(&'static str, String)>,
}

impl PluginFacts {
    /// Those of a plugin.
    pub(crate) fn of(spec: &PluginSpec) -> Self {
        let text = |value: &Value| match value {
            Value::Text(text) => text.clone(),
            other => python_text::str(other),
        };
        let parameter = |(_, key): &(&str, &'static str)| {
            let value = spec.parameters.get(*key).filter(|value| **value != Value::Null)?;
            Some((*key, text(value)))
        };
        Self { name: spec.name.to_string(), parameters: OPTIONS.iter().skip(1).filter_map(parameter).collect() }
    }

    /// The plugin's name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A parameter that limits look at, as a text.
    pub(crate) fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| *known == key).map(|(_, text)| text.as_str())
    }

    /// Whether an identity with these limits may have the plugin.
    ///
    /// # Errors
    ///
    /// When it may not.
    pub(crate) fn check(&self, limits: Option<&Grant>) -> Result<(), Failure> {
        let Some(limits) = limits else { return Ok(()) };
        limits.require_plugin(&self.name, |wanted| self.parameter(wanted).map(Cow::Borrowed))
    }
}
