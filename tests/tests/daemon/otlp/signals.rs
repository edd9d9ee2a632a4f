//! Metrics and results as the protocol has them.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value as Json, json};
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::otlp::collector::{OtlpCollector, attribute};
use smoker_tests::otlp::fields::items;
use smoker_tests::wait;

const DISK: &str = r#"{"status": "WARN", "messages": {"info": [], "warn": ["91% used\nof it"], "error": []},
 "componentResults": {"/srv": {"status": "WARN", "messages": null}},
 "perfdata": [{"label": "/srv", "value": 91.5, "unit": "%"}]}"#;

/// The data points of a metric, each with its attributes by name and its value.
fn points(metric: &Json, kind: &str) -> Vec<(Json, Json)> {
    let point = |point: &Json| {
        let attributes: Json = point["attributes"].as_array().expect("a list").iter().map(named).collect::<Json>();
        (attributes, point.get("asInt").or_else(|| point.get("asDouble")).cloned().unwrap_or_default())
    };
    metric[kind]["dataPoints"].as_array().unwrap_or_else(|| panic!("{metric}")).iter().map(point).collect()
}

fn named(attribute: &Json) -> (String, Json) {
    (attribute["key"].as_str().expect("a name").to_owned(), attribute["value"]["stringValue"].clone())
}

#[test]
fn a_collector_gets_results_and_metrics_as_the_protocol_has_them() {
    let collector = OtlpCollector::start();
    let config = Config::new()
        .top(&format!("otlp: {{endpoint: '{}/prefix/', interval: 1s, headers: {{X-Scope: a}}}}", collector.endpoint()))
        .plugin("disk", "Category: system\nComponent: storage\nType: smokeTest\nCommand: cat {{DIR}}/disk")
        .plugin("broken", "Command: echo no >&2; exit 3");
    let mut daemon = Boot::of(config).prepare();
    fs::write(daemon.path("disk"), DISK).expect("writable");
    daemon.try_start().expect("it starts");
    let _ = daemon.run("disk");
    let _ = daemon.run("broken");

    wait::until_true("both results", || collector.records().len() == 2);
    let records = collector.records();
    let [disk, broken] = &*records else { panic!("{records:?}") };
    let of = |record: &Json, key: &str| attribute(record, key);
    assert_eq!((&disk["severityNumber"], &disk["severityText"]), (&json!(13), &json!("WARN")));
    assert_eq!(disk["body"], json!({"stringValue": "91% used"}));
    for (key, value) in [
        ("plugin", "disk"),
        ("category", "system"),
        ("component", "storage"),
        ("type", "smokeTest"),
        ("status", "WARN"),
        ("trigger", "force"),
    ] {
        assert_eq!(of(disk, key), json!({"stringValue": value}), "{key}");
    }
    assert_eq!(of(disk, "attempt"), json!({"intValue": "1"}));
    assert_eq!(of(disk, "exit_status"), json!({"intValue": "0"}));
    assert_eq!(of(disk, "soft"), json!({"boolValue": false}));
    assert!(of(disk, "duration")["doubleValue"].is_number(), "{disk}");
    assert_eq!((&broken["severityNumber"], &broken["body"]), (&json!(17), &json!({"stringValue": "no"})));
    assert_eq!(of(broken, "exit_status"), json!({"intValue": "3"}));
    assert_eq!(of(broken, "category"), Json::Null, "it has none");

    let request = &collector.requests("/prefix/v1/logs")[0];
    let header = |name: &str| request.headers.iter().find(|(its, _)| its == name).map(|(_, value)| value.as_str());
    assert_eq!((header("content-type"), header("x-scope")), (Some("application/json"), Some("a")));
    let resource = &items(&request.body, &["resourceLogs"])[0]["resource"];
    assert_eq!(attribute(resource, "service.name"), json!({"stringValue": "smokerd"}));
    for key in ["service.version", "service.instance.id", "host.name"] {
        assert!(attribute(resource, key)["stringValue"].as_str().is_some_and(|text| !text.is_empty()), "{resource}");
    }

    // Those of the page, by their names and labels.
    let runs = wait::until("both runs to be counted", || {
        let metric = collector.metric("smoker_plugin_runs");
        let counted = points(&metric, "sum").iter().filter(|(_, count)| *count == json!("1")).count();
        (counted == 2).then_some(metric)
    });
    assert_eq!((&runs["sum"]["aggregationTemporality"], &runs["sum"]["isMonotonic"]), (&json!(2), &json!(true)));
    assert!(points(&runs, "sum").contains(&(json!({"plugin": "disk", "outcome": "WARN"}), json!("1"))), "{runs}");
    let since = |metric: &Json, kind: &str| metric[kind]["dataPoints"][0].get("startTimeUnixNano").is_some();
    let status = collector.metric("smoker_plugin_status");
    assert!(since(&runs, "sum") && !since(&status, "gauge"));
    let labels =
        json!({"plugin": "disk", "category": "system", "component": "storage", "type": "smokeTest", "status": "WARN"});
    assert!(points(&status, "gauge").contains(&(labels, json!(1.0))), "{status}");
    let measured = points(&collector.metric("smoker_perfdata"), "gauge");
    assert_eq!(measured, [(json!({"plugin": "disk", "label": "/srv", "unit": "%"}), json!(91.5))]);
    assert_eq!(collector.metric("smoker_plugin_duration_seconds")["unit"], "s");
    assert_eq!(collector.metric("smoker_plugins")["description"], "Plugins that are configured and loaded.");
    wait::until_true("both results to be counted", || {
        points(&collector.metric("smoker_otlp_sent"), "sum").contains(&(json!({"signal": "logs"}), json!("2")))
    });

    // The same facts on both ways.
    let page = daemon.get("/metrics").text();
    let on_page = page.lines().filter(|line| !line.starts_with('#'));
    let on_page: BTreeSet<_> = on_page.filter_map(|line| line.split(['{', ' ']).next()).collect();
    assert!(on_page.len() > 20, "{on_page:?}");
    for name in on_page {
        let _ = collector.metric(name.strip_suffix("_total").unwrap_or(name));
    }
}

