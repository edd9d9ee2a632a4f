//! `Parameters`: for which parameters a forced run may be given values.
//!
//! The name was a parameter of the user's own before it meant something: a value that cannot be meant for it leaves the plugin as
//! it is. A pattern that is none, or a default that does not match, is an error: the plugin would take what nobody wanted.

use indexmap::IndexMap;
use smoker_model::run_parameter::{RunParameter, ValueKind};
use smoker_model::suggest;
use smoker_model::value::Value;

use crate::keys::OF_PLUGINS;
use crate::spec::pattern::{matches_whole, whole};
use crate::spec::values::shown::shown;

/// What an entry may have.
const MEMBERS: [&str; 4] = ["Pattern", "Type", "Default", "Secret"];

/// What came of reading the key.
#[derive(Debug, Default)]
pub(crate) struct RunParameters {
    pub(crate) declared: IndexMap<String, RunParameter>,
    pub(crate) defaults: IndexMap<String, Value>,
    /// Why the key is a plain parameter.
    pub(crate) warning: Option<String>,
    /// Why the plugin does not load.
    pub(crate) faults: Vec<String>,
}

/// Reads the key. `configured` has the plugin's own value for a name, which is its default.
pub(crate) fn read<'a>(value: Option<&Value>, configured: impl Fn(&str) -> Option<&'a Value>) -> RunParameters {
    let mut read = RunParameters::default();
    let Some(value) = value else { return read };
    let plain = |reason: String| RunParameters {
        warning: Some(format!("Parameters {reason}; it is a plain parameter and sets nothing")),
        ..RunParameters::default()
    };
    let entries = match value {
        Value::Map(entries) if !entries.is_empty() => entries,
        other => {
            let form = "has to be a mapping such as {host: {Pattern: '[a-z0-9.-]+', Default: db1}}";
            return plain(format!("{form}, not {}", shown(other)));
        }
    };
    for (name, declaration) in entries {
        let Some(name) = name.as_text().filter(|name| !name.is_empty() && !name.contains(['(', ')', '='])) else {
            return plain(format!("has to be a mapping of names, not of {}", shown(name)));
        };
        if OF_PLUGINS.contains(&name) {
            return plain(format!("names {name}, which smokerd acts on and no run changes"));
        }
        let declaration = match Declaration::of(name, declaration) {
            Ok(declaration) => declaration,
            Err(reason) => return plain(reason),
        };
        read.add(name, &declaration, configured(name));
    }
    read
}

impl RunParameters {
    fn add(&mut self, name: &str, declaration: &Declaration<'_>, configured: Option<&Value>) {
        let Declaration { kind, pattern, default, is_secret } = *declaration;
        if let Some(pattern) = pattern
            && let Err(error) = whole(pattern)
        {
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            self.faults.push(format!("Parameters: {name}.Pattern is no regular expression: {reason}"));
            return;
        }
        let parameter = RunParameter { kind, pattern: pattern.map(str::to_owned), is_secret };
        if is_secret && default.is_some_and(|default| !default.has_secret()) {
            self.faults.push(format!("Parameters: {name}.Default is secret: write it with !file or !env"));
            return;
        }
        // What the plugin itself has is its own business, and no client's.
        if let (Some(default), None) = (default, configured) {
            let json = serde_json::to_value(default.exposed()).unwrap_or_default();
            match parameter.read(&json, matches_whole) {
                Ok(read) => {
                    let kept = if default.has_secret() { default.clone() } else { read };
                    self.defaults.insert(name.to_owned(), kept);
                }
                Err(reason) => self.faults.push(format!("Parameters: {name}.Default {reason}")),
            }
        }
        self.declared.insert(name.to_owned(), parameter);
    }
}

struct Declaration<'a> {
    kind: ValueKind,
    pattern: Option<&'a str>,
    default: Option<&'a Value>,
    is_secret: bool,
}

