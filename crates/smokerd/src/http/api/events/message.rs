//! Events as text: `id`, `event` and `data`, each a line, and an empty one (the HTML standard, "Server-sent events").

use std::fmt::Write;
use std::ops::RangeInclusive;

use serde_json::json;
use smoker_model::status::Status;
use smoker_model::wire::events::{ReloadEvent, SilenceEvent, StartEvent};

use crate::http::api::results;
use crate::results::events::{PluginCounts, StartedRun};
use crate::results::json_text;
use crate::results::kept::history::Sequence;
use crate::results::queries::run_query::StoredRun;

/// How long a client waits before it connects again, in milliseconds.
const RETRY: u32 = 1000;

/// The beginning of a stream, with the number behind which it begins.
pub(super) fn push_opening(text: &mut String, cursor: Sequence) {
    let _ = write!(text, "retry: {RETRY}\nid: {cursor}\n\n");
}

/// A sign of life. It has no data, so clients take only the number.
pub(super) fn push_heartbeat(text: &mut String, cursor: Sequence) {
    let _ = write!(text, ": heartbeat\nid: {cursor}\n\n");
}

/// A result, with the status of the result before it, where that is known.
pub(super) fn push_result(text: &mut String, run: &StoredRun, previous: Option<Status>, is_change: bool) {
    let (members, result) = results::entry(run);
    // The last members are those of the result.
    let members = members.strip_suffix("\"result\": ").unwrap_or(&members);
    let previous = json_text::to_text(&previous.map(Status::as_str));
    let data = format!("{members}\"previous\": {previous}, \"changed\": {is_change}, \"result\": {result}}}");
    push(text, Some(run.sequence), "result", &data);
}

/// A run that begins.
pub(super) fn push_start(text: &mut String, run: &StartedRun) {
    let start = StartEvent {
        plugin: run.plugin.as_str().to_owned(),
        started: json_text::moment(run.started),
        trigger: run.trigger.as_str().to_owned(),
    };
    push(text, None, "start", &json_text::to_text(&start));
}

/// A configuration that has taken effect; without numbers for a client that may not see all plugins.
pub(super) fn push_reload(text: &mut String, counts: Option<PluginCounts>) {
    let event = counts.map(|PluginCounts { added, changed, removed, unchanged }| ReloadEvent {
        added,
        changed,
        removed,
        unchanged,
    });
    push(text, None, "reload", &event.map_or_else(|| "{}".to_owned(), |event| json_text::to_text(&event)));
}

/// A silence that was made, or has ended.
pub(super) fn push_silence(text: &mut String, event: &SilenceEvent) {
    push(text, None, "silence", &json_text::to_text(event));
}

/// The daemon counts from the beginning: it has lost what had the numbers before.
pub(super) fn push_reset(text: &mut String) {
    push(text, Some(0), "reset", "{}");
}

/// Results with these numbers that do not come are no longer there.
pub(super) fn push_gap(text: &mut String, missing: &RangeInclusive<Sequence>) {
    push(text, None, "gap", &json_text::to_text(&json!({"first": missing.start(), "last": missing.end()})));
}

/// The client reads too slowly; it may go on behind this number.
pub(super) fn push_lagged(text: &mut String, cursor: Sequence) {
    push(text, Some(cursor), "lagged", &json_text::to_text(&json!({"since": cursor})));
}

/// `data` is one line.
fn push(text: &mut String, id: Option<Sequence>, event: &str, data: &str) {
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    let _ = write!(text, "event: {event}\ndata: {data}\n\n");
}
