//! The scripts that put things in place and make packages run as root: `shellcheck` finds nothing wrong with them.

use std::path::PathBuf;
use std::process::Command;

use smoker_tests::cli;
use smoker_tests::machine::skip::program;

use crate::built::root;

fn scripts() -> Vec<PathBuf> {
    let folders = ["rc.d/packages", "rc.d/packages/debian"].map(|folder| root().join(folder));
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("the folder is there"));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let is_script = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.starts_with("#!/bin/sh\n") || text.starts_with("# shellcheck shell=sh\n")
    };
    paths.filter(is_script).collect()
}

#[test]
fn shellcheck_finds_nothing_wrong() {
    let scripts = scripts();
    assert!(scripts.len() >= 9, "{scripts:?}");
    let Some(shellcheck) = program("shellcheck", "apt-get install shellcheck") else { return };
    let output = cli::run(Command::new(shellcheck).args(&scripts));
    assert_eq!(output.text(), "");
}
