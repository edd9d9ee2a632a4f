//! The example that is shipped.

use std::fs;
use std::path::Path;

use smoker_tests::cli;
use smoker_tests::config::hello;
use smoker_tests::documents::markdown;
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
    let blocks = markdown::blocks(&page());
    let block = blocks.iter().find(|block| block.language == "ini").expect("there is an example");
    let sandbox = Sandbox::new();
    sandbox.write("logging.ini", block.text.as_bytes()).expect("writable");
    check(&sandbox.path("logging.ini").display().to_string());
}

/// Python has to be able to read it, too: who goes back should be able to.
#[test]
fn python_reads_the_example_too() {
    let Some(python) = smoker_tests::machine::skip::program("python3", "install python3") else { return };
    let sandbox = Sandbox::new();
    let text = fs::read_to_string(example()).expect("it is shipped");
    let text = text.replace("/var/log/", "{{DIR}}/").replace("'/dev/log'", "('127.0.0.1', 9)");
    sandbox.write("logging.ini", text.as_bytes()).expect("writable");
    let mut command = sandbox.command(&python);
    command.args(["-c", "import logging.config, sys; logging.config.fileConfig(sys.argv[1])"]);
    command.arg(sandbox.path("logging.ini"));
    cli::run(&mut command).expect_code(0);
}

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/logging.md")).expect("it is there")
}

/// Every field that the page lists is one, and every class takes what it lists.
#[test]
fn the_page_lists_what_there_is() {
    let page = page();
    let fields = page.split("Fields: ").nth(1).and_then(|text| text.split(". ").next()).expect("a list of fields");
    let fields: Vec<_> = markdown::code_spans(fields).into_iter().map(|name| format!("%({name})s")).collect();
    assert!(fields.len() > 15, "{fields:?}");
    let tables = markdown::tables(&page);
    let classes = tables.iter().find(|table| table.columns[0] == "class").expect("a table of classes");
    let handlers =
        classes.rows.iter().flat_map(|row| markdown::code_spans(&row[0]).into_iter().map(move |class| (class, row)));
    let sections: Vec<_> = handlers
        .enumerate()
        .map(|(number, (class, row))| {
            format!("[handler_h{number}]\nclass={class}\nformatter=all\nkwargs={{{}}}\n", arguments(&row[1]))
        })
        .collect();
    let names: Vec<_> = (0..sections.len()).map(|number| format!("h{number}")).collect();
    let (names, sections, fields) = (names.join(","), sections.concat(), fields.join(" "));
    let ini = format!(
        "[loggers]\nkeys=root\n[handlers]\nkeys={names}\n[formatters]\nkeys=all\n[logger_root]\nhandlers={names}\n{sections}\
         [formatter_all]\nformat={fields}\n"
    );
    let sandbox = Sandbox::new();
    sandbox.write("logging.ini", ini.as_bytes()).expect("writable");
    check(&sandbox.path("logging.ini").display().to_string());
}

/// All arguments of a cell, each with a value.
fn arguments(cell: &str) -> String {
    // Examples of values stand behind a colon.
    let plain: String = cell.split("; ").map(|part| part.split(": ").next().unwrap_or(part)).collect();
    let names = markdown::code_spans(&plain).into_iter().filter(|name| name.chars().all(char::is_alphabetic));
    names.fold(String::new(), |all, name| all + "'" + name + "': " + value(name) + ", ")
}

fn value(argument: &str) -> &'static str {
    match argument {
        "stream" => "sys.stdout",
        "when" => "'W0'",
        "mode" => "'a'",
        "encoding" => "'utf-8'",
        "socktype" => "socket.SOCK_STREAM",
        "address" => "('localhost', 514)",
        "facility" => "'daemon'",
        "filename" => "'/tmp/never-opened'",
        _ => "1",
    }
}
