//! The init scripts as texts: what a shell and a reader want of them.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use smoker_tests::cli;
use smoker_tests::documents::markdown;
use smoker_tests::machine::skip;

use crate::service::init::system::shipped;

const SCRIPTS: [&str; 2] = ["smokerd", "smokerd-debian"];

fn text(name: &str) -> String {
    fs::read_to_string(shipped(name)).expect("it is shipped")
}

#[test]
fn what_both_scripts_do_is_the_same_text() {
    let same = |name: &str| {
        let text = text(name);
        let start = text.find("# --- From here on").expect("the line where they become the same");
        text[start..].to_owned()
    };
    assert_eq!(same("smokerd"), same("smokerd-debian"));
}

#[test]
fn shellcheck_has_nothing_to_say() {
    let Some(shellcheck) = skip::program("shellcheck", "apt-get install shellcheck") else { return };
    let output = cli::run(Command::new(shellcheck).args(["-s", "sh"]).args(SCRIPTS.map(shipped)));
    assert_eq!(output.text(), "");
    output.expect_code(0);
}

#[test]
fn they_are_programs_with_the_header_that_orders_services() {
    for name in SCRIPTS {
        let text = text(name);
        assert!(text.starts_with("#!/bin/sh\n"), "{name}");
        let mode = fs::metadata(shipped(name)).expect("it is shipped").permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{name} is executable");
        let header =
            text.split_once("### BEGIN INIT INFO\n").and_then(|(_, rest)| rest.split_once("### END INIT INFO\n"));
        let header = header.unwrap_or_else(|| panic!("{name} has a header")).0;
        for field in
            ["Provides", "Required-Start", "Required-Stop", "Default-Start", "Default-Stop", "Short-Description"]
        {
            assert!(header.lines().any(|line| line.starts_with(&format!("# {field}:"))), "{name}: {field}");
        }
    }
    assert!(text("smokerd").contains("\n# chkconfig: 2345 "), "for chkconfig");
}

#[test]
fn the_page_has_every_variable_that_can_be_set() {
    let page = fs::read_to_string(shipped("../../docs/service.md")).expect("the page is there");
    let tables = markdown::tables(&page);
    let table = tables.iter().find(|table| table.columns[0] == "variable").expect("a table of variables");
    let told: BTreeSet<_> = table.rows.iter().flat_map(|row| markdown::code_spans(&row[0])).collect();
    for name in SCRIPTS {
        let text = text(name);
        let before = text.split_once("\nDEFAULTS=").expect("where the defaults are").1;
        // From there to where the file is read each line sets one.
        let lines = before.lines().skip(1).take_while(|line| !line.starts_with(['#', 'f']));
        let lines = lines.filter_map(|line| line.split_once('='));
        let set: BTreeSet<_> = lines.map(|(variable, _)| variable).collect();
        assert_eq!(told, set, "docs/service.md and {name}");
    }
}
