//! The daemon's configuration, text to plugins.
//!
//! Parts: the main file; `part.yaml`, which it may include; `part.d/one.yaml`,
//! whose folder it may include; a value as `--set` takes it.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use smoker_config::config::{self, Config};
use smoker_config::problem::{Location, Problem};
use smoker_config::spec::overrides;
use smoker_model::notation::python_text;
use smoker_model::value::Value;
use smoker_runner::template;
use tempfile::TempDir;

use crate::inputs::fields::{Fields, joined};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::place;

pub(crate) const TARGET: Target = Target {
    name: "yaml",
    about: "the daemon's configuration, with tags and includes",
    check,
    make,
    words: &WORDS,
    time: limits::TIME,
};

thread_local! {
    static FOLDER: TempDir = {
        let folder = place::folder();
        fs::create_dir(folder.path().join("part.d")).expect("a folder");
        folder
    };
}

fn check(input: &[u8]) -> String {
    let fields = Fields::of(input);
    let files = ["smokerd.yaml", "part.yaml", "part.d/one.yaml"];
    let folder = FOLDER.with(|folder| folder.path().to_owned());
    for (at, name) in files.into_iter().enumerate() {
        fs::write(folder.join(name), fields.bytes(at)).expect("the folder is writable");
    }
    let _ = overrides::value_of(&fields.text(3));
    let main = folder.join(files[0]);
    match config::load(&main, |_| None) {
        Ok(config) => {
            check_problems(&config.problems, &folder);
            check_plugins(&config)
        }
        Err(error) => {
            check_problems(error.problems(), &folder);
            error.location().inspect(|location| check_location(location, &folder));
            let text = error.to_string();
            assert!(!text.is_empty());
            text.replace(&folder.display().to_string(), "")
        }
    }
}

fn check_problems(problems: &[Problem], folder: &Path) {
    for problem in problems {
        assert!(!problem.text.is_empty(), "a problem without a text");
        problem.location.iter().for_each(|location| check_location(location, folder));
    }
}

/// A place is one that an editor can go to.
fn check_location(location: &Location, folder: &Path) {
    assert!(location.line >= 1 && location.column >= 1, "{location}");
    if location.file.starts_with(folder) {
        let text = fs::read(&location.file).expect("a file that was read");
        let text = String::from_utf8_lossy(&text).replace("\r\n", "\n").replace('\r', "\n");
        assert!(location.line <= text.split('\n').count(), "{location} is behind the end of {text:?}");
    }
}

fn check_plugins(config: &Config) -> String {
    assert!(!config.plugins.is_empty(), "a configuration without plugins");
    let mut outcome = config.problems.iter().take(2).map(|problem| problem.text.as_str()).collect::<String>();
    for plugin in &config.plugins {
        assert!(!plugin.invocation.timeout.duration.is_zero(), "{}: no time", plugin.name);
        let text = serde_json::to_string(&plugin.parameters).expect("parameters are JSON");
        let json: Json = serde_json::from_str(&text).expect("and read back");
        for (name, value) in &plugin.parameters {
            assert!(value.equals_json(&json[name]) || has_no_json(value), "{value:?} became {}", json[name]);
            let _ = (python_text::str(value), python_text::repr(value));
        }
        if let Some(Value::Text(command)) = plugin.parameters.get("Command") {
            let line = template::fill(command, &|name| plugin.parameters.get(name).cloned());
            outcome += if line.is_ok() { " command" } else { " refused" };
        }
    }
    outcome
}

/// Infinity, dates and their like are something else in JSON, and secrets are not shown.
fn has_no_json(value: &Value) -> bool {
    match value {
        Value::Float(number) => !number.is_finite(),
        Value::Int(number) => i64::try_from(*number).is_err(),
        Value::Date(_) | Value::Moment(_) | Value::ZonedMoment(_) | Value::Secret(_) => true,
        Value::List(items) => items.iter().any(has_no_json),
        Value::Map(entries) => entries.iter().any(|(name, value)| name.as_text().is_none() || has_no_json(value)),
        _ => false,
    }
}

fn make(random: &mut Random) -> Vec<u8> {
    let main = main_file(random);
    let part = mapping(random, 2, 0);
    let folder_file = mapping(random, 1, 0);
    joined(&[&main, &part, &folder_file, &scalar(random)])
}

fn main_file(random: &mut Random) -> String {
    let top = random.texts(&TOP, 4);
    let base = mapping(random, 0, 4);
    let mut entries = || {
        random.joined(4, "", |random| {
            let body = random.pick(&["\n", "", "!include part.yaml\n", "null\n", "&a\n", "*a\n"]);
            format!("  {}: {body}{}", key(random), mapping(random, 1, 4))
        })
    };
    let (templates, actions, plugins) = (entries(), entries(), entries());
    format!("{top}templates:\n  BasePlugin:\n{base}{templates}actions:\n{actions}plugins:\n{plugins}")
}

