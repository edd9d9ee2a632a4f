//! Values of a daemon's JSON as text.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};
use smoker_model::notation::python_text;
use smoker_model::value::Value;

/// A value as the full format prints it: text as it is, scalars as Python
/// writes them, lists and maps as JSON.
#[must_use]
pub fn printed(value: &Json) -> Cow<'_, str> {
    match value {
        Json::String(text) => Cow::Borrowed(text),
        Json::Array(_) | Json::Object(_) => Cow::Owned(value.to_string()),
        scalar => Cow::Owned(python_text::str(&Value::from(scalar.clone()))),
    }
}

/// A member that is there and not null.
#[must_use]
pub fn member<'a>(object: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    object.get(name).filter(|value| !value.is_null())
}

/// How the command of a result ended when that was not well, such as `exit status 3`.
#[must_use]
pub fn ended(result: &Map<String, Json>) -> Option<String> {
    if let Some(signal) = member(result, "signal") {
        return Some(format!("killed by signal {}", printed(signal)));
    }
    let status = member(result, "exitStatus").filter(|status| status.as_i64() != Some(0))?;
    Some(format!("exit status {}", printed(status)))
}

/// A date of the wire as `YYYY-MM-DD HH:MM:SS`; `None` for null.
#[must_use]
pub fn date(json: &Json) -> Option<String> {
    let text = json.as_str()?;
    let whole = text.split_once('.').map_or(text, |(whole, _)| whole);
    let seconds = whole.get(..19).unwrap_or(whole);
    Some(seconds.replacen('T', " ", 1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dates_lose_fraction_and_zone() {
        for text in ["2020-01-01T00:00:01", "2020-01-01T00:00:01.25", "2020-01-01T00:00:01+02:00"] {
            assert_eq!(date(&json!(text)).as_deref(), Some("2020-01-01 00:00:01"));
        }
        assert_eq!(date(&json!(null)), None);
    }
}
