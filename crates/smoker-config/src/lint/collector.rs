//! A collector of OpenTelemetry at an address that takes no request of smokerd.

use crate::lint::findings::Findings;
use crate::yaml::node::{Entry, find_text};

/// The port at which collectors listen for gRPC, and that for HTTP.
const GRPC: &str = ":4317";
const HTTP: &str = ":4318";

/// Reviews `otlp` of the top level.
pub(crate) fn review(root: &[Entry], findings: &mut Findings) {
    let members = find_text(root, "otlp").and_then(|otlp| otlp.value.entries()).unwrap_or_default();
    let Some(endpoint) = find_text(members, "endpoint") else { return };
    let value = endpoint.value.to_value();
    let authority = value.as_text().and_then(|text| text.split_once("://")?.1.split('/').next());
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
