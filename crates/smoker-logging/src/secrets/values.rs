//! What is secret in the parameters of plugins.

use std::collections::BTreeSet;
use std::fmt;

use smoker_model::notation::python_text;
use smoker_model::plugin::PluginSpec;
use smoker_model::secrets::mask::{self, SHORTEST};
use smoker_model::secrets::secret_name;
use smoker_model::value::Value;
use smoker_model::value::secret::Secret;

/// All values that are to be hidden: those of the plugins, and those of the daemon's own `settings`.
pub fn of<'a>(plugins: impl IntoIterator<Item = &'a PluginSpec>, settings: &[Secret]) -> BTreeSet<String> {
    let mut found = Found::default();
    for secret in settings {
        found.keep("a setting", secret.expose());
    }
    for plugin in plugins {
        found.look_at(plugin);
    }
    found.secrets
}

/// A parameter whose value is too short to be hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortSecret {
    /// Its name, or that of a value inside of it.
    pub parameter: String,
}

impl fmt::Display for ShortSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.parameter;
        write!(f, "the value of '{name}' is shorter than {SHORTEST} characters, so it is not hidden in the log")
    }
}

/// The parameters of a plugin whose values are too short to be hidden.
#[must_use]
pub fn too_short(plugin: &PluginSpec) -> Vec<ShortSecret> {
    let mut found = Found::default();
    found.look_at(plugin);
    found.too_short.into_iter().map(|parameter| ShortSecret { parameter }).collect()
}

#[derive(Default)]
struct Found {
    secrets: BTreeSet<String>,
    /// The names of values that are too short.
    too_short: BTreeSet<String>,
}

impl Found {
    /// The parameters of a plugin, and those of all its actions: those of `Actions` and `Escalate` are no parameters of its own.
    fn look_at(&mut self, plugin: &PluginSpec) {
        for (name, value) in &plugin.parameters {
            self.look(name, value);
        }
        for action in &plugin.actions {
            self.look("Action", &action.parameters);
        }
    }

    fn look(&mut self, name: &str, value: &Value) {
        mask::for_each_secret(name, value, |name, secret| {
            if matches!(secret, Value::Bool(_)) {
                return;
            }
            let text = python_text::str(&secret.exposed());
            // A header that is as short, and that nothing says is secret, is none.
            let is_harmless = !matches!(secret, Value::Secret(_)) && !secret_name::is_secret(name);
            if !is_harmless || text.trim().chars().count() >= SHORTEST {
                self.keep(name, &text);
            }
        });
        self.look_in_urls(name, value);
    }

    fn look_in_urls(&mut self, name: &str, value: &Value) {
        match value {
            Value::Map(entries) => entries.iter().for_each(|(_, value)| self.look_in_urls(name, value)),
            Value::List(items) => items.iter().for_each(|item| self.look_in_urls(name, item)),
            Value::Text(text) => mask::url_passwords(text).for_each(|place| self.keep(name, &text[place])),
            _ => {}
        }
    }

    /// Text is also hidden line by line, since that is how messages and what
    /// modules print are logged.
    fn keep(&mut self, name: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if text.chars().count() < SHORTEST {
            self.too_short.insert(name.to_owned());
            return;
        }
        self.secrets.insert(text.to_owned());
        let lines = text.lines().map(str::trim).filter(|line| line.chars().count() >= SHORTEST);
        self.secrets.extend(lines.map(str::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use smoker_model::value::secret::SecretSource;

    use super::*;

    fn found(name: &str, value: impl Into<Value>) -> Found {
        let mut found = Found::default();
        found.look(name, &value.into());
        found
    }

    #[test]
    fn secrets_are_found_at_any_depth() {
        let value = json!([
            {"host": "db.example.org", "password": "sesame"},
            {"credentials": {"user": "scott", "value": "tiger"}},
        ]);
        let found = found("Databases", value).secrets;
        assert_eq!(found.iter().collect::<Vec<_>>(), ["sesame", "tiger"]);
        let numbers = json!([123_456, true, null]);
        assert_eq!(self::found("Tokens", numbers).secrets.iter().collect::<Vec<_>>(), ["123456"]);
    }

    #[test]
    fn what_a_tag_gave_is_found_whatever_its_name() {
        let secret = |text: &str| Secret::new(text, SecretSource::Environment("X".to_owned()));
        let found = found("Label", Value::List(vec![Value::Secret(secret("sesame"))])).secrets;
        assert_eq!(found.iter().collect::<Vec<_>>(), ["sesame"]);
        let no_plugins: [&PluginSpec; 0] = [];
        assert_eq!(of(no_plugins, &[secret("10.0.0.1")]).iter().collect::<Vec<_>>(), ["10.0.0.1"]);
    }

    #[test]
    fn passwords_of_urls_are_found() {
        let found = found("Command", json!("curl https://bob:sesame@a/ ftp://eve:open@b http://c:80/"));
        assert_eq!(found.secrets.iter().collect::<Vec<_>>(), ["open", "sesame"]);
    }

    #[test]
    fn a_short_value_is_reported_and_not_hidden() {
        let short = found("Password", json!(" abc "));
        assert!(short.secrets.is_empty() && short.too_short.contains("Password"));
        assert!(found("Password", json!("")).too_short.is_empty());
    }

    #[test]
    fn each_line_of_a_secret_is_one() {
        let found = found("PrivateKey", json!("-----BEGIN\nabcdef\n}\n-----END\n")).secrets;
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found.contains("abcdef") && !found.contains("}"));
    }
}
