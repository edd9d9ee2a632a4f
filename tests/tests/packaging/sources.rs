//! The sources: `make dist`, and the version that they name.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use smoker_tests::cli;

use crate::built::{make, root};

#[test]
fn the_archive_has_every_committed_file_and_is_a_whole_workspace() {
    let git = |arguments: &[&str]| cli::run(Command::new("git").arg("-C").arg(root()).args(arguments));
    if git(&["rev-parse", "HEAD"]).code != 0 {
        return smoker_tests::machine::skip::skip("no source archive is made", "run the tests in a git checkout");
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    make(&["dist", &format!("DIST={}", folder.path().display())]).expect_code(0);
    let top = concat!("smoker-", env!("CARGO_PKG_VERSION"));
    let archive = folder.path().join(format!("{top}.tar.gz"));
    let mut unpack = Command::new("tar");
    cli::run(unpack.arg("-xzf").arg(&archive).current_dir(folder.path())).expect_code(0);

    let committed = git(&["ls-tree", "-r", "--name-only", "HEAD"]).stdout;
    for name in committed.lines().filter(|name| !name.contains('"')) {
        assert!(folder.path().join(top).join(name).exists(), "{name} is missing");
    }

    // Every member is there and every dependency is locked. The dependencies themselves are not part of the archive.
    let members = |top: &Path| {
        let mut tree = Command::new(option_env!("CARGO").unwrap_or("cargo"));
        tree.args(["tree", "--workspace", "--locked", "--offline", "--depth=0", "--prefix=none", "--format={p}"]);
        let output = cli::run(tree.current_dir(top));
        output.expect_code(0);
        let names = output.stdout.lines().filter_map(|line| line.split(' ').next().map(str::to_owned));
        names.collect::<BTreeSet<_>>()
    };
    let found = members(&folder.path().join(top));
    assert!(found.contains("smokerd") && found.contains("smokercli"), "{found:?}");
    assert_eq!(found, members(&root()));
    assert!(
        cli::run(Command::new("make").args(["-s", "help"]).current_dir(folder.path().join(top)))
            .stdout
            .contains("install")
    );
}

#[test]
fn the_changelog_begins_with_the_version_of_the_programs() {
    let changelog = fs::read_to_string(root().join("docs/CHANGELOG.md")).expect("readable");
    let heading = changelog.lines().find_map(|line| line.strip_prefix("## ")).expect("a heading");
    let version = env!("CARGO_PKG_VERSION");
    let date = heading.strip_prefix(&format!("{version} (")).and_then(|rest| rest.strip_suffix(')'));
    let date = date.unwrap_or_else(|| panic!("docs/CHANGELOG.md begins with {heading:?}, the programs are {version}"));
    let is_date = date.len() == 10 && date.split('-').all(|part| part.parse::<u32>().is_ok());
    assert!(is_date || date == "not released", "{heading:?}");
}
