//! The parser `smoker.plugins.jmxparser`, the recipe `etc/jmx/JmxCall.java`
//! and a JVM.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value as Json, json};
use smoker_tests::machine::skip::program;
use tempfile::TempDir;

use crate::request::parser;
use crate::service::fixture;

const INSTALL: &str = "install with: apt-get install default-jdk-headless";

/// The JVMs of a test do little, so the compiler of the JVM need not do much.
const QUICK_START: [&str; 2] = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

fn recipe() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../etc/jmx/JmxCall.java")
}

/// A JVM with self-tests.
struct Target {
    java: PathBuf,
    /// The programs, compiled once.
    classes: TempDir,
    process: Child,
    pid: String,
    url: String,
}

impl Target {
    fn start() -> Option<Self> {
        // Only a JDK has the compiler.
        let (javac, java) = (program("javac", INSTALL)?, program("java", INSTALL)?);
        let classes = tempfile::tempdir().expect("a temporary folder");
        let mut compiler = Command::new(javac);
        compiler.args(QUICK_START.map(|option| format!("-J{option}"))).arg("-d").arg(classes.path());
        let status = compiler.arg(fixture("jmx/Target.java")).arg(recipe()).status().expect("a compiler");
        assert!(status.success(), "{status}");
        let mut command = Command::new(&java);
        command.args(QUICK_START).arg("-cp").arg(classes.path()).arg("Target");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("a JVM");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("its output");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let (pid, url) = line.trim().split_once(' ').expect("process id and address");
        Some(Self { java, classes, process, pid: pid.to_owned(), url: url.to_owned() })
    }

    /// Calls an operation by the compiled recipe, and reads what is printed.
    fn call(&self, target: [&str; 2], operation: &str, arguments: &[&str]) -> Json {
        let mut command = Command::new(&self.java);
        command.args(QUICK_START).arg("-cp").arg(self.classes.path()).arg("JmxCall");
        Self::read(&mut command, target, operation, arguments)
    }

    /// Calls an operation as a plugin's command does, by the source of the recipe.
    fn call_by_source(&self, target: [&str; 2], operation: &str) -> Json {
        Self::read(Command::new(&self.java).arg(recipe()), target, operation, &[])
    }

    fn read(command: &mut Command, target: [&str; 2], operation: &str, arguments: &[&str]) -> Json {
        command.args(target).args(["--mbean", "example:type=SelfTest", "--operation", operation]);
        let output = command.args(arguments).output().expect("a run");
        let stdout = String::from_utf8(output.stdout).expect("text");
        parser("smoker.plugins.jmxparser", &stdout, output.status.code(), &json!({}))
            .unwrap_or_else(|reason| panic!("{reason}: {stdout}{}", String::from_utf8_lossy(&output.stderr)))
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn self_tests_are_called_and_judged() {
    let Some(target) = Target::start() else { return };
    let by_url = ["--url", target.url.as_str()];
    let by_pid = ["--pid", target.pid.as_str()];
    let answer = target.call_by_source(by_pid, "selfTest");
    assert_eq!((&answer["status"], &answer["messages"]["info"]), (&json!("OK"), &json!(["OK: \"all\" fine é"])));
    assert_eq!(target.call(by_url, "ping", &[])["status"], "ERROR");
    assert_eq!(target.call(by_url, "failures", &[])["status"], "OK");
    let parts = target.call(by_url, "parts", &[]);
    let statuses: Vec<_> =
        parts["componentResults"].as_object().expect("components").values().map(|part| &part["status"]).collect();
    assert_eq!(statuses, ["OK", "ERROR", "WARN"]);
    let table = target.call(by_url, "table", &[]);
    let rows = ["db", "net"].map(|part| &table["componentResults"][part]["status"]);
    assert_eq!(rows, ["OK", "ERROR"], "{table}");
    assert_eq!(target.call(by_url, "echo", &["ok ", "2"])["messages"]["info"], json!(["ok ok"]));
}

#[test]
fn what_cannot_be_called_is_an_error_that_says_why() {
    let Some(target) = Target::start() else { return };
    let by_url = ["--url", target.url.as_str()];
    let error = |answer: Json| answer["messages"]["error"][0].as_str().expect("an error").to_owned();
    assert_eq!(error(target.call(by_url, "broken", &[])), "IllegalStateException: no database");
    assert!(error(target.call(by_url, "absent", &[])).ends_with("has no operation absent with 0 arguments"));
    let nowhere = ["--address", "127.0.0.1:1"];
    assert!(error(target.call(nowhere, "ping", &[])).contains("Connection refused"));
}
