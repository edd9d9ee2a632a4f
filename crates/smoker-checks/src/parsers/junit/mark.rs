//! What attributes say of a test or a suite.

use quick_xml::events::BytesStart;

use crate::parsers::junit::attribute::attribute;

/// The attributes that say what became of a test or a suite.
const VERDICTS: [&str; 3] = ["status", "result", "outcome"];

/// Those that are true or false.
const SWITCHES: [&str; 2] = ["success", "passed"];

/// Counts of a suite that are failures, too; some tools have them beside `failures` and `errors`, or in their place.
const COUNTS: [&str; 8] = ["failed", "fail", "failure", "crashed", "broken", "timeouts", "aborted", "cancelled"];

/// Values of the first that say that a test failed.
const FAILED: [&str; 17] = [
    "fail",
    "failed",
    "failure",
    "error",
    "errored",
    "broken",
    "timeout",
    "timedout",
    "aborted",
    "crashed",
    "killed",
    "regression",
    "undefined",
    "unresolved",
    "xpass",
    "bfail",
    "fatal",
];

/// Values of these attributes that say nothing bad. What is neither here nor above is not understood, and an ERROR.
const FINE: [&str; 45] = [
    "",
    "0",
    "active",
    "bpass",
    "bskip",
    "complete",
    "completed",
    "deselected",
    "disabled",
    "done",
    "excluded",
    "executed",
    "expected",
    "filtered",
    "finished",
    "fixed",
    "flaky",
    "good",
    "ignore",
    "ignored",
    "kfail",
    "no_run",
    "notrun",
    "not_run",
    "not run",
    "ok",
    "pass",
    "passed",
    "pending",
    "ran",
    "run",
    "skip",
    "skipped",
    "succeeded",
    "success",
    "successful",
    "suppressed",
    "todo",
    "true",
    "unsupported",
    "untested",
    "warn",
    "warning",
    "xfail",
    "xfailed",
];

/// What one of the attributes says of its test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fine,
    Failed,
    NotUnderstood,
}

impl Verdict {
    fn of(value: &str) -> Self {
        let value = value.trim().to_lowercase();
        if FAILED.contains(&&*value) {
            Self::Failed
        } else if FINE.contains(&&*value) {
            Self::Fine
        } else {
            Self::NotUnderstood
        }
    }
}

/// What they say, as `status="failed"`.
#[derive(Default)]
pub(super) struct Mark {
    pub(super) failed: Vec<String>,
    pub(super) not_understood: Vec<String>,
    /// Whether one says that it did not run.
    pub(super) has_not_run: bool,
}

impl Mark {
    pub(super) fn of(tag: &BytesStart<'_>) -> Result<Self, String> {
        let mut mark = Self::default();
        for name in VERDICTS {
            let Some(value) = attribute(tag, name)? else { continue };
            mark.has_not_run |= value == "notrun";
            let shown = format!("{name}=\"{value}\"");
            match Verdict::of(&value) {
                Verdict::Fine => {}
                Verdict::Failed => mark.failed.push(shown),
                Verdict::NotUnderstood => mark.not_understood.push(shown),
            }
        }
        for name in SWITCHES {
            let value = attribute(tag, name)?.unwrap_or_default();
            if ["false", "no", "0"].contains(&value.trim().to_lowercase().as_str()) {
                mark.failed.push(format!("{name}=\"{value}\""));
            }
        }
        Ok(mark)
    }
}

/// The other counts of failures that a suite has.
pub(super) fn other_counts(tag: &BytesStart<'_>) -> Result<impl Iterator<Item = u64>, String> {
    let mut counts = Vec::new();
    for name in COUNTS {
        let value = attribute(tag, name)?.unwrap_or_default();
        counts.push(if value.trim() == "true" { 1 } else { value.trim().parse::<u32>().map_or(0, u64::from) });
    }
    Ok(counts.into_iter())
}
