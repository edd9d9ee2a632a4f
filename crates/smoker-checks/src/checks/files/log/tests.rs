use std::io::Write;

use serde_json::{Value as Json, json};

use super::*;
use crate::test_request::plugin;

struct Log {
    folder: tempfile::TempDir,
    remembered: Option<Json>,
}

impl Log {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), remembered: None }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("app.log")
    }

    fn append(&self, text: &str) {
        let mut file = File::options().append(true).create(true).open(self.path()).expect("a log");
        file.write_all(text.as_bytes()).expect("written");
    }

    /// The number of matching new lines, and the status.
    fn run(&mut self, parameters: &Json) -> (String, Option<String>) {
        let mut all = json!({"File": self.path(), "Pattern": "bad"});
        all.as_object_mut().expect("an object").extend(parameters.as_object().cloned().unwrap_or_default());
        let request = ModuleRequest { remembered: self.remembered.clone(), ..plugin("log", all) };
        let findings = run(&request).expect("findings");
        self.remembered = findings.remembered;
        let count = findings.perfdata.iter().find(|datum| datum.label.ends_with("Count"));
        let count = count.and_then(|datum| datum.value.as_ref()).map(ToString::to_string);
        (findings.status.as_str().to_owned(), count)
    }
}

fn found(status: &str, count: &str) -> (String, Option<String>) {
    (status.to_owned(), Some(count.to_owned()))
}

#[test]
fn each_line_counts_once_and_half_a_line_later() {
    let mut log = Log::new();
    log.append("bad old\n");
    assert_eq!(log.run(&json!({})), found("OK", "0"));
    log.append("bad 1\ngood\nba");
    assert_eq!(log.run(&json!({})), found("ERROR", "1"));
    log.append("d 2\n");
    assert_eq!(log.run(&json!({})), found("ERROR", "1"));
    assert_eq!(log.run(&json!({})), found("OK", "0"));
    log.append("bad test\nbad\n");
    assert_eq!(log.run(&json!({"Ignore": "test", "Error": "> 1", "Warn": "> 0"})), found("WARN", "1"));
}

#[test]
fn a_line_without_an_end_counts_when_nobody_goes_on_with_it() {
    let mut log = Log::new();
    log.append("x\n");
    log.run(&json!({}));
    log.append("good\nbad: no line break");
    assert_eq!(log.run(&json!({})), found("OK", "0"));
    assert_eq!(log.run(&json!({})), found("ERROR", "1"));
    assert_eq!(log.run(&json!({})), found("OK", "0"));
    log.append(", and more\nbad\n");
    assert_eq!(log.run(&json!({})), found("ERROR", "1"));
}

#[test]
fn what_is_no_text_is_an_error() {
    for content in ["b\0a\0d\0\n\0b\0a\0d\0\n\0", "\0b\0a\0d\0\n\0b\0a\0d\0\n", "LPKSHHRH\0\0\0\0", "\u{4}\"M\u{18}"] {
        let mut log = Log::new();
        log.append(content);
        assert_eq!(log.run(&json!({})).0, "ERROR", "{content:?}");
    }
    let mut log = Log::new();
    log.append("x\n");
    log.run(&json!({}));
    log.append("\0\0\0\0bad\n\0\0\0\0\0\n");
    assert_eq!(log.run(&json!({"Pattern": "^bad"})), found("ERROR", "1"), "a hole is no text");
}

#[test]
fn a_first_run_may_read_what_is_there() {
    let mut log = Log::new();
    log.append("bad\nbad\n");
    assert_eq!(log.run(&json!({"FromStart": true})), found("ERROR", "2"));
}

#[test]
fn rotated_and_emptied_logs_lose_nothing() {
    let mut log = Log::new();
    log.append("x\n");
    log.run(&json!({}));
    log.append("bad before\n");
    fs::rename(log.path(), log.folder.path().join("app.log.1")).expect("rotated");
    log.append("bad behind\n");
    assert_eq!(log.run(&json!({})), found("ERROR", "2"));
    fs::write(log.path(), "bad\n").expect("emptied");
    assert_eq!(log.run(&json!({})), found("ERROR", "1"));
    fs::write(log.path(), "good\nbad\nbad and longer than it was\n").expect("emptied and filled again");
    assert_eq!(log.run(&json!({})), found("ERROR", "2"));
    log.append("bad without an end");
    fs::rename(log.path(), log.folder.path().join("app.log.2")).expect("rotated");
    fs::write(log.path(), "").expect("a new log");
    assert_eq!(log.run(&json!({})), found("ERROR", "1"));
}

