//! Man pages have the sections that a reader looks for, and a form that `mandoc` finds nothing wrong with.

use std::fs;
use std::path::Path;
use std::process::Command;

use smoker_tests::cli::{self, Output};
use smoker_tests::machine::skip::program;

use crate::options::{PROGRAMS, section};
use crate::page;

/// Programs whose options only their man pages have.
const OTHERS: [(&str, &str); 2] =
    [("smoker-bridge", "docs/man/smoker-bridge.1"), ("smoker-fleet", "docs/man/smoker-fleet.1")];

/// Where pages are, with the program that makes the one about the configuration.
const FOLDER: &str = "docs/man";

#[test]
fn every_page_has_the_sections_that_readers_look_for() {
    for (program, path) in PROGRAMS.into_iter().chain(OTHERS) {
        let source = page::read(path);
        for title in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"] {
            assert!(!section(&source, title).is_empty(), "{path}: {title}");
        }
        if !["check_smoker_plugin", "smoker-bridge", "smoker-fleet"].contains(&program) {
            assert!(section(&source, "FILES").contains("/etc/smoker"), "{path}");
            assert!(section(&source, "ENVIRONMENT").contains(".It Ev "), "{path}");
        }
    }
    for signal in ["SIGTERM", "SIGINT", "SIGHUP"] {
        assert!(section(&page::read("docs/man/smokerd.8"), "SIGNALS").contains(signal), "{signal}");
    }
}

#[test]
fn the_page_of_the_configuration_has_every_key_with_its_default() {
    let source = configuration_page();
    let rows = smoker_tests::documents::markdown::tables(&page::read("docs/configuration.md"))
        .into_iter()
        .flat_map(|table| table.rows)
        .collect::<Vec<_>>();
    assert!(rows.len() > 30, "{rows:?}");
    for row in rows {
        let term = row[0]
            .split('`')
            .enumerate()
            .fold(String::new(), |text, (at, part)| text + part + if at % 2 == 0 { "\\fB" } else { "\\fR" });
        let term = format!(".TP\n{}\n", term.trim_end_matches("\\fB"));
        assert!(source.contains(&term), "{term} is missing in {source}");
    }
    assert!(!source.contains('`') && !source.contains("]("), "some markdown is left in {source}");
}

#[test]
fn mandoc_finds_nothing_wrong() {
    let Some(mandoc) = program("mandoc", "apt-get install mandoc") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = folder.path().join("smokerd.yaml.5");
    fs::write(&made, configuration_page()).expect("writable");
    let pages = fs::read_dir(page::root().join(FOLDER)).expect("the folder is there");
    let pages = pages.map(|entry| entry.expect("an entry").path());
    let pages: Vec<_> = pages.filter(|path| path.extension().is_some_and(|end| end != "awk")).chain([made]).collect();
    let names: Vec<_> = pages.iter().filter_map(|path| path.file_name()?.to_str()).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    for page in &pages {
        let output = cli::run(Command::new(&mandoc).arg("-Tlint").arg(page));
        let wrong: Vec<_> =
            output.text().lines().filter(|line| !is_about_a_page_of_ours(line, &names)).map(str::to_owned).collect();
        assert_eq!(wrong, [""; 0], "{}", page.display());
    }
}

/// Pages that are not installed yet cannot be found.
fn is_about_a_page_of_ours(line: &str, names: &[&str]) -> bool {
    let referred = line.split_once("referenced manual not found: Xr ").map(|(_, rest)| rest.split(' '));
    referred.is_some_and(|mut words| {
        let name = format!("{}.{}", words.next().unwrap_or_default(), words.next().unwrap_or_default());
        names.contains(&name.as_str())
    })
}

fn configuration_page() -> String {
    let folder = Path::new(FOLDER);
    let output: Output = cli::run(
        Command::new("awk")
            .arg("-f")
            .arg(folder.join("smokerd.yaml.5.awk"))
            .arg("docs/configuration.md")
            .current_dir(page::root()),
    );
    output.expect_code(0);
    assert_eq!(output.stderr, "");
    output.stdout
}
