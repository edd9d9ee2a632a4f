//! Files that pages name are where the pages say.

use std::path::Path;

use smoker_tests::documents::markdown;

use crate::repository;

/// Pages for developers: they name files by their path from the top folder.
fn developers() -> impl Iterator<Item = String> {
    ["CONTRIBUTING.md", "SECURITY.md", "docs/architecture.md"]
        .into_iter()
        .map(str::to_owned)
        .chain(repository::files("docs/adr"))
}

/// All pages.
fn pages() -> impl Iterator<Item = String> {
    let pages =
        repository::files("docs").into_iter().filter(|path| Path::new(path).extension().is_some_and(|end| end == "md"));
    pages.chain(["README.md", "CONTRIBUTING.md", "SECURITY.md"].map(str::to_owned))
}

#[test]
fn every_path_that_a_page_for_developers_names_exists() {
    let mut missing = Vec::new();
    let mut count = 0;
    for page in developers() {
        let text = repository::text(&page);
        for path in markdown::code_spans(&text) {
            let is_path = ["crates/", "tests/", "docs/", "etc/", "rc.d/", ".ci/", ".github/"]
                .iter()
                .any(|folder| path.starts_with(folder));
            let path = path.split([':', ' ']).next().unwrap_or_default();
            if is_path && !path.contains(['*', '<']) {
                count += 1;
                if !repository::root().join(path).exists() {
                    missing.push(format!("{page}: {path}"));
                }
            }
        }
    }
    assert!(count > 50, "only {count} paths are found: have the pages another form now?");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn the_row_of_options_names_the_files_that_declare_them() {
    let page = repository::text("CONTRIBUTING.md");
    let row = page.lines().find(|line| line.starts_with("| Where is an option declared?")).expect("a row");
    let named: Vec<_> = markdown::code_spans(row).into_iter().filter(|span| span.starts_with("crates/")).collect();
    let folders = ["crates/smokerd/src/cli", "crates/smokercli/src/cli"];
    let files = folders.iter().flat_map(|folder| repository::files(folder));
    let declaring: Vec<_> = files.filter(|file| repository::text(file).contains("#[arg(")).collect();
    assert_eq!(named, declaring);
}

#[test]
fn every_target_of_tests_that_a_page_runs_exists() {
    let sources: Vec<_> = ["crates", "tests"].into_iter().flat_map(repository::files).collect();
    let is_target = |folder: &str, name: &str| {
        let ends = [format!("{folder}/{name}.rs"), format!("{folder}/{name}/main.rs")];
        sources.iter().any(|path| ends.iter().any(|end| path.ends_with(end)))
    };
    let (mut missing, mut count) = (Vec::new(), 0);
    for page in pages() {
        let text = repository::text(&page);
        let words: Vec<_> = text.split(|c: char| c.is_whitespace() || c == '`').collect();
        for pair in words.windows(2) {
            let folder = match pair[0] {
                "--test" => "tests",
                "--bench" => "benches",
                _ => continue,
            };
            count += 1;
            if !is_target(folder, pair[1]) {
                missing.push(format!("{page}: {} {}", pair[0], pair[1]));
            }
        }
    }
    assert!(count > 10, "only {count} targets are found: have the pages another form now?");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_link_between_pages_leads_to_a_file_and_a_heading() {
    let mut missing = Vec::new();
    for page in pages() {
        let text = repository::text(&page);
        let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.contains([' ', '\n']) {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { format!("{folder}/{file}") };
            let target = target.trim_start_matches('/');
            let is_there = repository::root().join(target).exists()
                && (heading.is_empty() || headings(&repository::text(target)).any(|own| own == heading));
            if !is_there {
                missing.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The headings of a page as links name them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        title.chars().filter(|c| c.is_alphanumeric() || *c == '-' || *c == '_').collect()
    })
}
