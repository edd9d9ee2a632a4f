//! What can fail in a child before its program begins.

use libc::{c_int, c_long};

/// A step of the child on the way to its program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Nothing,
    Session,
    Streams,
    Cgroup,
    Limits,
    Nice,
    Account,
    WorkDir,
    NoNewPrivileges,
    Program,
}

impl Step {
    /// What to say before the system's reason; the program's own is the caller's to explain.
    pub(super) fn context(self) -> Option<&'static str> {
        match self {
            Self::Limits => Some("cannot set its resource limits"),
            Self::Cgroup => Some("cannot enter its cgroup"),
            Self::Nice => Some("cannot set its nice value"),
            Self::WorkDir => Some("cannot change to its WorkDir"),
            Self::NoNewPrivileges => Some("cannot set no_new_privs"),
            Self::Nothing | Self::Session | Self::Streams | Self::Account | Self::Program => None,
        }
    }
}

/// The step that failed, and the number of the error.
pub(super) type Failure = (Step, c_int);

/// What a system call gave, or the error of this step.
pub(super) fn check(step: Step, returned: c_long) -> Result<c_long, Failure> {
    if returned >= 0 {
        return Ok(returned);
    }
    Err((step, nix::errno::Errno::last_raw()))
}
