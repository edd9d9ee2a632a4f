//! The parser `nagios` and plugins of the Monitoring Plugins project.

use std::process::Command;

use smoker_tests::machine::skip::program;

use crate::request::parser;
use serde_json::{Value as Json, json};

const INSTALL: &str = "install with: apt-get install monitoring-plugins-basic";

/// What the parser makes of a plugin's run.
fn judged(plugin: &str, arguments: &[&str]) -> Option<Json> {
    let output = Command::new(program(plugin, INSTALL)?).args(arguments).output().expect("a run");
    let stdout = String::from_utf8(output.stdout).expect("text");
    Some(parser("nagios", &stdout, output.status.code(), &json!({})).expect("findings"))
}

fn texts<'a>(answer: &'a Json, level: &str) -> Vec<&'a str> {
    answer["messages"][level].as_array().expect("a list").iter().map(|text| text.as_str().expect("text")).collect()
}

#[test]
fn check_load_is_ok_below_its_limits() {
    let Some(answer) = judged("check_load", &["-w", "1000,1000,1000", "-c", "2000,2000,2000"]) else { return };
    let info = texts(&answer, "info");
    assert_eq!(answer["status"], "OK");
    assert!(info[0].contains("load average: "), "{info:?}");
    let labels: Vec<_> = answer["perfdata"].as_array().expect("a list").iter().map(|datum| &datum["label"]).collect();
    assert_eq!(labels, ["load1", "load5", "load15"]);
}

#[test]
fn check_disk_warns_and_fails_at_its_limits() {
    let Some(answer) = judged("check_disk", &["-w", "0%", "-c", "0%", "-p", "/"]) else { return };
    assert_eq!(answer["status"], "OK");
    let data = &answer["perfdata"][0];
    assert!(data["label"] == "/" && data["value"].is_number() && data["max"].is_number(), "{answer}");
    for (critical, status, level) in [("0%", "WARN", "warn"), ("100%", "ERROR", "error")] {
        let answer = judged("check_disk", &["-w", "100%", "-c", critical, "-p", "/"]).expect("it was there before");
        assert_eq!(answer["status"], status);
        assert!(texts(&answer, level)[0].starts_with("DISK "), "{answer}");
    }
}

#[test]
fn wrong_arguments_are_unknown_to_the_plugin_and_an_error_here() {
    let Some(answer) = judged("check_load", &["-w", "not a number"]) else { return };
    assert_eq!(answer["status"], "ERROR");
    assert_eq!(texts(&answer, "error").last(), Some(&"The plugin says UNKNOWN (exit status 3)"));
}