impl<'a> Declaration<'a> {
    fn of(name: &str, value: &'a Value) -> Result<Self, String> {
        let Value::Map(members) = value else {
            return Err(format!("has to give {name} a mapping with Pattern or Type, not {}", shown(value)));
        };
        if let Some((other, _)) =
            members.iter().find(|(key, _)| !key.as_text().is_some_and(|key| MEMBERS.contains(&key)))
        {
            let near = other.as_text().and_then(|other| suggest::near(other, &MEMBERS));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(format!("gives {name} {}, which is none of {}{near}", shown(other), MEMBERS.join(", ")));
        }
        let member = |wanted: &str| members.iter().find(|(key, _)| key.as_text() == Some(wanted)).map(|(_, it)| it);
        let kind = match member("Type") {
            None => ValueKind::Text,
            Some(kind) => {
                let found = ValueKind::ALL.into_iter().find(|(_, known)| kind.as_text() == Some(known));
                found.map(|(kind, _)| kind).ok_or_else(|| {
                    let names = ValueKind::ALL.map(|(_, name)| name).join(", ");
                    format!("gives {name} the Type {}, which is none of {names}", shown(kind))
                })?
            }
        };
        let pattern = match member("Pattern") {
            None => None,
            Some(Value::Text(pattern)) => Some(pattern.as_str()),
            Some(other) => return Err(format!("gives {name} a Pattern that is {}: quote it", shown(other))),
        };
        if pattern.is_none() && kind == ValueKind::Text {
            return Err(format!("gives {name} neither a Pattern nor a Type such as integer"));
        }
        let is_secret = match member("Secret") {
            None => false,
            Some(Value::Bool(is_secret)) => *is_secret,
            Some(other) => {
                return Err(format!("gives {name} a Secret that is neither true nor false, {}", shown(other)));
            }
        };
        let default = member("Default").filter(|default| **default != Value::Null);
        Ok(Self { kind, pattern, default, is_secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foreign;

    fn parsed(text: &str, own: Option<&Value>) -> RunParameters {
        let value = foreign::read(std::path::Path::new("x"), text).expect("YAML");
        read(Some(&value), |_| own)
    }

    #[test]
    fn names_have_a_type_a_pattern_and_a_default() {
        let found = parsed("{host: {Pattern: 'db[0-9]+', Default: db0}, port: {Type: integer, Default: 80}}", None);
        assert_eq!((found.warning, found.faults.len(), found.declared.len()), (None, 0, 2));
        assert_eq!(found.defaults["host"], Value::Text("db0".to_owned()));
        assert_eq!(found.defaults["port"], Value::Int(80));
        // The plugin's own value is the default, and needs not match.
        let own = Value::Text("localhost".to_owned());
        assert!(parsed("{host: {Pattern: 'db[0-9]+', Default: db0}}", Some(&own)).defaults.is_empty());
    }

    #[test]
    fn what_cannot_be_meant_is_a_plain_parameter() {
        for text in [
            "[a, b]",
            "a",
            "{}",
            "{host: db1}",
            "{host: {}}",
            "{host: {Default: db1}}",
            "{host: {Patern: x}}",
            "{host: {Type: word}}",
            "{Command: {Pattern: x}}",
            "{1: {Pattern: x}}",
            "{host: {Pattern: 5}}",
            "{host: {Pattern: x, Secret: maybe}}",
        ] {
            let found = parsed(text, None);
            assert!(found.warning.is_some() && found.declared.is_empty() && found.faults.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_pattern_that_is_none_and_a_default_that_does_not_match_are_errors() {
        for text in [
            "{host: {Pattern: '('}}",
            "{host: {Pattern: 'db[0-9]', Default: db12}}",
            "{n: {Type: integer, Default: x}}",
            "{pin: {Pattern: '.*', Secret: true, Default: x}}",
        ] {
            assert_eq!(parsed(text, None).faults.len(), 1, "{text}");
        }
        assert!(matches_whole("a|b", "b") && !matches_whole("a|b", "ab") && !matches_whole("a", "a\n"));
    }
}
