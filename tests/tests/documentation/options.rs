//! Pages and man pages list the options that the programs have, with their defaults, and no others; and each other's
//! exit codes.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use smoker_tests::documents::help::{self, HelpOption};
use smoker_tests::documents::markdown;
use smoker_tests::{binary, cli};

use crate::page;

/// Each program with its man page.
pub(crate) const PROGRAMS: [(&str, &str); 3] = [
    ("smokerd", "docs/man/smokerd.8"),
    ("smokercli", "docs/man/smokercli.1"),
    ("check_smoker_plugin", "docs/man/check_smoker_plugin.1"),
];

/// What a page says of each option, by every name of it.
type Said = BTreeMap<String, String>;

#[test]
fn the_page_of_command_lines_has_every_option() {
    let tables = markdown::tables(&page::read("docs/cli.md"));
    for (program, _) in PROGRAMS {
        let mut said = Said::new();
        for table in tables.iter().filter(|table| table.is_under(program)) {
            for row in &table.rows {
                for span in markdown::code_spans(&row[0]).into_iter().filter(|span| span.starts_with('-')) {
                    said.entry(first_word(span)).or_default().push_str(&row.join(" "));
                }
            }
        }
        compare(program, "docs/cli.md", &said);
    }
}

#[test]
fn the_man_page_has_every_option() {
    for (program, path) in PROGRAMS {
        let source = page::read(path);
        let mut said = Said::new();
        for item in section(&source, "OPTIONS").split("\n.It Fl ").skip(1) {
            let (names, text) = item.split_once('\n').unwrap_or((item, ""));
            for name in names.split(" , Fl ") {
                said.insert(format!("-{}", first_word(name)), text.to_owned());
            }
        }
        compare(program, path, &said);
    }
}

#[test]
fn the_man_page_and_the_page_have_the_same_exit_codes() {
    let tables = markdown::tables(&page::read("docs/cli.md"));
    for (program, path) in PROGRAMS {
        let column = |name: &&String| matches!(name.as_str(), "code" | "exit code");
        let mut documented = BTreeSet::new();
        for table in tables.iter().filter(|table| table.is_under(program)) {
            if let Some(name) = table.columns.iter().find(column) {
                let codes = table.rows.iter().filter_map(|row| table.cell(row, name));
                documented.extend(codes.flat_map(|codes| codes.split(", ")).map(str::to_owned));
            }
        }
        let source = page::read(path);
        let items = section(&source, "EXIT STATUS").split("\n.It ").skip(1);
        let shown: BTreeSet<_> = items.map(first_word).collect();
        assert!(shown.len() > 3, "{path}: only {shown:?} under EXIT STATUS");
        assert_eq!(shown, documented, "{path} and docs/cli.md list other exit codes of {program}");
    }
}

#[test]
fn every_program_prints_the_version_of_the_package() {
    for (program, _) in PROGRAMS {
        let output = cli::run(Command::new(binary::path(program)).arg("--version"));
        assert_eq!(output.stdout, format!("{program} {}\n", env!("CARGO_PKG_VERSION")));
    }
}

/// Both ways: every option of the program is told of, with its default, and nothing else is.
fn compare(program: &str, path: &str, said: &Said) {
    let options = options(program);
    for HelpOption { names, default } in &options {
        for name in names {
            let text = said.get(name).unwrap_or_else(|| panic!("{path}: the option {name} of {program} is missing"));
            if let Some(default) = default.as_deref().filter(|default| !default.contains(' ')) {
                assert!(text.contains(default), "{path}: {name} of {program} has the default {default}, not said here");
            }
        }
    }
    for name in said.keys() {
        let is_known = options.iter().any(|option| option.names.contains(name));
        assert!(is_known, "{path}: {program} has no option {name}");
    }
}

fn options(program: &str) -> Vec<HelpOption> {
    let output = cli::run(Command::new(binary::path(program)).arg("--help"));
    output.expect_code(0);
    let options = help::options(&output.stdout);
    assert!(options.len() > 6, "only {options:?} in {}", output.stdout);
    options
}

/// The text of a section of a man page.
pub(crate) fn section<'a>(source: &'a str, title: &str) -> &'a str {
    let start = source.split_once(&format!("\n.Sh {title}\n")).unwrap_or_else(|| panic!("no section {title}"));
    start.1.split("\n.Sh ").next().unwrap_or_default()
}

fn first_word(text: &str) -> String {
    text.split([' ', '\n']).next().unwrap_or_default().to_owned()
}
