//! What a test needs of this machine and does not find is told of loudly, never counted as passed.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;

/// Where distributions put programs that are not on every user's path.
const FURTHER_FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/lib/nagios/plugins", "/usr/lib64/nagios/plugins"];

/// Where a program is, or `None` after a loud line about what to install.
#[must_use]
pub fn program(name: &str, install: &str) -> Option<PathBuf> {
    let found = find(name);
    if found.is_none() {
        skip(&format!("no test with a real {name}"), install);
    }
    found
}

/// Where a program is, if it is at hand.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(FURTHER_FOLDERS.map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Says loudly that something was not tested. With `TESTS_SKIP_NOTHING` it is
/// an error; the file that `TESTS_SKIPPED_FILE` names gets the line, too.
pub fn skip(what: &str, remedy: &str) {
    let line = format!("SKIPPED: {what}; {remedy}\n");
    assert!(env::var_os("TESTS_SKIP_NOTHING").is_none(), "{line}");
    // Not `eprintln`, which the test harness keeps to itself when a test passes.
    std::io::stderr().write_all(line.as_bytes()).expect("standard error");
    if let Some(list) = env::var_os("TESTS_SKIPPED_FILE") {
        let list = OpenOptions::new().append(true).create(true).open(list);
        let mut list = list.expect("the list of what was skipped");
        list.write_all(line.as_bytes()).expect("a line in the list");
    }
}
