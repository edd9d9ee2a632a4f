//! Settings of the daemon that load and cannot do what they say.

use crate::lint::findings::Findings;
use crate::yaml::node::{Entry, find_text};
use smoker_model::value::Value;

/// The port at which collectors listen for gRPC, and that for HTTP.
const GRPC: &str = ":4317";
const HTTP: &str = ":4318";

/// Settings of the journal.
const OF_JOURNAL: [&str; 2] = ["history_disk", "durability"];

/// Reviews the top level of a daemon with or without a `state_dir`.
pub(crate) fn review(root: &[Entry], has_state_dir: bool, findings: &mut Findings) {
    let is_set = |entry: &&Entry| entry.value.to_value() != Value::Null;
    for entry in OF_JOURNAL.iter().filter_map(|key| find_text(root, key).filter(is_set)).filter(|_| !has_state_dir) {
        let key = entry.name.as_text().unwrap_or_default();
        let text =
            format!("{key} sets nothing, because there is no journal without a state_dir; set state_dir, or remove it");
        findings.of_place(&entry.place, "settings", text);
    }
    review_collector(root, findings);
}

fn review_collector(root: &[Entry], findings: &mut Findings) {
    let members = find_text(root, "otlp").and_then(|otlp| otlp.value.entries()).unwrap_or_default();
    let Some(endpoint) = find_text(members, "endpoint") else { return };
    let value = endpoint.value.to_value();
    let rest =
        value.as_text().and_then(|text| text.split_once("://")).map_or("", |(_, rest)| rest.trim_end_matches('/'));
    let authority = rest.split('/').next();
    if let Some(page) = ["/metrics", "/logs", "/traces"].into_iter().find(|page| rest.ends_with(page)) {
        let text = format!(
            "otlp.endpoint ends with {page}, behind which smokerd adds /v1/metrics and /v1/logs, so each request would fail; write \
             the part before it"
        );
        findings.of_place(&endpoint.place, "collector", text);
    }
    if authority.is_some_and(|authority| authority.ends_with(GRPC)) {
        let text = format!(
            "otlp.endpoint has the port {}, at which collectors take gRPC alone, so each request would fail; smokerd sends over \
             HTTP: write {}, or the port of your collector for that",
            &GRPC[1..],
            &HTTP[1..]
        );
        findings.of_place(&endpoint.place, "collector", text);
    }
}
