//! What a fleet needs to know of each plugin, read without making a value of all that it holds: most of the work of a large fleet is this.
//!
//! Only what is as daemons write it is read here. What is odd in any way is left to [`PluginView`](crate::plugin::view::PluginView), which has the
//! last word on all plugins.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use smoker_model::status::Status;

use crate::plugin::view::ShownResult;

/// How many brackets a text may open: a value of more than 128 levels cannot be made, and is broken for the view.
const MAX_BRACKETS: usize = 100;

/// A plugin whose result, if it has one, has a known status.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct PlainPlugin {
    pub(super) name: String,
    /// UNKNOWN without a result.
    pub(super) status: Status,
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default, borrow, rename = "lastResult")]
    last: Option<&'a RawValue>,
    #[serde(default, borrow, rename = "forcedResult")]
    forced: Option<&'a RawValue>,
    /// Its result does not count then.
    #[serde(default)]
    skipped: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct ResultMembers<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
}

impl PlainPlugin {
    /// Reads valid JSON; `None` for what is odd.
    pub(super) fn read(json: &str, shown: ShownResult) -> Option<Self> {
        // What is passed over is not looked at: an escape may be half a character, which no text can have.
        let is_odd = json.contains("\\u") || json.bytes().filter(|byte| b"{[".contains(byte)).count() > MAX_BRACKETS;
        let members: Members<'_> = if is_odd { None } else { object(json) }?;
        let result = match shown {
            _ if members.skipped.is_some() => return None,
            ShownResult::Last => members.last,
            ShownResult::Forced => members.forced,
        };
        let status = match result {
            Some(result) => Status::of_result(&object::<ResultMembers<'_>>(result.get())?.status)?,
            None => Status::Unknown,
        };
        Some(Self { name: members.name.into_owned(), status })
    }
}

/// Reads an object; a list, which would be taken for its members, is none.
fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Option<T> {
    json.trim_start().starts_with('{').then(|| serde_json::from_str(json).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::view::PluginView;

    /// Whatever is read here, the view says, too; what the view cannot read is never read here.
    #[test]
    fn it_agrees_with_the_view() {
        let deep = format!(r#"{{"name": "a", "parameters": {}1{}}}"#, "[".repeat(200), "]".repeat(200));
        let cases = [
            (r#"{"name": "a", "lastResult": {"status": "OK", "messages": {"info": ["x"]}}}"#, true),
            (r#"{"name": "a", "lastResult": {"status": "WARN"}, "forcedResult": {"status": "ERROR"}}"#, true),
            (r#"{"name": "a\n", "lastResult": null}"#, true),
            (r#"{"name": "a", "forcedResult": null}"#, true),
            (r#"{"name": "a"}"#, true),
            (r#"{"name": "a", "lastResult": {"status": "OK"}, "skipped": null}"#, true),
            (r#"{"name": "a", "lastResult": {"status": "OK"}, "skipped": {"reason": "x"}}"#, false),
            (r#"{"name": "a", "lastResult": {"status": "OK"}, "skipped": 1}"#, false),
            (r#"{"name": "a", "lastResult": {"status": "UNKNOWN"}, "forcedResult": {"status": 1}}"#, false),
            (r#"{"name": "a", "lastResult": {}, "forcedResult": "OK"}"#, false),
            (r#"{"name": "a", "lastResult": ["OK"], "forcedResult": ["OK"]}"#, false),
            (r#"{"name": "a", "name": "b"}"#, false),
            (r#"{"name": null}"#, false),
            (r#"{"name": "a", "parameters": {"x": "\ud800"}}"#, false),
            (r#"{"name": "\u0041"}"#, false),
            (r#"["a"]"#, false),
            (r"null", false),
            (deep.as_str(), false),
        ];
        for (json, is_read) in cases {
            let raw = RawValue::from_string(json.to_owned()).expect("JSON");
            for shown in [ShownResult::Last, ShownResult::Forced] {
                let plain = PlainPlugin::read(json, shown);
                assert!(!is_read || plain.is_some(), "{json}");
                if let Some(plain) = plain {
                    let view = PluginView::parse(&raw, shown).unwrap_or_else(|| panic!("{json}"));
                    let of_view = (view.name(), view.status(), view.unreadable());
                    assert_eq!((Some(plain.name.as_str()), plain.status, None), of_view, "{json}");
                }
                assert!(is_read || PlainPlugin::read(json, shown).is_none(), "{json}");
            }
        }
    }
}
