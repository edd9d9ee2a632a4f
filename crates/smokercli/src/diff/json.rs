//! The differences as JSON.

use serde_json::{Map, Value as Json, json};
use smoker_model::verdict::difference::{Change, Difference};

use crate::diff::comparison::{Comparison, word};
use crate::render;

/// One line.
pub(super) fn line(comparison: &Comparison) -> String {
    render::json_line(&document(comparison))
}

/// Indented.
pub(super) fn indented(comparison: &Comparison) -> String {
    render::indented(&document(comparison))
}

fn document(comparison: &Comparison) -> Json {
    let counts: Map<String, Json> =
        comparison.counts().into_iter().map(|(word, count)| (word.to_owned(), count.into())).collect();
    json!({
        "hosts": comparison.hosts,
        "differing": comparison.differing(),
        "counts": counts,
        "differences": comparison.differences.iter().map(object).collect::<Vec<_>>(),
        "notKnown": comparison.unknown.iter().map(object).collect::<Vec<_>>(),
    })
}

fn object(it: &Difference) -> Json {
    let new = if let Change::Renamed(new) = &it.change { Some(new) } else { None };
    json!({
        "host": it.host,
        "plugin": it.part.as_ref().map(|part| &part.plugin),
        "component": it.part.as_ref().and_then(|part| part.component.as_ref()),
        "change": word(&it.change),
        "newName": new,
        "status": it.is,
        "was": it.was,
        "message": it.message,
    })
}
