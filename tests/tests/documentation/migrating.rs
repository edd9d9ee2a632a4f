//! The page for those who come from the Python Smoker: what is the same has a test that shows it.

use std::fs;

use serde_json::Value as Json;
use smoker_tests::documents::markdown::{code_spans, tables};

use crate::page::{read, root};
use crate::test_names;

#[test]
fn everything_that_is_the_same_has_a_test_that_shows_it() {
    let tests = test_names::all();
    let tables = tables(&read("docs/migrating.md"));
    let same = tables.iter().find(|table| table.is_under("The same")).expect("the table");
    assert!(same.rows.len() >= 7, "{same:?}");
    for row in &same.rows {
        let names = code_spans(same.cell(row, "shown by").unwrap_or_else(|| panic!("no test in {row:?}")));
        assert!(!names.is_empty(), "no test in {row:?}");
        for name in names {
            assert!(tests.contains(name), "there is no test {name}");
        }
    }
}

#[test]
fn the_page_counts_the_recorded_cases() {
    let page = read("docs/migrating.md");
    let folders = fs::read_dir(root().join("tests/corpus/daemon")).expect("the corpus").flatten();
    let of_daemon = folders.filter(|entry| entry.path().is_dir()).count();
    let of_clients: Json =
        serde_json::from_str(&read("crates/smokercli/tests/corpus/cases.json")).expect("the corpus is JSON");
    let of_clients = of_clients["cases"].as_array().or(of_clients.as_array()).expect("a list of cases").len();
    let counted = format!("{of_daemon} recorded cases of the original's daemon and {of_clients} of its clients");
    assert!(page.contains(&counted), "docs/migrating.md does not say: {counted}");
}
