//! The run id of a command, module, parser or action of a run, which all its processes carry.
//!
//! They carry it twice: in the environment, as `SMOKER_RUN_ID`, and on Linux as
//! the soft limit of a resource that the kernel no longer counts. The first is
//! there on every system and lost with the environment; the second survives
//! whatever a process does to its environment, its parents, group and session.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable that holds the run id.
pub(crate) const VARIABLE: &str = "SMOKER_RUN_ID";

/// Set in every run id, so that all of them have 19 digits (the module host's
/// children write theirs over the host's own, in place) and none looks like a
/// limit that a person would set.
const IS_RUN: u64 = 1 << 62;
/// Below it 28 bits that are a daemon's own, so that two daemons of a machine,
/// also in containers, never end each other's runs.
const DAEMON_SHIFT: u32 = 34;
/// Then bits of the run's own, which nobody can foretell.
const OF_RUN: u64 = (1 << DAEMON_SHIFT) - 1;

/// Identifies one child of a run, which is its command, module, parser or action, and all that comes from it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RunId(u64);

impl RunId {
    /// A run id for a new child of a run of this daemon.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        // Its keys come from the system's source of randomness.
        static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        let own = SECRET.hash_one(NEXT.fetch_add(1, Ordering::Relaxed)) & OF_RUN;
        Self(Self::of_daemon().0 | own.max(1))
    }

    /// The run id of this daemon's own helpers, which belong to no run.
    pub(crate) fn of_daemon() -> Self {
        static DAEMON: LazyLock<RunId> = LazyLock::new(|| {
            // The standard library seeds each of these from the system's source of randomness.
            let random = RandomState::new().build_hasher().finish();
            RunId(IS_RUN | (random << DAEMON_SHIFT & (IS_RUN - 1)))
        });
        *DAEMON
    }

    /// Reads a run id. `None` for a number that is none.
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        (number & !(IS_RUN - 1) == IS_RUN).then_some(Self(number))
    }

    pub(crate) fn as_number(self) -> u64 {
        self.0
    }

    /// Whether this belongs to a run of the daemon whose helpers have the run id `daemon`.
    pub(crate) fn is_run_of(self, daemon: Self) -> bool {
        self.0 >> DAEMON_SHIFT == daemon.0 >> DAEMON_SHIFT && self.0 & OF_RUN != 0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunId({self})")
    }
}

/// The text is not a run id.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a run id")]
pub(crate) struct NoRunId;

impl FromStr for RunId {
    type Err = NoRunId;

    fn from_str(text: &str) -> Result<Self, NoRunId> {
        text.parse().ok().and_then(Self::from_number).ok_or(NoRunId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_shows_its_daemon() {
        let (first, second) = (RunId::new(), RunId::new());
        assert_ne!(first, second);
        assert!(first.0.abs_diff(second.0) > 1, "the next number cannot be foretold");
        let daemon = RunId::of_daemon();
        assert!(first.is_run_of(daemon) && second.is_run_of(daemon) && !daemon.is_run_of(daemon));
        let other = RunId(first.0 ^ 1 << DAEMON_SHIFT);
        assert!(!other.is_run_of(daemon), "the run of another daemon");
    }

    #[test]
    fn a_number_survives_as_text_of_19_digits() {
        for run in [RunId::of_daemon(), RunId::new(), RunId::new(), RunId(IS_RUN), RunId(2 * IS_RUN - 1)] {
            assert_eq!((run.to_string().len(), run.to_string().parse()), (19, Ok(run)));
        }
        let infinity = u64::MAX.to_string();
        for text in ["", "0", "1024", "-", "unlimited", infinity.as_str()] {
            assert_eq!(text.parse::<RunId>(), Err(NoRunId), "{text}");
        }
    }
}
