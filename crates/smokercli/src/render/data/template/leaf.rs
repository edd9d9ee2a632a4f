//! The leaves of a template: which values a row remembers, and on what condition.

use regex::Regex;
use serde_json::Value as Json;

use crate::plugin::value_text::{date, printed};
use crate::render::data::template::fields::RowFields;

/// `$Name`, with an optional condition.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    field: String,
    condition: Option<Condition>,
}

#[derive(Clone, Debug)]
struct Condition {
    regex: Regex,
    /// Whether the value has to match, or must not.
    wanted: bool,
}

impl Leaf {
    /// Reads `$Name`, `$Name /regex/` or `$Name -/regex/`.
    ///
    /// # Errors
    ///
    /// Why the text is none of these.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let invalid = || format!("`{text}` in the tree is not $Name, $Name /regex/ or $Name -/regex/");
        let (field, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let field = field.strip_prefix('$').ok_or_else(invalid)?.to_owned();
        let rest = rest.trim();
        if rest.is_empty() {
            return Ok(Self { field, condition: None });
        }
        let (wanted, pattern) = match rest.strip_prefix('-') {
            Some(pattern) => (false, pattern),
            None => (true, rest),
        };
        let pattern = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).ok_or_else(invalid)?;
        let regex = Regex::new(&format!("^(?:{pattern})")).map_err(|error| format!("`{text}`: {error}"))?;
        Ok(Self { field, condition: Some(Condition { regex, wanted }) })
    }

    /// Remembers the value as a field. Returns whether it fulfils the condition.
    pub(super) fn take(&self, key: &str, value: &Json, fields: &mut RowFields) -> bool {
        let text = leaf_text(key, value);
        let fulfilled = self
            .condition
            .as_ref()
            .is_none_or(|condition| condition.regex.is_match(text.as_deref().unwrap_or_default()) == condition.wanted);
        if let Some(text) = text {
            fields.insert(self.field.clone(), text);
        }
        fulfilled
    }
}

/// A value as a field shows it: the items of a list are lines. Null and the empty list are no value.
fn leaf_text(key: &str, value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::Array(items) if items.is_empty() => None,
        Json::Array(items) => Some(items.iter().map(printed).collect::<Vec<_>>().join("\n")),
        value if matches!(key, "lastRun" | "nextRun") => date(value),
        value => Some(printed(value).into_owned()),
    }
}
