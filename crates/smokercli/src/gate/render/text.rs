//! Lines for people.

use smoker_model::verdict::outcome::{HostVerdict, Kind, PartVerdict, Unseen};

use crate::gate::report::{GateReport, host_problem, host_remark, is_remarkable, part_text};
use crate::render::append::append;
use crate::render::format::Detail;
use crate::terminal::sanitize;
use crate::terminal::style::{Paint, Style};

/// The decision; a line for each host that is silent or was restarted and each part that is not simply good; then how many parts are
/// of which kind, and what of the baseline is not compared. The shortest form has what keeps the gate closed only, the longest one all parts.
pub(super) fn render(report: &GateReport<'_>, detail: Detail, style: Style) -> String {
    let mut out = String::new();
    let paint = if report.is_open() { Paint::Green } else { Paint::Red };
    style.push(&mut out, Some(paint), &report.headline());
    out.push('\n');
    let is_shown = |part: &&PartVerdict| match detail {
        Detail::Minimal => part.blocks,
        Detail::Normal => is_remarkable(part),
        Detail::Long | Detail::Full => true,
    };
    for (host, verdict) in report.rows() {
        let name = sanitize::line(&host.address.label);
        let problem = host_problem(verdict);
        let is_silent = verdict.silent.is_some();
        if let Some(problem) = problem {
            style.push(&mut out, Some(Paint::Gold), &name);
            out.push_str(": ");
            style.push(&mut out, Some(Paint::Red), &sanitize::line(&problem));
            out.push('\n');
        }
        if let Some(remark) =
            host_remark(verdict).filter(|_| detail > Detail::Minimal || verdict.is_bad || is_unknown(verdict))
        {
            style.push(&mut out, Some(Paint::Gold), &name);
            append(&mut out, format_args!(": {}\n", sanitize::line(&remark)));
        }
        // One line says it of all parts of a silent host.
        let is_told = |part: &&PartVerdict| is_silent && part.kind == Kind::Silent && detail < Detail::Long;
        for part in verdict.parts.iter().filter(is_shown).filter(|part| !is_told(part)) {
            style.push(&mut out, Some(Paint::Gold), &name);
            append(&mut out, format_args!(": {}: ", sanitize::line(&part.part.to_string())));
            let text = part_text(part, report.settle);
            style.push(&mut out, Some(paint_of(part)), &sanitize::line(&text));
            out.push('\n');
        }
    }
    let counts: Vec<_> = report.counts().iter().map(|(kind, count)| format!("{count} {}", kind.as_str())).collect();
    if detail > Detail::Minimal && !counts.is_empty() {
        append(&mut out, format_args!("Plugins and components: {}\n", counts.join(", ")));
    }
    for text in report.notes() {
        append(&mut out, format_args!("{}\n", sanitize::line(&text)));
    }
    out
}

/// Whether something of a host is not looked at, which even the shortest form says.
fn is_unknown(host: &HostVerdict) -> bool {
    host.unseen == Some(Unseen::Unselected) || host.not_loaded.is_some()
}

fn paint_of(part: &PartVerdict) -> Paint {
    match part.kind {
        _ if part.blocks => Paint::Red,
        Kind::Fixed | Kind::Good => Paint::Green,
        _ => Paint::Yellow,
    }
}
