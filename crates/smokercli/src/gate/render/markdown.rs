//! Markdown for the summaries of jobs.

use smoker_model::verdict::outcome::Kind;

use crate::gate::report::{GateReport, host_problem, host_remark, is_remarkable, part_text};
use crate::render::append::append;
use crate::render::document::markdown::{MarkdownRows, escaped};

/// More rows are left out, since nobody reads them.
const MAX_ROWS: usize = 500;

pub(super) fn render(report: &GateReport<'_>) -> String {
    let mut rows = MarkdownRows::default();
    for (host, verdict) in report.rows() {
        let name = &host.address.label;
        if let Some(problem) = host_problem(verdict) {
            rows.push(true, &[name, "", &problem]);
        }
        if let Some(remark) = host_remark(verdict) {
            rows.push(verdict.is_bad, &[name, "", &remark]);
        }
        for part in verdict.parts.iter().filter(|part| is_remarkable(part) && part.kind != Kind::Silent) {
            rows.push(part.blocks, &[name, &part.part.to_string(), &part_text(part, report.settle)]);
        }
    }
    let mark = if report.is_open() { "✅" } else { "❌" };
    let mut out = format!("### {mark} smokercli gate: {}\n\n{}\n", report.decision(), escaped(&report.headline()));
    if !rows.is_empty() {
        let (rows, left_out) = rows.fitting(MAX_ROWS);
        append(&mut out, format_args!("\n| host | plugin | verdict |\n|---|---|---|\n{rows}{left_out}"));
    }
    let counts: Vec<_> = report.counts().iter().map(|(kind, count)| format!("{count} {}", kind.as_str())).collect();
    append(
        &mut out,
        format_args!(
            "\nPlugins and components: {}\n",
            if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
        ),
    );
    for text in report.notes() {
        append(&mut out, format_args!("\n{}\n", escaped(&text)));
    }
    out
}
