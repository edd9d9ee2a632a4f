//! Values that a client gives for the parameters of one run.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value as Json;
use smoker_config::spec::pattern::matches_whole;
use smoker_model::notation::python_text;
use smoker_model::plugin::{Parameters, PluginSpec};
use smoker_model::secrets::mask::is_masked;
use smoker_model::suggest;
use smoker_model::value::secret::MASK;

/// How many characters of a value logs show.
const SHOWN: usize = 100;

/// The values, read by what the plugin declares (`Parameters`); none where none are given. The error says what is wrong with
/// one.
pub(crate) fn read(spec: &PluginSpec, given: &[(String, Json)]) -> Result<Option<Arc<Parameters>>, String> {
    if given.is_empty() {
        return Ok(None);
    }
    let value = |(name, value): &(String, Json)| {
        let Some(parameter) = spec.run_parameters.get(name) else { return Err(unknown(spec, name)) };
        let read = parameter.read(value, matches_whole);
        let read = read.map_err(|reason| format!("Plugin {}: {name} {reason}", spec.name))?;
        Ok((name.clone(), read))
    };
    given.iter().map(value).collect::<Result<Parameters, _>>().map(|values| Some(Arc::new(values)))
}

/// The values as logs show them. A name that is secret for one plugin is secret.
pub(crate) fn shown(of_plugins: &[Option<Arc<Parameters>>]) -> String {
    let is_secret = |name: &String| {
        of_plugins.iter().flatten().any(|values| values.get(name).is_some_and(|value| is_masked(name, value)))
    };
    let first = of_plugins.iter().flatten().next();
    first.into_iter().flat_map(|values| values.iter()).fold(String::new(), |mut text, (name, value)| {
        let value = if is_secret(name) { MASK.to_owned() } else { python_text::repr(value) };
        let separator = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{separator}{name}={}", value.chars().take(SHOWN).collect::<String>());
        text
    })
}

fn unknown(spec: &PluginSpec, name: &str) -> String {
    let known: Vec<_> = spec.run_parameters.keys().map(String::as_str).collect();
    let next = match (suggest::near(name, &known), known.is_empty()) {
        (Some(near), _) => format!("; did you mean {near}?"),
        (None, true) => "; its key Parameters says for which it does, and it has none".to_owned(),
        (None, false) => format!("; it takes some for {}", known.join(", ")),
    };
    format!("Plugin {} takes no value for {name}{next}", spec.name)
}

/// Why a run cannot take place: a parameter has no value.
pub(crate) fn missing(name: &str) -> String {
    format!(
        "the parameter {name} has no value: it has no Default, so the plugin runs only on request with one \
         (smokercli --param {name}=VALUE)"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use smoker_model::value::Value;

    use super::*;

    fn spec() -> PluginSpec {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = "templates: {BasePlugin: {}}\nplugins: {a: {Command: 'echo %(host)s', Parameters: \
                    {host: {Pattern: 'db[0-9]+', Default: db0}, pin: {Pattern: '[0-9]+', Secret: true}, n: {Type: integer}}}}\n";
        std::fs::write(file.path(), text).expect("writable");
        smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0)
    }

    #[test]
    fn values_are_typed_matched_as_a_whole_and_shown_without_secrets() {
        let given = |name: &str, value: Json| read(&spec(), &[(name.to_owned(), value)]);
        let reason = |name: &str, value: Json| given(name, value).expect_err("refused");
        assert_eq!(read(&spec(), &[]), Ok(None));
        assert_eq!(shown(&[None, given("host", json!("db12")).expect("a value")]), "host='db12'");
        assert_eq!(shown(&[given("pin", json!("1234")).expect("a value")]), "pin=***");
        assert_eq!(given("n", json!("5")).expect("a value").expect("values")["n"], Value::Int(5));
        assert!(reason("host", json!("db1;reboot")).contains("Plugin a: host has to be text and match db[0-9]+"));
        assert!(reason("host", json!("db1\n")).contains("match"));
        assert!(reason("Host", json!("db1")).contains("did you mean host?"));
        assert!(
            reason("Command", json!("reboot")).contains("takes no value for Command; it takes some for host, pin, n")
        );
        assert!(!reason("pin", json!("sesame")).contains("sesame"));
    }
}