#[test]
fn a_log_that_appears_later_is_new_from_its_beginning() {
    let mut log = Log::new();
    log.run(&json!({"Optional": true}));
    log.append("bad\n");
    assert_eq!(log.run(&json!({"Optional": true})), found("ERROR", "1"));

    let mut log = Log::new();
    let pattern = json!({"File": log.folder.path().join("*.log"), "Optional": true});
    log.append("bad old\n");
    assert_eq!(log.run(&pattern), found("OK", "0"));
    fs::write(log.folder.path().join("a.log"), "bad new\n").expect("another log");
    assert_eq!(log.run(&pattern), found("ERROR", "1"));
}

#[test]
fn what_is_too_much_for_one_run_is_read_by_the_next_even_when_it_was_rotated_away() {
    let mut log = Log::new();
    log.append("x\n");
    log.run(&json!({}));
    let line = format!("{}\n", "y".repeat(1023));
    log.append(&line.repeat(33 * 1024));
    log.append("bad\n");
    fs::rename(log.path(), log.folder.path().join("app.log.1")).expect("rotated");
    log.append("bad\n");
    assert_eq!(log.run(&json!({})), found("WARN", "0"));
    assert_eq!(log.run(&json!({})), found("ERROR", "2"));
}

#[test]
fn a_log_that_is_copied_and_emptied_loses_nothing() {
    let mut log = Log::new();
    log.append("x\n");
    log.run(&json!({}));
    log.append("bad before\n");
    fs::copy(log.path(), log.folder.path().join("app.log.1")).expect("copied");
    fs::write(log.path(), "bad behind\n").expect("emptied");
    assert_eq!(log.run(&json!({})), found("ERROR", "2"));
    assert_eq!(log.run(&json!({})), found("OK", "0"));
    fs::write(log.folder.path().join("app.log.2"), "bad of another log\n").expect("no copy");
    fs::write(log.path(), "y\n").expect("emptied without a copy");
    assert_eq!(log.run(&json!({})), found("OK", "0"));
}

#[test]
fn what_is_no_text_is_no_log() {
    let mut log = Log::new();
    for content in [&b"\x1f\x8b\x08\0bad\n"[..], b"\xff\xfeb\0a\0d\0"] {
        fs::write(log.path(), content).expect("a file");
        assert_eq!(log.run(&json!({})), ("ERROR".to_owned(), None));
    }
    fs::rename(log.path(), log.folder.path().join("utf-16")).expect("out of the way");
    fs::write(log.folder.path().join("app.log.1.gz"), b"\x1f\x8b\x08\0bad\n").expect("a packed log");
    log.append("bad old\n");
    let pattern = json!({"File": log.folder.path().join("app.log*")});
    assert_eq!(log.run(&pattern).0, "OK");
    log.append("bad\n");
    assert_eq!(log.run(&pattern).0, "ERROR");
}

#[test]
fn an_empty_pattern_is_refused() {
    let log = Log::new();
    for (name, value) in [("Ignore", json!("")), ("Ignore", json!(["a", ""])), ("Pattern", json!(""))] {
        let mut parameters = json!({"File": log.path(), "Pattern": "bad"});
        parameters[name] = value;
        let reason = run(&plugin("log", parameters)).expect_err("an empty pattern");
        assert!(reason.starts_with(&format!("{name} has an empty pattern")), "{reason}");
    }
}

#[test]
fn a_log_that_is_missing_is_an_error_unless_it_is_optional() {
    let mut log = Log::new();
    assert_eq!(log.run(&json!({})).0, "ERROR");
    assert_eq!(log.run(&json!({"Optional": true})).0, "OK");
}
