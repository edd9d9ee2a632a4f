//! The routes of the daemon, as its code lists them.

use std::collections::BTreeSet;

use crate::page;

/// Methods with paths as the code has them: `GET /plugins/{name}`.
pub(crate) fn all() -> BTreeSet<String> {
    let source = page::read("crates/smokerd/src/http/api/mod.rs");
    assert_eq!(source.matches(".route(\"").count(), 1, "only / has one form; the other pages belong to the table");
    let mut known = BTreeSet::from(["GET /".to_owned()]);
    for route in source.lines().filter_map(|line| line.trim().strip_prefix("(\"/")) {
        let (path, handlers) = route.split_once('"').expect("a path in quotes");
        let is_order = handlers.contains("order(");
        if !is_order {
            known.insert(format!("GET /{path}"));
        }
        if is_order || handlers.contains(".post(") {
            known.insert(format!("POST /{path}"));
        }
        if handlers.contains(".delete(") {
            known.insert(format!("DELETE /{path}"));
        }
    }
    assert!(known.len() >= 6, "only {known:?} are found in the source: has it another form now?");
    known
}
