//! The page of limits against the constants of the code.

use std::collections::BTreeSet;

use regex::Regex;
use smoker_tests::documents::markdown::{code_spans, tables};

use crate::page::read;
use crate::test_names;

/// Files that hold nothing but limits, so that each of their constants is on the page, or here.
const WHOLE: [&str; 3] = ["smokerd/src/http/limits.rs", "smokerd/src/otlp/limits.rs", "smoker-config/src/limits.rs"];

/// Constants of theirs that nobody meets: defaults of another kind, and what `MAX_COMPAT_REPAIRS` stands for, too.
const LEFT_OUT: [&str; 3] = ["DEFAULT_BIND_PORT", "SHORTEST_SPREAD_INTERVAL", "MAX_COMPAT_BYTES"];

/// The value of a constant in its smallest unit: bytes, milliseconds or a number.
fn value_in_code(text: &str, name: &str) -> Option<u64> {
    let constant = Regex::new(&format!(r"const {name}: \w+ = ([^;]+);")).expect("a pattern");
    let expression = constant.captures(text)?[1].replace('_', "");
    let (factor, expression) = match expression.strip_suffix(')').map(|expression| expression.split_once('(')) {
        Some(Some(("Duration::fromsecs", seconds))) => (1000, seconds.to_owned()),
        Some(Some(("Duration::frommillis", milliseconds))) => (1, milliseconds.to_owned()),
        _ => (1, expression),
    };
    if let Some((number, shift)) = expression.split_once("<<") {
        return Some(number.trim().parse::<u64>().ok()? << shift.trim().parse::<u32>().ok()?);
    }
    expression
        .split('*')
        .map(|number| number.trim().parse::<u64>().ok())
        .product::<Option<u64>>()
        .map(|value| factor * value)
}

/// The same as the page writes it.
fn value_on_page(text: &str, is_time: bool) -> Option<u64> {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let factor = match unit {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "s" if is_time => 1000,
        // Some constants are plain numbers of seconds.
        "" | "ms" | "s" => 1,
        _ => return None,
    };
    number.parse::<u64>().ok().map(|number| number * factor)
}

#[test]
fn every_limit_has_the_value_of_the_code_and_a_test() {
    let tests = test_names::all();
    let mut seen = BTreeSet::new();
    for table in tables(&read("docs/limits.md")) {
        for row in &table.rows {
            let cell = |column| table.cell(row, column).unwrap_or_else(|| panic!("no {column} in {row:?}"));
            let [file, name] = code_spans(cell("constant"))[..] else { panic!("no constant in {row:?}") };
            let text = read(&format!("crates/{file}"));
            let is_time = text.contains(&format!("const {name}: Duration"));
            let expected =
                value_in_code(&text, name).unwrap_or_else(|| panic!("{file} has no {name} that can be read"));
            assert_eq!(value_on_page(cell("value"), is_time), Some(expected), "{row:?}");
            for test in code_spans(cell("test")) {
                assert!(tests.contains(test), "there is no test {test}");
            }
            seen.insert((file.to_owned(), name.to_owned()));
        }
    }
    assert!(seen.len() > 25, "{seen:?}");
    let constant = Regex::new(r"pub const (\w+): (?:u\w+|Duration)").expect("a pattern");
    for file in WHOLE {
        for found in constant.captures_iter(&read(&format!("crates/{file}"))) {
            let name = found[1].to_owned();
            let is_told = LEFT_OUT.contains(&&*name) || seen.contains(&(file.to_owned(), name.clone()));
            assert!(is_told, "docs/limits.md does not tell of {file} {name}");
        }
    }
}
