//! The recorded command lines. `tests/corpus/README.md` describes the files.

use std::path::PathBuf;

use regex::Regex;
use serde_json::Value;

use crate::fake::Fake;
use crate::run::{CHECK, Done, Run, SMOKERCLI};

const DEFAULT_CONFIG: &str = "plugin_paths:\n    - smoker.client.plugins\n";

/// A run of a case, with what the hosts were asked.
pub(crate) struct Replayed {
    pub(crate) done: Done,
    pub(crate) requests: Vec<Vec<Value>>,
}

/// The folder of the corpus.
pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// All cases.
pub(crate) fn cases() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("cases.json")).expect("the corpus is there");
    serde_json::from_str(&text).expect("the corpus is JSON")
}

/// The case of this name.
pub(crate) fn case(name: &str) -> Value {
    cases().into_iter().find(|case| case["name"] == name).unwrap_or_else(|| panic!("no case {name}"))
}

/// A canned daemon of the corpus.
pub(crate) fn host(name: &str) -> Value {
    let path = folder().join("hosts").join(format!("{name}.json"));
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("host {name}: {error}"));
    serde_json::from_str(&text).expect("a host is JSON")
}

/// Texts of a field that is a list.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Runs our binary as the case says.
pub(crate) fn replay(case: &Value) -> Replayed {
    let fakes: Vec<_> = texts(&case["hosts"]).iter().map(|name| Fake::start(&host(name))).collect();
    let is_check = case["tool"] == "check_smoker_plugin";
    let mut run = Run::of(if is_check { CHECK } else { SMOKERCLI }).env("CLICOLOR_FORCE", "1");
    let mut places = vec![("HOME".to_owned(), run.home().display().to_string())];
    places.push(("FILES".to_owned(), folder().join("files").display().to_string()));
    for (index, fake) in fakes.iter().enumerate() {
        places.push((format!("H{}", index + 1), fake.address().to_owned()));
        places.push((format!("P{}", index + 1), fake.port().to_string()));
    }
    for (name, text) in case["home_files"].as_object().into_iter().flatten() {
        run.file(name, &fill(text.as_str().expect("text"), &places));
    }
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        run = run.env(name, &fill(value.as_str().expect("text"), &places));
    }
    let python_path = texts(&case["pythonpath"]);
    if !python_path.is_empty() {
        run = run.env("PYTHONPATH", &fill(&python_path.join(":"), &places));
    }
    let config = case.get("config").map_or(Some(DEFAULT_CONFIG), Value::as_str);
    if let Some(config) = config {
        run = run.config(&fill(config, &places));
    }
    // The original's check always asks port 8086, which the tests cannot have for themselves.
    if let (true, Some(fake)) = (is_check, fakes.first()) {
        run = run.args(["-H", fake.address()]);
    }
    run = run.args(texts(&case["argv"]).iter().map(|argument| fill(argument, &places)));
    let mut done = if case["tty"] == true { run.done_on_terminal() } else { run.done() };
    done.stdout = with_places(&done.stdout, &places);
    done.stderr = with_places(&done.stderr, &places);
    Replayed { done, requests: fakes.iter().map(Fake::requests).collect() }
}

fn fill(text: &str, places: &[(String, String)]) -> String {
    places.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

/// Puts placeholders back; a port alone counts only behind a colon.
fn with_places(text: &str, places: &[(String, String)]) -> String {
    places.iter().fold(text.to_owned(), |text, (name, value)| {
        let place = format!("{{{{{name}}}}}");
        if name.starts_with('P') {
            let port = Regex::new(&format!(":{value}\\b")).expect("a valid pattern");
            return port.replace_all(&text, format!(":{place}").as_str()).into_owned();
        }
        text.replace(value, &place)
    })
}
