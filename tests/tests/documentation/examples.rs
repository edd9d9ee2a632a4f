//! The examples of writing plugins and of modules do what the pages say.
//!
//! In `docs/plugins.md` each `yaml` block is a configuration, or the part of it
//! that matters. A block under `` `/etc/smokerd/NAME`: `` is a file, a `json` block
//! under `` `PLUGIN` gives: `` is what the result of that plugin of the last
//! configuration holds, a `log` block lines that the daemon has logged by then.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value as Json;
use smoker_tests::binary;
use smoker_tests::cli;
use smoker_tests::daemon::Daemon;
use smoker_tests::documents::markdown::{self, Block};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

use crate::example::{config, file_name, files};
use crate::page;

#[test]
fn every_example_of_writing_plugins_gives_what_is_shown() {
    let blocks = markdown::blocks(&page::read("docs/plugins.md"));
    let files = files(&blocks);
    let rest: Vec<_> = blocks.iter().filter(|block| file_name(block).is_none()).collect();
    let mut examples = 0;
    for example in rest.chunk_by(|_, next| next.language != "yaml") {
        let (yaml, shown) = example.split_first().expect("no chunk is empty");
        assert_eq!(yaml.language, "yaml", "line {}: nothing says what this block is", yaml.line);
        compare(&Daemon::start(config(&yaml.text, &files)), yaml, shown);
        examples += 1;
    }
    assert!(examples >= 10, "only {examples} configurations are found: has the page another form now?");
}

#[test]
fn every_example_of_the_modules_that_come_along_is_a_good_configuration() {
    let blocks = markdown::blocks(&page::read("docs/modules.md"));
    assert!(blocks.len() >= 5, "only {} blocks are found: has the page another form now?", blocks.len());
    for block in &blocks {
        assert_eq!(block.language, "yaml", "line {}", block.line);
        let sandbox = Sandbox::new();
        config(&sectioned(&block.text), &[]).write(&sandbox).expect("writable");
        let output = cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"]);
        assert_eq!(output.code, 0, "line {}: {}", block.line, output.text());
        assert!(!output.text().contains("WARN"), "line {}: {}", block.line, output.text());
    }
}

#[test]
fn the_shown_test_of_a_module_passes() {
    let blocks = markdown::blocks(&page::read("docs/plugins.md"));
    let sandbox = Sandbox::new();
    for (name, content) in files(&blocks) {
        sandbox.write(name, content.as_bytes()).expect("writable");
    }
    let mut python = sandbox.command(Path::new("python3"));
    python.args(["-m", "unittest", "checks.test_folders"]).current_dir(sandbox.path("checks").join(".."));
    python.env("PYTHONPATH", page::root().join("crates/smoker-runner/python")).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = cli::run(&mut python);
    assert!(output.code == 0 && output.stderr.contains("Ran 2 tests"), "{}", output.text());
}

/// A module that subclasses one that ships is a class like any other, too.
#[test]
fn a_test_of_a_subclass_makes_its_worker_as_the_shown_one_does() {
    const TEST: &str = "from smoker.server.plugins import PluginWorker, uname\n\
                        class Plugin(uname.Plugin): pass\n\
                        print(Plugin(PluginWorker('Uname', {})).run().get_result()['status'])\n";
    let sandbox = Sandbox::new();
    let mut python = sandbox.command(Path::new("python3"));
    let programs = binary::path("smokerd").parent().expect("a folder").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    python.args(["-c", TEST]).env("PYTHONPATH", page::root().join("crates/smoker-runner/python"));
    python.env("PATH", format!("{programs}:{path}")).env("PYTHONDONTWRITEBYTECODE", "1");
    let output = cli::run(&mut python);
    assert_eq!(output.stdout, "OK\n", "{}", output.text());
}

/// Where only plugins are shown, they get their place; an action that is shown alone is used.
fn sectioned(yaml: &str) -> String {
    if let Some(action) = yaml.strip_prefix("actions:\n").filter(|_| !yaml.contains("plugins:")) {
        let name = action.trim_start().split(':').next().unwrap_or_default();
        return format!("{yaml}\nplugins:\n  Used: {{Command: 'true', Action: {name}}}\n");
    }
    if yaml.starts_with("actions:") || yaml.starts_with("plugins:") {
        return yaml.to_owned();
    }
    yaml.lines().fold("plugins:\n".to_owned(), |text, line| text + "  " + line + "\n")
}

/// Runs each plugin and holds its result against the shown one.
fn compare(daemon: &Daemon, yaml: &Block, shown: &[&Block]) {
    let mut unseen = plugins(daemon);
    for block in shown {
        if block.language == "log" {
            for line in block.text.lines() {
                wait::until_true(&format!("'{line}' in the log"), || daemon.log().contains(line));
            }
            continue;
        }
        let place = format!("line {} of plugins.md", block.line);
        assert_eq!(block.language, "json", "{place}: nothing says what this block is");
        let name = block.name.as_deref().unwrap_or_else(|| panic!("{place}: nothing says whose result this is"));
        let expected: Json = serde_json::from_str(&block.text).unwrap_or_else(|error| panic!("{place}: {error}"));
        let result = daemon.run(name).0;
        assert!(holds(&result, &expected), "{place}: {name} gave {result}");
        unseen.remove(name);
    }
    assert!(unseen.is_empty(), "line {} of plugins.md: no result of {unseen:?} is shown", yaml.line);
}

fn plugins(daemon: &Daemon) -> BTreeSet<String> {
    let page = daemon.get("/plugins").json();
    let items = page["plugins"]["items"].as_array().cloned().unwrap_or_default();
    let names: BTreeSet<_> =
        items.iter().filter_map(|item| Some(item["plugin"]["name"].as_str()?.to_owned())).collect();
    assert!(!names.is_empty(), "no plugins in {page}");
    names
}

/// Whether a result has everything that is expected of it; of mappings a part may be expected.
fn holds(result: &Json, expected: &Json) -> bool {
    match (result, expected) {
        (Json::Object(result), Json::Object(expected)) => {
            expected.iter().all(|(name, value)| result.get(name).is_some_and(|own| holds(own, value)))
        }
        _ => result == expected,
    }
}
