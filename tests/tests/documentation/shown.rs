//! Compares JSON that a page shows with what a daemon gave.
//!
//! A time stands for any time, `web1` for this host; `"..."` stands for any
//! value, and as a member for any further members.

use chrono::NaiveDateTime;
use serde_json::{Map, Value as Json};
use smoker_tests::replay::placeholder;

/// What the pages call this host.
const HOST: &str = "web1";

/// What stands for anything.
const ANYTHING: &str = "...";

/// Holds `actual`, which stands at `path`, against what is shown.
pub(crate) fn compare(shown: &Json, actual: &Json, path: &str) -> Result<(), String> {
    match (shown, actual) {
        (Json::Object(shown), Json::Object(actual)) => compare_members(shown, actual, path),
        (Json::Array(shown), Json::Array(actual)) if shown.len() == actual.len() => {
            let mut pairs = shown.iter().zip(actual).enumerate();
            pairs.try_for_each(|(at, (shown, actual))| compare(shown, actual, &format!("{path}/{at}")))
        }
        (Json::String(shown), _) if shown == ANYTHING => Ok(()),
        (Json::String(shown), Json::String(actual)) if is_same_time_form(shown, actual) => Ok(()),
        (Json::String(shown), Json::String(actual)) if shown == HOST && *actual == placeholder::host() => Ok(()),
        _ if shown == actual => Ok(()),
        _ => Err(format!("{path}: shown {shown}, found {actual}")),
    }
}

fn compare_members(shown: &Map<String, Json>, actual: &Map<String, Json>, path: &str) -> Result<(), String> {
    for (name, value) in shown.iter().filter(|(name, _)| *name != ANYTHING) {
        let found = actual.get(name).ok_or_else(|| format!("{path}: shown is {name}, which is not there"))?;
        compare(value, found, &format!("{path}/{name}"))?;
    }
    let unshown = actual.keys().find(|name| !shown.contains_key(*name) && !shown.contains_key(ANYTHING));
    unshown.map_or(Ok(()), |name| Err(format!("{path}: there is {name}, which is not shown")))
}

/// Whether both are local times, or both are times of RFC 3339.
fn is_same_time_form(shown: &str, actual: &str) -> bool {
    ["%Y-%m-%dT%H:%M:%S%.6f", "%Y-%m-%dT%H:%M:%S%.6fZ"].iter().any(|form| {
        let is_time = |text| NaiveDateTime::parse_from_str(text, form).is_ok();
        is_time(shown) && is_time(actual)
    })
}

#[test]
fn a_difference_is_found() {
    let shown = serde_json::json!({"a": "2026-11-25T02:13:51.012345", "b": [{"c": 1, "...": "..."}], "d": "..."});
    let compare = |text: &str| compare(&shown, &serde_json::from_str(text).expect("JSON"), "");
    assert_eq!(compare(r#"{"a": "2027-01-01T00:00:00.000001", "b": [{"c": 1, "x": 2}], "d": null}"#), Ok(()));
    for other in [
        r#"{"a": "soon", "b": [{"c": 1}], "d": 0}"#,
        r#"{"a": "2027-01-01T00:00:00.000001", "b": [{"c": 2}], "d": 0}"#,
        r#"{"a": "2027-01-01T00:00:00.000001", "b": [{"c": 1}, {"c": 1}], "d": 0}"#,
        r#"{"a": "2027-01-01T00:00:00.000001", "b": [{"c": 1}]}"#,
        r#"{"a": "2027-01-01T00:00:00.000001", "b": [{"c": 1}], "d": 0, "e": 0}"#,
    ] {
        assert!(compare(other).is_err(), "{other}");
    }
}
