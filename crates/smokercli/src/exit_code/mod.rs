//! Every exit code of `smokercli`, and the one place that chooses between those of a report. `docs/cli.md` has the table.

pub mod fail_on;

use smoker_model::verdict::outcome::Decision;

use crate::exit_code::fail_on::FailOn;
use crate::report::Report;

/// Done: a report was printed, whatever its statuses; or, as a verdict, nothing is in a state that fails. The gate: proceed.
pub const SUCCESS: u8 = 0;
/// Nothing found, nothing executed, an invalid format, filter or state, an unusable file.
pub const FAILURE: u8 = 1;
/// The command line cannot be understood.
pub const USAGE: u8 = 2;
/// The gate: at the deadline not everything is settled, or a host is silent. The baseline: a host is missing in it.
pub const NOT_SETTLED: u8 = 3;
/// The gate with `--fail-on review`: healthy, and somebody should look at what has changed.
pub const REVIEW: u8 = 4;
/// With `--exitcode`, `--fail-on` or a budget: a host is in a state that fails, or too many are. The gate: what was good
/// before is bad or gone (`EX_UNAVAILABLE`).
pub const FAILED_STATE: u8 = 69;
/// Ctrl-C; the results received by then have been printed.
pub const INTERRUPTED: u8 = 130;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At least one host that answered is printed.
    Printed,
    /// The same, but the call is a verdict, and a host that answered has no plugin at all.
    HostWithoutPlugins,
    /// No plugin was found or run; hosts that could not be asked are printed.
    NothingFound,
    /// The call is a verdict, and plugins were found, but none in the states that it selects.
    NothingInState,
    /// Ctrl-C.
    Interrupted,
}

/// The exit code of a call that asked this number of hosts and printed this report.
#[must_use]
pub fn choose(ending: Ending, fail_on: &FailOn, report: &Report, asked: usize) -> u8 {
    match ending {
        Ending::Interrupted => INTERRUPTED,
        // A name that no host has is a mistake of the call, not a state of the hosts.
        Ending::NothingFound if fail_on.but_missing().fails(report, asked) => FAILED_STATE,
        Ending::NothingFound => FAILURE,
        _ if fail_on.fails(report, asked) => FAILED_STATE,
        Ending::HostWithoutPlugins => FAILURE,
        Ending::Printed | Ending::NothingInState => SUCCESS,
    }
}

/// The exit code of a gate that was not interrupted. `needs_review`: somebody should look, and the call asks for that.
#[must_use]
pub fn of_gate(decision: Decision, needs_review: bool) -> u8 {
    match decision {
        Decision::Worse => FAILED_STATE,
        Decision::NotSettled => NOT_SETTLED,
        Decision::Proceed if needs_review => REVIEW,
        Decision::Proceed => SUCCESS,
    }
}

#[cfg(test)]
mod tests {
    use smoker_model::verdict::budget::{Budget, Share};

    use super::*;
    use crate::report::HostReport;

    #[test]
    fn only_a_verdict_looks_at_the_hosts() {
        let down = Report::new(vec![HostReport::unreachable("a".into(), "gone".into())]);
        let lacks = Report::new(vec![HostReport::reached("a".into(), Vec::new()).lacking(vec!["x".into()])]);
        let empty = Report::new(Vec::new());
        let (lenient, strict) = (FailOn::default(), FailOn::exitcode());
        let one = Share::parse("1").expect("a number");
        let tolerant = FailOn::exitcode().within(Budget { allow_bad: Some(one), min_ok: None });
        let cases = [
            (Ending::Printed, &lenient, &down, SUCCESS),
            (Ending::Printed, &strict, &down, FAILED_STATE),
            (Ending::Printed, &strict, &lacks, FAILED_STATE),
            (Ending::NothingFound, &lenient, &down, FAILURE),
            (Ending::NothingFound, &strict, &down, FAILED_STATE),
            (Ending::NothingFound, &strict, &lacks, FAILURE),
            (Ending::NothingFound, &strict, &empty, FAILURE),
            (Ending::NothingInState, &strict, &empty, SUCCESS),
            (Ending::HostWithoutPlugins, &strict, &empty, FAILURE),
            (Ending::HostWithoutPlugins, &strict, &down, FAILED_STATE),
            (Ending::NothingInState, &strict, &lacks, FAILED_STATE),
            (Ending::Interrupted, &strict, &down, INTERRUPTED),
            (Ending::Printed, &tolerant, &down, SUCCESS),
            (Ending::NothingFound, &tolerant, &down, FAILURE),
        ];
        for (ending, fail_on, report, expected) in cases {
            assert_eq!(choose(ending, fail_on, report, 1), expected, "{ending:?} {fail_on:?}");
        }
    }
}