/// A request has no more than a thousand data points, and a large page comes whole.
#[test]
fn many_data_points_are_sent_in_several_requests() {
    let collector = OtlpCollector::start();
    let parts: Vec<_> = (0..800).map(|at| format!(r#""c{at}": {{"status": "OK", "messages": null}}"#)).collect();
    let text = format!(r#"{{"status": "OK", "messages": null, "componentResults": {{{}}}}}"#, parts.join(","));
    let config = Config::new()
        .top(&format!("otlp: {{endpoint: '{}', interval: 1s}}", collector.endpoint()))
        .plugin("many", "Command: cat {{DIR}}/many");
    let mut daemon = Boot::of(config).prepare();
    fs::write(daemon.path("many"), text).expect("writable");
    daemon.try_start().expect("it starts");
    let _ = daemon.run("many");
    let sizes = wait::until("requests with 2400 data points of components", || {
        let requests = collector.requests("/v1/metrics");
        let counts = requests.iter().map(|request| {
            let metrics = items(&request.body, &["resourceMetrics", "scopeMetrics", "metrics"]);
            let points = |metric: &Json| {
                let data = metric.get("sum").or_else(|| metric.get("gauge")).cloned().unwrap_or_default();
                (metric["name"] == "smoker_component_status", data["dataPoints"].as_array().map_or(0, Vec::len))
            };
            let all: Vec<_> = metrics.iter().map(points).collect();
            (all.iter().map(|(_, count)| count).sum(), all.iter().filter(|(is, _)| *is).map(|(_, count)| count).sum())
        });
        let counts: Vec<(usize, usize)> = counts.collect();
        (counts.iter().map(|(_, components)| components).sum::<usize>() >= 2400).then_some(counts)
    });
    assert!(sizes.iter().all(|(all, _)| *all <= 1000), "{sizes:?}");
}
