//! JSON for programs.

use serde_json::{Map, Value as Json, json};
use smoker_model::verdict::outcome::{HostVerdict, PartVerdict};

use crate::gate::report::GateReport;
use crate::inventory::address::without_password;
use crate::inventory::inventory_host::InventoryHost;
use crate::render::{indented, json_line};

pub(super) fn render(report: &GateReport<'_>) -> String {
    json_line(&document(report))
}

pub(super) fn render_indented(report: &GateReport<'_>) -> String {
    indented(&document(report))
}

fn document(report: &GateReport<'_>) -> Json {
    let counts: Map<String, Json> =
        report.counts().into_iter().map(|(kind, count)| (kind.as_str().to_owned(), count.into())).collect();
    json!({
        "decision": report.decision(),
        "exitCode": report.exit_code,
        "seconds": report.elapsed.as_secs_f64(),
        "needsReview": report.verdict.needs_review(),
        "settle": report.settle,
        "against": report.against.map(|path| path.display().to_string()),
        "silences": report.silences.json(),
        "leftOut": {"parts": report.left_out.parts, "hosts": report.left_out.hosts},
        "unmet": report.unmet,
        "badHosts": report.verdict.bad_hosts,
        "counts": counts,
        "hosts": report.rows().map(|(host, verdict)| host_object(host, verdict)).collect::<Vec<_>>(),
    })
}

fn host_object(host: &InventoryHost, verdict: &HostVerdict) -> Json {
    let address = host.address.page.as_ref().map(without_password).ok();
    json!({
        "host": host.address.label,
        "address": address,
        "groups": host.groups,
        "labels": host.labels,
        "bad": verdict.is_bad,
        "silent": verdict.silent,
        "lookedAt": verdict.silent.is_none() && verdict.unseen.is_none(),
        "restarting": verdict.is_restarting,
        "restarts": verdict.restarts,
        "notLoaded": verdict.not_loaded.as_ref().map(|it| json!({"count": it.count, "names": it.names})),
        "parts": verdict.parts.iter().map(part_object).collect::<Vec<_>>(),
    })
}

fn part_object(part: &PartVerdict) -> Json {
    json!({
        "plugin": part.part.plugin,
        "component": part.part.component,
        "verdict": part.kind.as_str(),
        "blocks": part.blocks,
        "status": part.status,
        "was": part.was,
        "message": part.message,
        "seconds": part.seconds,
        "secondsBefore": part.seconds_before,
        "goodRounds": part.good_in_row,
        "flaky": part.flaky.map(|flaky| json!({"bad": flaky.bad, "of": flaky.of})),
        "wavered": part.has_wavered,
        "reconfigured": part.is_reconfigured,
        "gone": part.is_gone,
        "renamedTo": part.renamed_to,
    })
}
