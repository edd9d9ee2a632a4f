//! The text and exit code of a check, from the findings of its plugins.

use smoker_model::status::Status;

use crate::nagios::finding::{Finding, perfdata_text};
use crate::terminal::sanitize;

/// `OK`: all plugins are OK.
pub const OK: u8 = 0;
/// `WARNING`: the worst plugin is in WARN.
pub const WARNING: u8 = 1;
/// `CRITICAL`: the worst plugin is in ERROR.
pub const CRITICAL: u8 = 2;
/// `UNKNOWN`: a plugin has not run, nothing was found, the daemon cannot be asked, or the command line is wrong.
pub const UNKNOWN: u8 = 3;

/// All statuses, from the worst to the best.
const WORST_FIRST: [Status; 4] = [Status::Error, Status::Unknown, Status::Warn, Status::Ok];

/// The worst status decides. A single plugin's text is the answer; several
/// plugins are counted and listed, which Nagios shows as its long output.
pub(super) fn judge(findings: &[Finding]) -> (String, u8) {
    let with = |status| findings.iter().filter(move |finding| finding.status == status);
    let worst = WORST_FIRST.into_iter().find(|status| with(*status).next().is_some()).unwrap_or(Status::Unknown);
    let (word, code) = match worst {
        Status::Ok => ("OK", OK),
        Status::Warn => ("WARNING", WARNING),
        Status::Error => ("CRITICAL", CRITICAL),
        Status::Unknown => ("UNKNOWN", UNKNOWN),
    };
    if let [only] = findings {
        let text = sanitize::text(only.text.trim_end_matches('\n'));
        return (with_perfdata(&with_notes(format!("{word}: {text}"), only), &perfdata_text(only, "")), code);
    }
    let counts: Vec<_> = WORST_FIRST
        .into_iter()
        .map(|status| (status, with(status).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(status, count)| format!("{status}: {count}"))
        .collect();
    let perfdata: Vec<_> =
        findings.iter().map(|finding| perfdata_text(finding, &format!("{}::", finding.name))).collect();
    let summary = format!("{word}: {}", counts.join(", "));
    // One line a plugin: a further line of a message would read as another plugin.
    let line = |finding: &Finding| {
        let text = sanitize::line(finding.text.trim_end_matches('\n'));
        with_notes(format!("{} - {} - {text}", finding.status, sanitize::line(&finding.name)), finding)
    };
    let lines: Vec<_> = std::iter::once(summary).chain(WORST_FIRST.into_iter().flat_map(with).map(line)).collect();
    let perfdata: Vec<_> = perfdata.into_iter().filter(|data| !data.is_empty()).collect();
    (with_perfdata(&lines.join("\n"), &perfdata.join(" ")), code)
}

/// The line of a plugin, then a line for each thing that is wrong below it.
fn with_notes(line: String, finding: &Finding) -> String {
    let name = sanitize::line(&finding.name);
    let notes = finding.notes.iter().map(|note| format!("{name}: {}", sanitize::line(note)));
    std::iter::once(line).chain(notes).collect::<Vec<_>>().join("\n")
}

/// The text with the performance data behind its first line. Nagios and Icinga
/// read everything behind a bar as performance data, so the text itself has none.
fn with_perfdata(text: &str, perfdata: &str) -> String {
    let text = text.replace('|', "¦");
    if perfdata.is_empty() {
        return text;
    }
    let (first, rest) = text.split_at(text.find('\n').unwrap_or(text.len()));
    format!("{first} | {perfdata}{rest}")
}
