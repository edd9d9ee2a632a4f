//! Unsafe code is in audited files, each block with its reason: those of one folder, and one that looks before the runtime does.

use std::fs;
use std::path::{Path, PathBuf};

use smoker_tests::documents::markdown;

const AUDITED: [&str; 7] = [
    "crates/smoker-paths/src/standard_streams.rs",
    "crates/smoker-runner/src/process/sys/calls.rs",
    "crates/smoker-runner/src/process/sys/child/account.rs",
    "crates/smoker-runner/src/process/sys/child/limits.rs",
    "crates/smoker-runner/src/process/sys/child/prepare.rs",
    "crates/smoker-runner/src/process/sys/child/start.rs",
    "crates/smoker-runner/src/process/sys/portable_child.rs",
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether a line has the keyword, outside of a comment and of a name such as `unsafe_code`.
fn is_unsafe(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == KEYWORD)
}

/// Put together, so that this file does not have it.
const KEYWORD: &str = concat!("uns", "afe");

#[test]
fn only_the_audited_files_have_unsafe_code() {
    let mut files = Vec::new();
    for folder in ["crates", "tests"] {
        sources(&repository().join(folder), &mut files);
    }
    assert!(files.len() > 100, "{} files", files.len());
    let text = |path: &PathBuf| fs::read_to_string(path).expect("text");
    files.retain(|path| text(path).lines().any(is_unsafe));
    files.sort();
    let found: Vec<_> = files.iter().map(|path| path.strip_prefix(repository()).expect("below it")).collect();
    assert_eq!(found, AUDITED.map(Path::new));
}

#[test]
fn the_page_for_contributors_names_the_audited_files() {
    let page = fs::read_to_string(repository().join("CONTRIBUTING.md")).expect("text");
    let row = page.lines().find(|line| line.starts_with(&format!("| Where is {KEYWORD} code?"))).expect("a row");
    assert_eq!(markdown::code_spans(row), AUDITED);
}

#[test]
fn every_block_says_why_it_is_sound() {
    for file in AUDITED {
        let text = fs::read_to_string(repository().join(file)).expect("text");
        let lines: Vec<_> = text.lines().collect();
        let blocks: Vec<_> = (0..lines.len()).filter(|at| is_unsafe(lines[*at])).collect();
        assert!(!blocks.is_empty(), "{file}");
        for at in blocks {
            let above = lines[..at].iter().rev().take_while(|line| belongs_to_block(line));
            let is_explained = above.into_iter().any(|line| line.contains("// SAFETY: "));
            assert!(is_explained, "{file}:{}: {}", at + 1, lines[at]);
        }
    }
}

/// What may be between a block and its reason: more of the reason, an
/// attribute, or the beginning of the statement that the block belongs to.
fn belongs_to_block(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("//") || line.starts_with("#[") || line.ends_with('=')
}

#[test]
fn every_other_crate_forbids_it() {
    for entry in fs::read_dir(repository().join("crates")).expect("a folder").flatten() {
        let source = entry.path().join("src");
        let text = fs::read_to_string(source.join("lib.rs")).or_else(|_| fs::read_to_string(source.join("main.rs")));
        let text = text.expect("a library or a program");
        let forbids = text.contains("#![forbid(unsafe_code)]");
        let is_audited =
            AUDITED.iter().any(|file| Path::new(file).starts_with(Path::new("crates").join(entry.file_name())));
        assert_eq!(forbids, !is_audited, "{}", entry.path().display());
    }
}
