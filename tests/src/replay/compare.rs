//! Compares two JSON values, one of them with placeholders: objects by
//! exactly their names, lists in order, 1 like 1.0 but not like true. Members
//! of results that the original did not have are passed over.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Number, Value as Json};

use crate::replay::placeholder;
use crate::replay::verdict::{Differences, show};
use crate::sandbox::Sandbox;

/// The members that a result has behind the recorded ones.
const ADDED_KEYS: [&str; 11] = [
    "duration",
    "lastRunUtc",
    "exitStatus",
    "signal",
    "perfdata",
    "trigger",
    "triggeredBy",
    "state",
    "attempt",
    "since",
    "sequence",
];

static WHOLE_NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\{\{\w+\}\}$").expect("a fixed pattern"));

/// Adds every difference between two values that stand at `path`.
pub fn compare(expected: &Json, actual: &Json, sandbox: &Sandbox, path: &str, out: &mut Differences) {
    match (expected, actual) {
        (Json::String(text), _) if text == "<any>" => {}
        (Json::String(text), _) if text == "<nonnull>" => {
            if actual.is_null() {
                out.add(path, "expected a value, got null");
            }
        }
        (Json::String(text), _) if text == "<nonempty>" => {
            if is_empty(actual) {
                out.add(path, format!("expected something non-empty, got {}", show(actual)));
            }
        }
        (Json::String(text), Json::Number(number)) if WHOLE_NAME.is_match(text) && !number.is_f64() => {
            if number.to_string() != sandbox.fill(text) {
                out.add(path, format!("expected {}, got {number}", sandbox.fill(text)));
            }
        }
        (Json::Object(expected), Json::Object(actual)) => compare_objects(expected, actual, sandbox, path, out),
        (Json::Array(expected), Json::Array(actual)) => compare_lists(expected, actual, sandbox, path, out),
        (Json::String(text), Json::String(found)) if placeholder::matches(text, found, sandbox) => {}
        (Json::Number(number), Json::Number(found)) if same_number(number, found) => {}
        (Json::Bool(_) | Json::Null, _) if expected == actual => {}
        _ => out.add(path, format!("expected {}, got {}", show(expected), show(actual))),
    }
}

fn compare_objects(
    expected: &Map<String, Json>,
    actual: &Map<String, Json>,
    sandbox: &Sandbox,
    path: &str,
    out: &mut Differences,
) {
    let expected: Vec<_> = expected.iter().map(|(name, value)| (sandbox.fill(name), value)).collect();
    for (name, value) in &expected {
        let here = format!("{path}/{name}");
        match actual.get(name) {
            Some(found) => compare(value, found, sandbox, &here, out),
            None => out.add(&here, format!("missing (expected {})", show(value))),
        }
    }
    for (name, found) in actual {
        if !expected.iter().any(|(known, _)| known == name) && !ADDED_KEYS.contains(&name.as_str()) {
            out.add(&format!("{path}/{name}"), format!("unexpected {}", show(found)));
        }
    }
}

fn compare_lists(expected: &[Json], actual: &[Json], sandbox: &Sandbox, path: &str, out: &mut Differences) {
    if expected.len() != actual.len() {
        let found = show(&Json::Array(actual.to_vec()));
        out.add(path, format!("expected {} items, got {}: {found}", expected.len(), actual.len()));
        return;
    }
    for (number, (value, found)) in expected.iter().zip(actual).enumerate() {
        compare(value, found, sandbox, &format!("{path}/{number}"), out);
    }
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(members) => members.is_empty(),
        _ => true,
    }
}

fn same_number(one: &Number, other: &Number) -> bool {
    one == other || (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differences(expected: &Json, actual: &Json) -> Vec<String> {
        let sandbox = Sandbox::new();
        let mut out = Differences::default();
        compare(expected, actual, &sandbox, "", &mut out);
        out.lines()
    }

    #[test]
    fn equal_values_have_no_differences() {
        let same = [
            (json!(1), json!(1.0)),
            (json!(null), json!(null)),
            (json!({"a": 1, "b": [true]}), json!({"b": [true], "a": 1})),
            (json!("<any>"), json!(null)),
            (json!("<nonnull>"), json!(false)),
            (json!("<nonempty>"), json!([0])),
            (json!({"status": "OK"}), json!({"status": "OK", "duration": 0.1, "lastRunUtc": "", "exitStatus": 0})),
        ];
        for (expected, actual) in same {
            assert_eq!(differences(&expected, &actual), [""; 0], "{expected} and {actual}");
        }
    }

    #[test]
    fn each_difference_is_reported_with_its_path() {
        let cases = [
            (json!(1), json!(true), ": expected 1, got true"),
            (json!(true), json!(1), ": expected true, got 1"),
            (json!(0), json!(null), ": expected 0, got null"),
            (json!(0), json!(false), ": expected 0, got false"),
            (json!("1"), json!(1), ": expected \"1\", got 1"),
            (json!(1), json!(2), ": expected 1, got 2"),
            (json!({"a": 1}), json!({}), "/a: missing (expected 1)"),
            (json!({}), json!({"a": 1}), "/a: unexpected 1"),
            (json!({"a": null}), json!({}), "/a: missing (expected null)"),
            (json!([1, 2]), json!([2, 1]), "/0: expected 1, got 2"),
            (json!([1]), json!([1, 2]), ": expected 1 items, got 2: [1,2]"),
            (json!({"a": [{"b": "x"}]}), json!({"a": [{"b": "y"}]}), "/a/0/b: expected \"x\", got \"y\""),
            (json!("<nonnull>"), json!(null), ": expected a value, got null"),
            (json!("<nonempty>"), json!({}), ": expected something non-empty, got {}"),
            (json!("<nonempty>"), json!(7), ": expected something non-empty, got 7"),
            (json!("<time>"), json!("noon"), ": expected \"<time>\", got \"noon\""),
            (json!({}), json!([]), ": expected {}, got []"),
        ];
        for (expected, actual, line) in cases {
            assert_eq!(differences(&expected, &actual).first().map(String::as_str), Some(line));
        }
    }

    #[test]
    fn a_whole_placeholder_also_stands_for_the_number() {
        let sandbox = Sandbox::new();
        let mut out = Differences::default();
        compare(&json!(["{{PORT}}"]), &json!([sandbox.port()]), &sandbox, "", &mut out);
        compare(&json!({"{{PORT}}": 1}), &json!({sandbox.port().to_string(): 1}), &sandbox, "", &mut out);
        assert_eq!(out.lines(), [""; 0]);
        compare(&json!("{{PORT}}"), &json!(1), &sandbox, "", &mut out);
        assert_eq!(out.lines().len(), 1);
    }
}
