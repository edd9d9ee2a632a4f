//! A value that came from the environment or from a file of its own, and is shown nowhere.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::value::Value;

/// What is shown in place of a secret.
pub const MASK: &str = "***";

/// A text that `!env` or `!file` gave. Whatever prints, logs or serializes it writes [`MASK`]; the one way to the text is
/// [`Secret::expose`], for what a plugin's processes are given.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: Arc<str>,
    source: SecretSource,
}

/// Where a secret comes from, which is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// `!env NAME`
    Environment(String),
    /// `!file PATH`
    File(PathBuf),
}

impl Secret {
    /// A secret with its text.
    #[must_use]
    pub fn new(text: &str, source: SecretSource) -> Self {
        Self { text: text.into(), source }
    }

    /// The text, for what a plugin's processes are given. It must not become part of a message, a log or a page.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> &SecretSource {
        &self.source
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)
    }
}

/// The tag with its argument, as the configuration has it.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "!env {name}"),
            Self::File(path) => write!(f, "!file {}", path.display()),
        }
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

impl Value {
    /// Whether this is a secret of `!env` or `!file`, or has one inside.
    #[must_use]
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Secret(_) => true,
            Self::List(items) => items.iter().any(Self::has_secret),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.has_secret()),
            _ => false,
        }
    }

    /// The value with the texts of its secrets, as a plugin's processes get it.
    #[must_use]
    pub fn exposed(&self) -> Self {
        self.replacing_secrets(&|secret| Self::Text(secret.expose().to_owned()))
    }

    /// The value with a mask as the text of each secret.
    #[must_use]
    pub fn hidden(&self) -> Self {
        self.replacing_secrets(&|_| Self::Text(MASK.to_owned()))
    }

    /// The text of a text value, also of a secret one: see [`Secret::expose`].
    #[must_use]
    pub fn exposed_text(&self) -> Option<&str> {
        match self {
            Self::Secret(secret) => Some(secret.expose()),
            other => other.as_text(),
        }
    }

    /// The value with what `replace` gives for each secret.
    #[must_use]
    pub fn replacing_secrets(&self, replace: &dyn Fn(&Secret) -> Self) -> Self {
        match self {
            Self::Secret(secret) => replace(secret),
            Self::List(items) => Self::List(items.iter().map(|item| item.replacing_secrets(replace)).collect()),
            Self::Map(entries) => {
                let entries = entries.iter().map(|(name, value)| (name.clone(), value.replacing_secrets(replace)));
                Self::Map(entries.collect())
            }
            other => other.clone(),
        }
    }

    /// Gives each secret to `found`.
    pub fn for_each_tagged(&self, found: &mut dyn FnMut(&Secret)) {
        match self {
            Self::Secret(secret) => found(secret),
            Self::List(items) => items.iter().for_each(|item| item.for_each_tagged(found)),
            Self::Map(entries) => entries.iter().for_each(|(_, value)| value.for_each_tagged(found)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::value::python_text;

    use super::*;

    fn secret(text: &str) -> Value {
        Value::Secret(Secret::new(text, SecretSource::Environment("DB_PASSWORD".to_owned())))
    }

    #[test]
    fn nothing_that_shows_a_value_shows_a_secret() {
        let inner = Value::Map(vec![(Value::Text("pw".to_owned()), Value::List(vec![secret("sesame")]))]);
        for value in [secret("sesame"), inner] {
            let shown = [
                format!("{value:?} {value:#?}"),
                python_text::str(&value),
                python_text::repr(&value),
                value.json_name(),
                serde_json::to_string(&value).expect("JSON"),
                format!("{:?}", value.hidden()),
            ];
            for shown in shown {
                assert!(!shown.contains("sesame"), "{shown}");
            }
            assert!(value.has_secret());
            assert!(python_text::str(&value.exposed()).contains("sesame"));
            assert!(value.as_text().is_none() && !value.exposed().has_secret());
        }
        assert!(!secret("sesame").equals_json(&serde_json::json!("sesame")));
        assert!(!secret("***").equals_json(&serde_json::json!("***")));
    }

    #[test]
    fn a_new_text_is_another_value() {
        assert_eq!(secret("a"), secret("a"));
        assert_ne!(secret("a"), secret("b"));
        assert_ne!(secret("a"), Value::Text("a".to_owned()));
    }
}
