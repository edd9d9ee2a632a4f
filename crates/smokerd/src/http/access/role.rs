//! What a client may do.

use std::fmt;

use hyper::Method;

/// What a client may do. Each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// See plugins and results.
    Read,
    /// Run plugins.
    Run,
    /// Change the daemon, and see the secrets that `show_secrets` shows to administrators.
    Admin,
}

/// The path that changes the daemon.
const RELOAD: &str = "/reload";

impl Role {
    /// The least role that a request needs. A method or a path that does not exist needs what runs need, and gets its error.
    pub(crate) fn needed(method: &Method, path: &str) -> Self {
        if *method == Method::POST && path.trim_end_matches('/') == RELOAD {
            Self::Admin
        } else if method.is_safe() {
            Self::Read
        } else {
            Self::Run
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Admin => "admin",
        })
    }
}
