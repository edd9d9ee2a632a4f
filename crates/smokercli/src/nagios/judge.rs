//! The text and exit code of a check, from the findings of its plugins.

use smoker_model::status::Status;

use crate::nagios::finding::Finding;

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
        return (format!("{word}: {}", only.text), code);
    }
    let counts: Vec<_> = WORST_FIRST
        .into_iter()
        .map(|status| (status, with(status).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(status, count)| format!("{status}: {count}"))
        .collect();
    let summary = format!("{word}: {}", counts.join(", "));
    let line = |finding: &Finding| format!("{} - {} - {}", finding.status, finding.name, finding.text);
    let lines: Vec<_> = std::iter::once(summary).chain(WORST_FIRST.into_iter().flat_map(with).map(line)).collect();
    (lines.join("\n"), code)
}