pub(crate) fn mapping(random: &mut Random, depth: usize, indent: usize) -> String {
    let entry =
        |random: &mut Random| format!("{}{}: {}\n", " ".repeat(indent), key(random), node(random, depth, indent + 2));
    entry(random) + &random.joined(5, "", entry)
}

fn node(random: &mut Random, depth: usize, indent: usize) -> String {
    let Some(deeper) = depth.checked_sub(1) else {
        return scalar(random);
    };
    match random.below(6) {
        0 => format!("\n{}", mapping(random, deeper, indent)),
        1 => format!("[{}]", random.joined(4, ", ", |random| node(random, 0, 0))),
        2 => format!("{{{}}}", random.joined(4, ", ", |random| format!("{}: {}", key(random), scalar(random)))),
        3 => format!("\n{}- {}", " ".repeat(indent), node(random, deeper, indent + 2)),
        4 => format!("{}{}", random.pick(&WORDS), node(random, deeper, indent)),
        _ => scalar(random),
    }
}

fn key(random: &mut Random) -> String {
    if random.one_in(8) { scalar(random) } else { random.pick(&KEYS).to_owned() }
}

fn scalar(random: &mut Random) -> String {
    match random.below(6) {
        0 => random.number(),
        1 => format!("\"{}\"", random.texts(&ESCAPES, 4)),
        2 => format!("'{}'", random.word().replace(['\'', '\0'], "")),
        3 => random.word(),
        _ => random.pick(&SCALARS).to_owned(),
    }
}

pub(crate) const TOP: [&str; 12] = [
    "bind_host: 127.0.0.1\n",
    "bind_port: 8086\n",
    "bind_port: !!str 1\n",
    "uid: 1\ngid: 1\n",
    "allow: [127.0.0.1, 10.0.0.0/8]\n",
    "history_memory: 1 GiB\n",
    "nr_concurrent_plugins: 2\n",
    "python_path: [a]\n",
    "x-mine: &a {Timeout: 5}\n",
    "%YAML 1.1\n---\n",
    "pidfile: p\n",
    "<<: {stdin: a}\n",
];

const KEYS: [&str; 34] = [
    "Command",
    "Module",
    "Parser",
    "Template",
    "Action",
    "Interval",
    "Timeout",
    "History",
    "uid",
    "gid",
    "Enabled",
    "MaxOutput",
    "Splay",
    "Serial",
    "Stdin",
    "MaintenanceLock",
    "BasePlugin",
    "Base",
    "a",
    "b",
    "Category",
    "Type",
    "<<",
    "? a\n: b",
    "!!str 1",
    "plugins",
    "templates",
    "actions",
    "Tmeout",
    "Comand",
    "1",
    "yes",
    "~",
    "2024-01-01",
];

const SCALARS: [&str; 54] = [
    "echo hi",
    "echo %(a)s",
    "'%(Timeout)05d'",
    "smoker.server.plugins.uname",
    "nagios",
    "BasePlugin",
    "a",
    "b",
    "true",
    "no",
    "on",
    "Off",
    "null",
    "~",
    "",
    "default",
    "root",
    "0",
    "5",
    "0.5",
    "-1",
    ".inf",
    "-.Inf",
    ".NaN",
    "1e3",
    "1.0e+3",
    "017",
    "0o17",
    "1:30",
    "1_000",
    "2024-01-02",
    "2024-01-02 03:04:05",
    "2024-01-02T03:04:05.678+01:00",
    "2024-13-45",
    "5 MiB",
    "1 h",
    "json",
    "[1, [2, {3: 4}]]",
    "{}",
    "[]",
    "|\n      a\n      b",
    ">-\n      a",
    "&a x",
    "*a",
    "!include part.yaml",
    "!include_dir part.d",
    "!env HOME",
    "!file part.yaml",
    "!!int '5'",
    "!!float 1",
    "!!binary aGk=",
    "!!set {a, b}",
    "!!python/object:os.system x",
    "# a",
];

const ESCAPES: [&str; 14] =
    ["a", " ", "\\n", "\\0", "\\x41", "\\u0041", "\\U0001F600", "\\ud800", "\\\\", "\\\"", "\\/", "\\", "\n", "%(a)s"];

pub(crate) const WORDS: [&str; 46] = [
    "!include part.yaml",
    "!include_dir part.d",
    "!include smokerd.yaml",
    "!env HOME",
    "!file part.yaml",
    "!!str ",
    "!!int ",
    "!!float ",
    "!!bool ",
    "!!null ",
    "!!timestamp ",
    "!!binary ",
    "!!omap ",
    "!!pairs ",
    "!!set ",
    "!!seq ",
    "!!map ",
    "!!merge ",
    "! ",
    "!x ",
    "!<tag:yaml.org,2002:str> ",
    "&a ",
    "*a",
    "<<: *a",
    "<<: [*a, *a]",
    ": ",
    "- ",
    "? ",
    "| ",
    "|+2\n",
    "> ",
    "---\n",
    "...\n",
    "%TAG ! a\n",
    "#",
    "\n",
    "\n  ",
    "\n    ",
    "\t",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'",
    "\"",
];
