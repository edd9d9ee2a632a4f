//! Markdown for the summaries of jobs.

use smoker_model::verdict::outcome::Kind;

use crate::gate::report::{GateReport, host_problem, host_remark, is_remarkable, part_text};
use crate::render::append::append;
use crate::terminal::sanitize;

/// More rows are left out: a summary that is too large is not shown at all.
const MAX_ROWS: usize = 500;

pub(super) fn render(report: &GateReport<'_>) -> String {
    let mut rows = Vec::new();
    for (host, verdict) in report.rows() {
        let name = escaped(&host.address.label);
        if let Some(problem) = host_problem(verdict) {
            rows.push(format!("| {name} | | {} |", escaped(&problem)));
        }
        rows.extend(host_remark(verdict).map(|remark| format!("| {name} | | {} |", escaped(&remark))));
        for part in verdict.parts.iter().filter(|part| is_remarkable(part) && part.kind != Kind::Silent) {
            let text = part_text(part, report.settle);
            rows.push(format!("| {name} | {} | {} |", escaped(&part.part.to_string()), escaped(&text)));
        }
    }
    let mark = if report.is_open() { "✅" } else { "❌" };
    let mut out = format!("### {mark} smokercli gate: {}\n\n{}\n", report.decision(), escaped(&report.headline()));
    if !rows.is_empty() {
        out.push_str("\n| host | plugin | verdict |\n|---|---|---|\n");
        for row in rows.iter().take(MAX_ROWS) {
            out.push_str(row);
            out.push('\n');
        }
    }
    if rows.len() > MAX_ROWS {
        append(
            &mut out,
            format_args!("\n{} more rows are left out; `-o json` has all of them.\n", rows.len() - MAX_ROWS),
        );
    }
    let counts: Vec<_> = report.counts().iter().map(|(kind, count)| format!("{count} {}", kind.as_str())).collect();
    append(
        &mut out,
        format_args!(
            "\nPlugins and components: {}\n",
            if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
        ),
    );
    if let Some(text) = report.left_out.text() {
        append(&mut out, format_args!("\n{}\n", escaped(&text)));
    }
    out
}

/// A text on one line in which nothing means anything to Markdown or HTML.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in sanitize::line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_end_its_cell_or_mention_anybody() {
        assert_eq!(escaped("a|b\n<img> `x` @all"), "a\\|b\\\\n&lt;img&gt; \\`x\\` \\@all");
    }
}
