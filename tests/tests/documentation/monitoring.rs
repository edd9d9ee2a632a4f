//! Metrics: the page lists those of the code, and the alerts and the dashboard that come along name no others and are well-formed.

use std::collections::BTreeSet;
use std::process::Command;

use regex::Regex;
use serde_json::{Value as Json, json};
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::documents::markdown;
use smoker_tests::sandbox::Sandbox;

use crate::page;

const PAGE: &str = "docs/monitoring.md";
const DASHBOARD: &str = "etc/grafana/smoker.json";
const RULES: [&str; 2] = ["etc/prometheus/smoker.rules.yaml", "etc/prometheus/smoker.rules.test.yaml"];

/// The names of all series, as the code defines them.
fn names() -> BTreeSet<String> {
    const FILES: [&str; 4] = [
        "crates/smoker-model/src/metrics/plugin_families.rs",
        "crates/smokerd/src/http/api/metrics/plugin_page.rs",
        "crates/smokerd/src/http/api/metrics/daemon_gauges.rs",
        "crates/smokercli/src/render/data/prometheus.rs",
    ];
    let family = Regex::new(r#"Family::(\w+)\(\s*"(\w+)""#).expect("a pattern");
    let mut names = BTreeSet::new();
    for text in FILES.map(page::read) {
        for found in family.captures_iter(&text) {
            let end = match &found[1] {
                "counter" => "_total",
                "info" => "_info",
                _ => "",
            };
            names.insert(format!("{}{end}", &found[2]));
        }
    }
    assert!(names.len() > 20, "only {names:?} are found: have families another form now?");
    names
}

#[test]
fn the_page_lists_every_metric_of_the_daemon() {
    let page = page::read(PAGE);
    let tables = markdown::tables(&page);
    let table = tables.iter().find(|table| table.columns[0] == "metric").expect("a table of metrics");
    let listed: BTreeSet<_> = table.rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let mut known = names();
    // Of the client, where the text has it.
    assert!(known.remove("smoker_host_up") && page.contains("`smoker_host_up`"));
    assert_eq!(listed, known);
}

#[test]
fn alerts_and_the_dashboard_name_no_other_metrics() {
    let known = names();
    let name = Regex::new(r"\b(?:smoker|process)_\w+").expect("a pattern");
    for file in RULES.into_iter().chain([DASHBOARD]) {
        let text = page::read(file);
        let used: BTreeSet<_> = name.find_iter(&text).map(|found| found.as_str()).collect();
        assert!(used.len() > 3, "{file}");
        let unknown: Vec<_> = used.into_iter().filter(|name| !known.contains(*name)).collect();
        assert!(unknown.is_empty(), "{file}: {unknown:?}");
    }
}

#[test]
#[cfg_attr(not(has_prometheus), ignore = "needs promtool: apt-get install prometheus")]
fn promtool_finds_nothing_wrong_with_alerts_and_the_dashboard() {
    let promtool = |arguments: &[&str]| {
        let output = cli::run(Command::new("promtool").args(arguments).current_dir(page::root()));
        assert_eq!(output.code, 0, "{arguments:?}: {}", output.text());
    };
    promtool(&["check", "rules", RULES[0]]);
    promtool(&["test", "rules", RULES[1]]);

    // It reads no dashboards, so that each query of one becomes a rule.
    let dashboard: Json = serde_json::from_str(&page::read(DASHBOARD)).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().expect("targets"));
    let queries = targets.map(|target| target["expr"].as_str().expect("a query").replace("$instance", ".*"));
    let rules: Vec<_> = queries
        .enumerate()
        .map(|(number, query)| json!({"record": format!("panel:{number}"), "expr": query}))
        .collect();
    assert!(rules.len() > 10);
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    let text = json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string();
    std::fs::write(file.path(), text).expect("writable");
    promtool(&["check", "rules", &file.path().display().to_string()]);
}

#[test]
fn the_example_of_a_collector_loads_without_a_warning() {
    let example = page::read("etc/examples/otlp/smokerd.yaml");
    // Also with the lines that are left to the reader.
    let whole = example
        .replace("  # headers:\n  #   Auth", "  headers:\n    Auth")
        .replace("/etc/smokerd/otlp.token", "{{DIR}}/token");
    assert!(whole.contains("    Authorization: !file {{DIR}}/token"), "{whole}");
    for text in [&example, &whole] {
        let sandbox = Sandbox::new();
        Config::whole(text).file("token", "Bearer sesame\n").write(&sandbox).expect("writable");
        let checked = cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"]);
        let problems = ["ERROR", "WARNING", "ADVICE"];
        assert!(checked.code == 0 && !problems.iter().any(|it| checked.text().contains(it)), "{}", checked.text());
    }
}
