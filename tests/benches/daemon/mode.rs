//! What the command line asks for.

use std::path::PathBuf;

use crate::bare_side::checks_loop;
use crate::bare_side::schedule;
use crate::measures;

/// The first word of each hidden mode.
pub(crate) const BARE_SERVER: &str = "--bare-server";
/// See [`BARE_SERVER`].
pub(crate) const BARE_LOOP: &str = "--bare-loop";
/// See [`BARE_SERVER`].
pub(crate) const BARE_CGROUPS: &str = "--bare-cgroups";
/// See [`BARE_SERVER`].
pub(crate) const BARE_SCHEDULE: &str = "--bare-schedule";

/// What to do.
#[derive(Debug)]
pub(crate) enum Mode {
    /// Measure whatever has this word in its name.
    Measure(String),
    /// Serve the content of a file.
    BareServer(PathBuf),
    /// Run checks as fast as they can be.
    BareLoop(checks_loop::Size),
    /// The same, each in a cgroup of its own.
    BareCgroups(checks_loop::Size),
    /// Run checks once a second each.
    BareSchedule(schedule::Size),
    /// We are built and started as a test (`cargo test --all-targets`), where there is nothing to do.
    Nothing,
}

impl Mode {
    /// Reads the arguments that cargo, or this program itself, has given.
    pub(crate) fn of_command_line() -> Self {
        let arguments = measures::arguments();
        Self::of(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).unwrap_or(Self::Nothing)
    }

    fn of(arguments: &[&str]) -> Option<Self> {
        match arguments {
            [BARE_SERVER, page] => Some(Self::BareServer(PathBuf::from(page))),
            [BARE_LOOP, checks, at_a_time] => Some(Self::BareLoop(size(checks, at_a_time)?)),
            [BARE_CGROUPS, checks, at_a_time] => Some(Self::BareCgroups(size(checks, at_a_time)?)),
            [BARE_SCHEDULE, checks, pipe] => {
                Some(Self::BareSchedule(schedule::Size { checks: checks.parse().ok()?, pipe: PathBuf::from(pipe) }))
            }
            words => measures::wanted(words).map(Self::Measure),
        }
    }
}

fn size(checks: &str, at_a_time: &str) -> Option<checks_loop::Size> {
    Some(checks_loop::Size { checks: checks.parse().ok()?, at_a_time: at_a_time.parse().ok()? })
}
