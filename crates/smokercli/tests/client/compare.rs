//! Whether a run equals its recording, or the sane form where the original had a defect.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Map, Value};

use crate::corpus::{Replayed, texts};

/// What a case wants: its recording, with the fields that the sane form replaces.
pub(crate) fn wanted(case: &Value) -> Value {
    let Some(sane) = case["sane"].as_object() else { return case.clone() };
    let mut wanted = Map::new();
    for field in ["exit", "stdout", "requests", "compare"] {
        wanted.insert(field.to_owned(), case[field].clone());
    }
    if sane.contains_key("stdout_words") {
        wanted.insert("stdout".to_owned(), Value::Null);
    }
    wanted.extend(sane.clone());
    Value::Object(wanted)
}

/// All differences; none: the run is as wanted.
pub(crate) fn differences(wanted: &Value, got: &Replayed) -> Vec<String> {
    let mut found = Vec::new();
    let code = got.done.code;
    let code_fits = match &wanted["exit"] {
        Value::String(_) => code.is_some_and(|code| code != 0),
        number => code.map(i64::from) == number.as_i64(),
    };
    if !code_fits {
        found.push(format!("exit: want {}, got {code:?}", wanted["exit"]));
    }
    let unreachable = texts(&wanted["unreachable"]);
    for host in &unreachable {
        let is_listed = |line: &str| line.contains(host.as_str()) && line.contains("UNREACHABLE");
        if !got.done.stdout.lines().any(is_listed) {
            found.push(format!("stdout does not list {host} as UNREACHABLE: {:?}", got.done.stdout));
        }
    }
    stdout(wanted, &without_unreachable(&got.done.stdout), &mut found);
    stderr(wanted, &got.done.stderr, &mut found);
    for (index, (wanted, got)) in wanted["requests"].as_array().into_iter().flatten().zip(&got.requests).enumerate() {
        let (wanted, got) = (request_set(wanted.as_array().into_iter().flatten()), request_set(got.iter()));
        if wanted != got {
            found.push(format!("requests of H{}: want {wanted:?}, got {got:?}", index + 1));
        }
    }
    found
}

fn stdout(wanted: &Value, got: &str, found: &mut Vec<String>) {
    if wanted["stdout_words"].is_array() {
        missing(&texts(&wanted["stdout_words"]), got, "stdout", found);
    } else if let Some(text) = wanted["stdout"].as_str() {
        let same_json = || {
            let parse = |text| serde_json::from_str::<Value>(text).ok();
            wanted["compare"] == "json" && parse(text).is_some() && parse(text) == parse(got)
        };
        if text != got && !same_json() {
            found.push(format!("stdout: want\n{text:?}\ngot\n{got:?}"));
        }
    }
    if let Some(lines) = wanted["stdout_lines"].as_u64()
        && got.lines().count() as u64 != lines
    {
        found.push(format!("stdout: want {lines} lines, got {got:?}"));
    }
    for word in texts(&wanted["stdout_not"]) {
        if got.contains(&word) {
            found.push(format!("stdout has {word:?}: {got:?}"));
        }
    }
}

fn stderr(wanted: &Value, got: &str, found: &mut Vec<String>) {
    if wanted["stderr_words"].is_array() {
        missing(&texts(&wanted["stderr_words"]), got, "stderr", found);
        return;
    }
    for line in wanted["stderr"].as_str().unwrap_or_default().lines() {
        missing(&required_words(line), got, "stderr", found);
    }
}

fn missing(words: &[String], text: &str, what: &str, found: &mut Vec<String>) {
    let lower = text.to_lowercase();
    let missing: Vec<_> = words.iter().filter(|word| !lower.contains(&word.to_lowercase())).collect();
    if !missing.is_empty() {
        found.push(format!("{what} lacks {missing:?}: {text:?}"));
    }
}

/// The words of a recorded message that another wording has to have too:
/// those of four letters or more, without reasons and without what only a
/// Python process says; and the hosts that it names.
fn required_words(line: &str) -> Vec<String> {
    const PYTHON: [&str; 10] =
        ["traceback", "thread", "urlopen", "errno", "exception", "none", "with", "that", "this", "from"];
    let pattern = |text: &str| Regex::new(text).expect("a valid pattern");
    let line = pattern(r"(can't open resource \S+?): .*").replace(line, "$1");
    let line = pattern(r"(can't load response as JSON): .*").replace(&line, "$1");
    let mut words: Vec<_> =
        pattern(r"\{\{[HP]\d+\}\}").find_iter(&line).map(|place| place.as_str().to_owned()).collect();
    let line = pattern(r"\{\{\w+\}\}").replace_all(&line, " ");
    let line = pattern(r"\bhttp://\S*").replace_all(&line, " ");
    let found = pattern("[A-Za-z]{4,}");
    words.extend(found.find_iter(&line).map(|word| word.as_str().to_lowercase()));
    words.retain(|word| !PYTHON.contains(&word.as_str()) && !["have", "been"].contains(&word.as_str()));
    words
}

/// Drops what the original never printed: the hosts that could not be asked.
fn without_unreachable(stdout: &str) -> String {
    if !stdout.contains("UNREACHABLE") {
        return stdout.to_owned();
    }
    if let Ok(Value::Object(mut hosts)) = serde_json::from_str(stdout) {
        hosts.retain(|_, host| host["status"] != "UNREACHABLE");
        return format!("{}\n", Value::Object(hosts));
    }
    let colour = Regex::new("\x1b\\[[0-9;]*m").expect("a valid pattern");
    let is_reached = |block: &&str| {
        let first = block.lines().next().unwrap_or_default();
        !colour.replace_all(first, "").contains("[UNREACHABLE]")
    };
    let kept: Vec<_> = stdout.trim_end_matches('\n').split("\n \n").filter(is_reached).collect();
    if kept.is_empty() { String::new() } else { format!("{}\n", kept.join("\n \n")) }
}

/// Requests without order and number; the plugins of a POST without order.
fn request_set<'a>(requests: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    requests
        .map(|request| {
            let mut body = request["body"].clone();
            if let Some(names) = body.pointer_mut("/process/plugins").and_then(Value::as_array_mut) {
                names.sort_by_key(Value::to_string);
            }
            format!("{} {} {body}", request["method"], request["path"])
        })
        .collect()
}
