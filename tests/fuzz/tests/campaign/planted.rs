//! The harness finds what is planted, and the cargo-fuzz crate has the same targets.

use std::path::Path;
use std::process::{Command, Output};

fn fuzz(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_smoker-fuzz")).args(arguments).output().expect("the program runs")
}

/// Runs a target with a bug and returns what was said of it, and where its input is.
fn find(target: &str) -> (String, String) {
    let output = fuzz(&[target, "--seed", "1", "--inputs", "100000"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{target} was not found: {said}");
    let path = said.lines().find_map(|line| line.split_once("--reproduce ")).expect("a way to repeat it").1.to_owned();
    (said, path)
}

#[test]
fn a_planted_panic_is_found_made_small_and_repeated() {
    let (said, path) = find("planted-panic");
    assert!(said.contains("planted.rs"), "the place is told: {said}");
    let input = std::fs::read(&path).expect("the input is kept");
    assert!(input.len() < 40, "it is small: {:?}", String::from_utf8_lossy(&input));
    let again = fuzz(&["planted-panic", "--reproduce", &path]);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    std::fs::remove_file(Path::new(&path)).expect("it is ours");
}

#[test]
fn planted_hunger_for_time_and_memory_is_found() {
    for (target, expected) in [("planted-slow", "of processor time"), ("planted-large", "MiB of memory")] {
        let (said, path) = find(target);
        assert!(said.contains(expected), "{said}");
        std::fs::remove_file(path).expect("it is ours");
    }
}

#[test]
fn an_input_that_kills_the_process_is_kept() {
    let (said, path) = find("planted-overflow");
    assert!(said.contains("the process died of it: signal: 6"), "{said}");
    assert!(Path::new(&path).exists());
    std::fs::remove_file(path).expect("it is ours");
}

#[test]
fn an_unknown_target_is_refused() {
    let output = fuzz(&["no-such-target"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "ERROR: no such target; see --list\n");
}

#[test]
fn cargo_fuzz_has_every_target() {
    let manifest = include_str!("../../cargo-fuzz/Cargo.toml");
    let names: Vec<_> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .filter(|name| *name != "smoker-cargo-fuzz")
        .collect();
    let expected: Vec<_> = smoker_fuzz::targets::ALL.iter().map(|target| target.name).collect();
    assert_eq!(names, expected);
}
