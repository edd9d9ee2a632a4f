//! The example that is shipped.

use std::fs;
use std::path::Path;

use smoker_tests::background::hello;
use smoker_tests::cli;
use smoker_tests::markdown;
use smoker_tests::sandbox::Sandbox;

/// Holds a logging configuration to be one without a problem.
fn check(path: &str) {
    let sandbox = Sandbox::new();
    hello().write(&sandbox).expect("writable");
    cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml", "--logging-conf", path]).expect_code(0);
}

fn example() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../etc/logging.ini")
}

#[test]
fn the_example_loads_without_a_problem() {
    check(&example().display().to_string());
}

#[test]
fn the_example_of_the_page_loads_without_a_problem() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/logging.md");
    let page = fs::read_to_string(page).expect("it is there");
    let blocks = markdown::blocks(&page);
    let block = blocks.iter().find(|block| block.language == "ini").expect("there is an example");
    let sandbox = Sandbox::new();
    sandbox.write("logging.ini", block.text.as_bytes()).expect("writable");
    check(&sandbox.path("logging.ini").display().to_string());
}

/// Python has to be able to read it, too: who goes back should be able to.
#[test]
fn python_reads_the_example_too() {
    let Some(python) = smoker_tests::skip::program("python3", "install python3") else { return };
    let sandbox = Sandbox::new();
    let text = fs::read_to_string(example()).expect("it is shipped");
    let text = text.replace("/var/log/", "{{DIR}}/").replace("'/dev/log'", "('127.0.0.1', 9)");
    sandbox.write("logging.ini", text.as_bytes()).expect("writable");
    let mut command = sandbox.command(&python);
    command.args(["-c", "import logging.config, sys; logging.config.fileConfig(sys.argv[1])"]);
    command.arg(sandbox.path("logging.ini"));
    cli::run(&mut command).expect_code(0);
}
