//! Every exit code of `smokercli`, and the one place that chooses between them.

use crate::report::Report;

/// Done: a report was printed, whatever its statuses.
pub const SUCCESS: u8 = 0;
/// Nothing found, nothing executed, an invalid format or filter, an unusable file.
pub const FAILURE: u8 = 1;
/// The command line cannot be understood.
pub const USAGE: u8 = 2;
/// With `--exitcode`: a printed host is in ERROR or could not be asked (`EX_UNAVAILABLE`).
pub const HOST_IN_ERROR: u8 = 69;
/// Ctrl-C; the results received by then have been printed.
pub const INTERRUPTED: u8 = 130;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// At least one host that answered is printed.
    Printed,
    /// No plugin was found or run; hosts that could not be asked are printed.
    NothingFound,
    /// Ctrl-C.
    Interrupted,
}

/// Whether the exit code depends on the hosts' states (`--exitcode`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// It depends on the call alone.
    Lenient,
    /// ERROR and UNREACHABLE change it.
    Strict,
}

/// The exit code of a call that printed this report.
#[must_use]
pub fn choose(ending: Ending, strictness: Strictness, report: &Report) -> u8 {
    match ending {
        Ending::Interrupted => INTERRUPTED,
        _ if strictness == Strictness::Strict && report.has_failed_host() => HOST_IN_ERROR,
        Ending::Printed => SUCCESS,
        Ending::NothingFound => FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::HostReport;

    #[test]
    fn only_a_strict_call_looks_at_the_hosts() {
        let down = Report::new(vec![HostReport::unreachable("a".into(), "gone".into())]);
        let empty = Report::new(Vec::new());
        let cases = [
            (Ending::Printed, Strictness::Lenient, &down, SUCCESS),
            (Ending::Printed, Strictness::Strict, &down, HOST_IN_ERROR),
            (Ending::NothingFound, Strictness::Lenient, &down, FAILURE),
            (Ending::NothingFound, Strictness::Strict, &down, HOST_IN_ERROR),
            (Ending::NothingFound, Strictness::Strict, &empty, FAILURE),
            (Ending::Interrupted, Strictness::Strict, &down, INTERRUPTED),
        ];
        for (ending, strictness, report, expected) in cases {
            assert_eq!(choose(ending, strictness, report), expected, "{ending:?} {strictness:?}");
        }
    }
}
