//! `docs/configuration.md` knows every key that the code knows, and no other; its defaults are the code's, and its
//! examples are taken without a word and change something.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use smoker_config::config::Config;
use smoker_config::keys::{OF_ACTIONS, OF_OTLP, OF_PLUGINS, TOP_LEVEL};
use smoker_config::problem::Severity;
use smoker_config::sources::Sources;
use smoker_model::plugin::Parameters;
use smoker_model::value::Value;
use smoker_tests::documents::markdown;

use crate::support::Folder;

/// One row of a table: what the page says of a key.
struct Documented {
    default: Option<String>,
    example: String,
}

type Keys = BTreeMap<String, Documented>;

/// The keys in the tables under a heading. A default that is one word in
/// backticks is a value; anything else is prose.
fn documented(heading: &str) -> Keys {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let page = fs::read_to_string(path).expect("the page is there");
    let mut keys = Keys::new();
    for table in markdown::tables(&page) {
        if !table.is_under(heading) || table.columns[0] != "key" {
            continue;
        }
        for row in &table.rows {
            let cell = |column| table.cell(row, column).unwrap_or_else(|| panic!("no column {column} under {heading}"));
            for key in markdown::code_spans(cell("key")) {
                let (default, example) = (code(cell("default")), code(cell("example")));
                let example = example.unwrap_or_else(|| panic!("docs/configuration.md: {key} has no example"));
                keys.insert(key.to_owned(), Documented { default, example });
            }
        }
    }
    keys
}

fn code(cell: &str) -> Option<String> {
    cell.strip_prefix('`')?.strip_suffix('`').filter(|inner| !inner.contains('`')).map(str::to_owned)
}

/// Holds the table under a heading against the code: its keys are the known
/// ones, a default that is written out changes nothing, an example does.
fn compare<T: PartialEq + Debug>(heading: &str, known: &[&str], load: impl Fn(&[String]) -> T) {
    let keys = documented(heading);
    for key in known {
        assert!(keys.contains_key(*key), "docs/configuration.md: {key} is missing in the table under {heading}");
    }
    for (key, Documented { default, example }) in &keys {
        assert!(known.contains(&key.as_str()), "docs/configuration.md: no key {key} of {heading} is known to the code");
        // The sections are what everything else is about, and favicon means nothing.
        if matches!(key.as_str(), "plugins" | "templates" | "actions" | "favicon") {
            continue;
        }
        // One of a pair alone is refused.
        let pairs = [["uid", "gid"], ["tls_cert", "tls_key"]];
        let alone = [key.as_str()];
        let names = pairs.iter().find(|pair| pair.contains(&alone[0])).map_or(&alone[..], |pair| pair);
        let beside: &[&str] = match key.as_str() {
            // Without scheduled runs there is nothing to spread, and no result is an attempt.
            "Splay" | "Retries" => &["Interval: 1h"],
            "Timezone" => &["Cron: '@daily'"],
            // They are about what an action does.
            "ActionOn" | "Repeat" | "ActionGroup" => &["Action: Tell"],
            "tls_client_ca" => &["state_dir: /a"],
            "tls_crl" => &["state_dir: /a", "tls_client_ca: /b"],
            _ => &[],
        };
        let beside: Vec<_> = beside.iter().map(|line| (*line).to_owned()).collect();
        let own = |value: &str| names.iter().map(|name| format!("{name}: {value}")).collect::<Vec<_>>();
        let with = |value: &str| load(&[&beside[..], &own(value)].concat());
        let without = load(&beside);
        if let Some(default) = default {
            assert_eq!(with(default), without, "docs/configuration.md: {key} has another default");
        }
        assert_ne!(with(example), without, "docs/configuration.md: the example of {key} changes nothing");
    }
}

/// Loads what has to load without a word.
fn quietly(text: &str) -> Config {
    let mut config = Folder::with(text).config();
    // Each lies in a folder of its own.
    config.sources = Sources::default();
    config.problems.retain(|problem| problem.severity > Severity::Info);
    assert_eq!(config.problems, [], "{text}");
    for plugin in &mut config.plugins {
        // They show every key as it was written.
        plugin.parameters = Parameters::new();
        plugin.actions.iter_mut().for_each(|action| action.parameters = Value::Null);
    }
    config
}

/// The lines of a plugin or action, with a command unless they say what is run.
fn body(lines: &[String]) -> String {
    let runs = lines.iter().any(|line| ["Command:", "Module:", "Check:"].iter().any(|key| line.starts_with(key)));
    let command = if runs { "" } else { "    Command: uptime\n" };
    lines.iter().fold(command.to_owned(), |text, line| text + "    " + line + "\n")
}

#[test]
fn top_level_keys() {
    compare("Top level", TOP_LEVEL, |lines| {
        let sections = "templates: {BasePlugin: {}}\nplugins: {p: {Command: x}}\n";
        quietly(&format!("{}\n{sections}", lines.join("\n")))
    });
}

#[test]
fn keys_of_plugins() {
    compare("Plugins and templates", OF_PLUGINS, |lines| {
        let others = "templates: {BasePlugin: {}, Often: {History: 7}}\nactions: {Tell: {Command: x}}\n";
        quietly(&format!("{others}plugins:\n  other: {{Command: x}}\n  p:\n{}", body(lines)))
    });
}

#[test]
fn keys_of_actions() {
    compare("Actions", OF_ACTIONS, |lines| {
        let others = "templates: {BasePlugin: {}}\nplugins: {p: {Command: x, Action: a}}\n";
        quietly(&format!("{others}actions:\n  a:\n{}", body(lines)))
    });
}

#[test]
fn keys_of_the_collector() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let tables = markdown::tables(&fs::read_to_string(path).expect("the page is there"));
    let table = tables.iter().find(|table| table.columns[0] == "key of `otlp`").expect("a table of its keys");
    let keys: Vec<_> = table.rows.iter().flat_map(|row| markdown::code_spans(&row[0])).collect();
    assert_eq!(keys, OF_OTLP);
    let with = |lines: &str| {
        let text = format!(
            "otlp: {{endpoint: 'http://a'{lines}}}\ntemplates: {{BasePlugin: {{}}}}\nplugins: {{p: {{Command: x}}}}\n"
        );
        quietly(&text).settings.otlp
    };
    assert_eq!(with(", interval: 60s"), with(""), "the default of interval");
}
