//! The programs as they are shipped: what they tell of the machine that built
//! them, how large they are, what they need.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use smoker_tests::documents::markdown;
use smoker_tests::{binary, cli};

use crate::built::root;

const PROGRAMS: [&str; 5] = ["smokerd", "smokercli", "check_smoker_plugin", "smoker-fleet", "smoker-bridge"];

/// Where the programs lie that are built for release.
///
/// # Panics
///
/// When one is not built, or older than its sources.
fn folder() -> PathBuf {
    let debug = binary::path("smokerd");
    let folder = debug.parent().and_then(|folder| folder.parent()).expect("a target folder").join("release");
    for name in PROGRAMS {
        if let Err(reason) = binary::check(&folder.join(name)) {
            panic!("{reason}; run make build");
        }
    }
    folder
}

#[test]
#[ignore = "needs a build for release: make shipped"]
fn they_tell_nothing_of_the_machine_that_built_them() {
    let folder = folder();
    let home = std::env::var("HOME").unwrap_or_default();
    let places = [root().display().to_string(), format!("{home}/.cargo"), format!("{home}/.rustup")];
    for name in PROGRAMS {
        let bytes = fs::read(folder.join(name)).expect("readable");
        for place in &places {
            let found = bytes.windows(place.len()).any(|window| window == place.as_bytes());
            assert!(!found, "{name} has {place} in it");
        }
    }
}

#[test]
#[ignore = "needs a build for release: make shipped"]
fn the_readme_has_their_size_and_libraries() {
    let folder = folder();
    let readme = fs::read_to_string(root().join("README.md")).expect("readable");
    let blocks = markdown::blocks(&readme);
    let shown = blocks.iter().find(|block| block.text.starts_with("$ make size\n")).expect("make size in README.md");
    let mut size = Command::new("sh");
    size.arg(root().join("rc.d/packages/size.sh")).arg(&folder);
    let output = cli::run(&mut size);
    output.expect_code(0);
    let (shown, real): (Vec<_>, Vec<_>) = (shown.text.lines().skip(1).collect(), output.stdout.lines().collect());
    assert_eq!(shown.len(), real.len(), "{shown:?} and {real:?}");
    for (shown, real) in shown.iter().zip(&real) {
        let (shown, real): (Vec<_>, Vec<_>) = (shown.split_whitespace().collect(), real.split_whitespace().collect());
        let number = |words: &[&str]| words[1].parse::<f64>().expect("a number of megabytes");
        let ratio = number(&real) / number(&shown);
        assert!((0.9..1.1).contains(&ratio), "README.md says {shown:?}, `make size` says {real:?}");
        assert_eq!((shown[0], &shown[2..]), (real[0], &real[2..]), "README.md and `make size`");
    }
}
