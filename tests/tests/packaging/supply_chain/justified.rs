//! Each dependency has its line in the architecture's table, and no line is without one.

use std::collections::BTreeSet;
use std::fs;

use crate::supply_chain::cargo::Metadata;

#[test]
fn every_dependency_is_justified() {
    let metadata = Metadata::read();
    let asked: BTreeSet<String> = metadata
        .ours()
        .flat_map(|package| &package.dependencies)
        .filter(|dependency| dependency.path.is_none())
        .map(|dependency| dependency.name.clone())
        .collect();
    let justified = justified();
    let missing: Vec<_> = asked.difference(&justified).collect();
    assert!(missing.is_empty(), "docs/architecture.md does not say why: {missing:?}");
    let gone: Vec<_> = justified.difference(&asked).collect();
    assert!(gone.is_empty(), "docs/architecture.md speaks of what nothing depends on: {gone:?}");
}

/// The names in the first column, without what stands in parentheses.
fn justified() -> BTreeSet<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/architecture.md");
    let page = fs::read_to_string(page).expect("the page");
    let (_, table) = page.split_once("## Dependencies").expect("its section");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next()).skip(1);
    let cells = rows.filter(|cell| !cell.starts_with("(none)"));
    let words = cells.flat_map(|cell| cell.split([',', ' ']).map(str::to_owned).collect::<Vec<_>>());
    let is_name = |word: &String| !word.is_empty() && !word.contains(['(', ')', '`']) && word != "and" && word != "in";
    words.filter(is_name).collect()
}
