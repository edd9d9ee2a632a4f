//! The init scripts as texts: what a shell and a reader want of them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use smoker_tests::{cli, skip};

use crate::system::shipped;

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
