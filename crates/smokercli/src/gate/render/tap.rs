//! The Test Anything Protocol: a test for each part, and one for each host that is silent.

use smoker_model::verdict::outcome::Kind;

use crate::gate::report::{GateReport, host_problem, host_remark, is_remarkable, part_text};
use crate::render::append::append;
use crate::terminal::sanitize;

pub(super) fn render(report: &GateReport<'_>) -> String {
    let mut lines = Vec::new();
    for (host, verdict) in report.rows() {
        let name = escaped(&host.address.label);
        if let Some(problem) = host_problem(verdict) {
            lines.push((false, name.clone(), String::new(), Some(problem)));
        }
        if let Some(remark) = host_remark(verdict) {
            lines.push((true, name.clone(), String::new(), Some(remark)));
        }
        for part in &verdict.parts {
            let name = format!("{name}: {}", escaped(&part.part.to_string()));
            let is_known = part.kind == Kind::KnownFailure && !part.blocks;
            let directive = if is_known { " # TODO known failure" } else { "" };
            let text = is_remarkable(part).then(|| part_text(part, report.settle));
            lines.push((!part.blocks && !is_known, name, directive.to_owned(), text));
        }
    }
    let mut out = format!("TAP version 13\n1..{}\n# {}\n", lines.len(), sanitize::line(&report.headline()));
    for note in report.notes() {
        append(&mut out, format_args!("# {}\n", sanitize::line(&note)));
    }
    for (at, (is_ok, name, directive, text)) in lines.iter().enumerate() {
        let word = if *is_ok { "ok" } else { "not ok" };
        append(&mut out, format_args!("{word} {} - {name}{directive}\n", at + 1));
        if let Some(text) = text {
            append(&mut out, format_args!("# {}\n", sanitize::line(text)));
        }
    }
    out
}

/// A description. A `#` would begin a directive, by which a failed test passes.
fn escaped(name: &str) -> String {
    sanitize::line(name).replace('\\', "\\\\").replace('#', "\\#")
}
