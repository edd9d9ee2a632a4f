//! Every recorded command line, against our binaries.

use std::sync::Mutex;

use serde_json::{Value, json};

use crate::compare::{differences, wanted};
use crate::corpus::{case, cases, replay};

/// Cases that run at once: some only wait.
const PARALLEL: usize = 4;

#[test]
fn every_case_is_as_recorded_or_sane() {
    let all = cases();
    let mut waiting = all.clone();
    assert_eq!(waiting.len(), 220, "cases of the corpus");
    // The slow ones, which are popped first, wait for time limits.
    waiting.sort_by(|a, b| a["slow"].as_f64().unwrap_or(0.0).total_cmp(&b["slow"].as_f64().unwrap_or(0.0)));
    let waiting = Mutex::new(waiting);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                loop {
                    let Some(case) = waiting.lock().expect("no panic").pop() else { return };
                    let found = differences(&wanted(same_report(&case, &all)), &replay(&case));
                    if !found.is_empty() {
                        let line = format!("{}: {}", case["name"], found.join("\n  "));
                        failed.lock().expect("no panic").push(line);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("no panic");
    assert!(failed.is_empty(), "{} cases differ:\n{}", failed.len(), failed.join("\n"));
}

/// The case whose expectation holds: `disc-one` prints what `shop-normal` prints,
/// but its sane form was derived before a failed action was to be shown.
fn same_report<'a>(case: &'a Value, all: &'a [Value]) -> &'a Value {
    let other = (case["name"] == "disc-one").then(|| all.iter().find(|other| other["name"] == "shop-normal"));
    other.flatten().unwrap_or(case)
}

/// A comparison that cannot fail proves nothing.
#[test]
fn a_changed_expectation_is_noticed() {
    let case = case("down-json");
    let got = replay(&case);
    assert_eq!(differences(&wanted(&case), &got), Vec::<String>::new());
    let changes: [(&str, Value); 6] = [
        ("exit", json!(7)),
        ("stdout", json!("{}\n")),
        ("stderr", json!("ERROR: something entirely different\n")),
        ("requests", json!([[], [{"method": "GET", "path": "/other", "body": null}]])),
        ("stdout_words", json!(["no such word"])),
        ("stdout_not", json!(["www.example.com"])),
    ];
    for (field, value) in changes {
        let mut changed = wanted(&case);
        changed[field] = value;
        assert_eq!(differences(&changed, &got).len(), 1, "a changed {field}");
    }
}

#[test]
fn one_character_more_is_noticed() {
    let case = case("long-www-nocolor");
    let mut changed = wanted(&case);
    changed["stdout"] = json!(format!("{} ", case["stdout"].as_str().expect("text")));
    assert_eq!(differences(&changed, &replay(&case)).len(), 1);
}

#[test]
fn only_the_hosts_that_could_not_be_asked_are_left_out_of_the_comparison() {
    let case = case("force-one-good-one-refused");
    let mut got = replay(&case);
    assert!(got.done.stdout.contains("[UNREACHABLE]"), "{}", got.done.stdout);
    got.done.stdout = got.done.stdout.replace("[UNREACHABLE]", "[ERROR]");
    assert_eq!(differences(&wanted(&case), &got).len(), 1);
}
