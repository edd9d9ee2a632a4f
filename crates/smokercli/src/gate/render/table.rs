//! Columns for people: a row for each part that is not simply good, and for each silent host.

use smoker_model::verdict::outcome::Kind;

use crate::gate::report::{GateReport, host_problem, host_remark, is_remarkable, part_text};
use crate::render;
use crate::terminal::sanitize;

pub(super) fn render(report: &GateReport<'_>) -> String {
    let mut rows = Vec::new();
    for (host, verdict) in report.rows() {
        let mut push = |part: &str, text: &str| {
            let cells = [host.address.label.as_str(), part, text];
            rows.push(cells.iter().map(|cell| sanitize::line(cell).into_owned()).collect::<Vec<_>>());
        };
        if let Some(problem) = host_problem(verdict) {
            push("-", &problem);
        }
        if let Some(remark) = host_remark(verdict) {
            push("-", &remark);
        }
        for part in verdict.parts.iter().filter(|part| is_remarkable(part) && part.kind != Kind::Silent) {
            push(&part.part.to_string(), &part_text(part, report.settle));
        }
    }
    let mut out = report.headline() + "\n";
    if !rows.is_empty() {
        out.push_str(&render::columns(&["HOST", "PLUGIN", "VERDICT"], &rows));
    }
    for text in report.notes() {
        out.push_str(&sanitize::line(&text));
        out.push('\n');
    }
    out
}
