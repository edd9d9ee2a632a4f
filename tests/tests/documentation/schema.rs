//! The JSON Schema of the configuration: a real language server finds nothing wrong with the examples, and underlines a wrong key.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use smoker_tests::cli;
use smoker_tests::sandbox::Sandbox;

use crate::page;

/// The first line of an example, but for the part.
const MODELINE: &str = "# yaml-language-server: $schema=/usr/share/smoker/smokerd";

/// The files of a folder that end with `.yaml`, and those of the folders below it.
fn yaml_files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let files = entries.flat_map(|entry| match entry.path() {
        path if path.is_dir() => yaml_files(&path),
        path if path.extension().is_some_and(|end| end == "yaml") => vec![path.display().to_string()],
        _ => Vec::new(),
    });
    files.collect()
}

/// The configurations of smokerd below `etc`, whose first line names a schema, each with its part.
fn examples() -> Vec<(String, &'static str)> {
    let files = yaml_files(&page::root().join("etc")).into_iter();
    let of_smokerd =
        files.filter(|path| !["etc/prometheus/", "etc/smokercli.yaml"].iter().any(|other| path.contains(other)));
    of_smokerd
        .map(|path| {
            let text = fs::read_to_string(&path).expect("readable");
            let part = text.strip_prefix(MODELINE).unwrap_or_else(|| panic!("{path} names no schema"));
            let part = match part.split(".schema.json").next() {
                Some("-plugin") => "plugin",
                Some("-action") => "action",
                Some("") => "whole",
                other => panic!("{path}: {other:?}"),
            };
            assert_eq!(part == "plugin", path.contains("plugin.d") || path.contains("template.d"), "{path}");
            (path, part)
        })
        .collect()
}

/// What the language server says of these files.
fn findings(part: &str, files: &[String]) -> String {
    let sandbox = Sandbox::new();
    let schema = cli::smokerd(&sandbox, &[&format!("--schema={part}")]);
    schema.expect_code(0);
    fs::write(sandbox.path("schema.json"), &schema.stdout).expect("writable");
    let mut node = Command::new("node");
    node.arg(page::root().join("tests/tests/documentation/schema.mjs"));
    node.arg(page::root().join("crates/smoker-page/package.json")).arg(sandbox.path("schema.json")).args(files);
    let output = cli::run(&mut node);
    output.expect_code(0);
    output.text()
}

#[test]
#[cfg_attr(not(has_node_modules), ignore = "needs `npm ci` in crates/smoker-page")]
fn a_language_server_takes_every_example_and_underlines_a_wrong_key() {
    let examples = examples();
    assert!(examples.len() >= 8, "{examples:?}");
    for part in ["whole", "plugin", "action"] {
        let files: Vec<_> = examples.iter().filter(|(_, of)| *of == part).map(|(path, _)| path.clone()).collect();
        assert!(!files.is_empty(), "{part}");
        assert_eq!(findings(part, &files), "", "{part}");
    }
    let sandbox = Sandbox::new();
    let text = "bind_hots: 127.0.0.1\nallow: !env NETWORKS\nplugins:\n  A: {Command: x, Interval: [5]}\n  B: !include b.yaml\n";
    fs::write(sandbox.path("wrong.yaml"), text).expect("writable");
    let found = findings("whole", &[sandbox.path("wrong.yaml").display().to_string()]);
    let places: Vec<_> =
        found.lines().filter_map(|line| line.split_once("wrong.yaml:").map(|(_, rest)| rest)).collect();
    assert_eq!(places.len(), 2, "{found}");
    assert!(places.iter().any(|place| place.starts_with("1:1:") && place.contains("bind_hots")), "{found}");
    assert!(places.iter().any(|place| place.starts_with("4:29:")), "{found}");
}

#[test]
fn the_schema_is_json_for_each_part_and_another_one_is_refused() {
    let sandbox = Sandbox::new();
    for part in ["--schema", "--schema=whole", "--schema=plugin", "--schema=action"] {
        let output = cli::smokerd(&sandbox, &[part]);
        output.expect_code(0);
        let schema: serde_json::Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert!(schema["$schema"].as_str().is_some_and(|draft| draft.contains("draft-07")), "{part}");
    }
    cli::smokerd(&sandbox, &["--schema=wrong"]).expect_code(2);
}

#[test]
#[cfg_attr(not(has_node_modules), ignore = "needs `npm ci` in crates/smoker-page")]
fn every_recorded_configuration_that_loads_without_a_problem_is_taken() {
    let folders = fs::read_dir(page::root().join("tests/corpus/daemon")).expect("a folder").flatten();
    let files = folders.map(|entry| entry.path().join("config/smokerd.yaml")).filter(|path| path.is_file());
    let files: Vec<_> = files.map(|path| path.display().to_string()).collect();
    assert!(files.len() > 100, "only {} recorded configurations are found", files.len());
    let found = findings("whole", &files);
    let refused: BTreeSet<_> =
        found.lines().filter_map(|line| line.split_once(".yaml:").map(|(path, _)| path)).collect();
    assert!(refused.len() < 10, "{found}");
    let sandbox = Sandbox::new();
    for path in refused {
        let text = fs::read_to_string(format!("{path}.yaml")).expect("readable").replace("{{PORT}}", "8086");
        fs::write(sandbox.path("smokerd.yaml"), text).expect("writable");
        let check = cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"]);
        assert_ne!(check.code, 0, "{path}: {found}");
    }
}
