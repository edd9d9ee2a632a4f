//! What a row needs of the machine.

use std::fs;
use std::path::PathBuf;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::geteuid;
use smoker_tests::daemon::Daemon;
use smoker_tests::skip::find;

/// Raises our own limit on open files; gives what there is then.
pub(crate) fn open_files(wanted: u64) -> u64 {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    let hard = if geteuid().is_root() { hard.max(wanted) } else { hard };
    let raised = setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard).max(soft), hard);
    if raised.is_ok() { wanted.min(hard) } else { soft }
}

/// Whether we may mount and become others.
pub(crate) fn is_root() -> bool {
    geteuid().is_root() && find("unshare").is_some()
}

/// A path of a daemon that lives in a mount namespace of its own.
pub(crate) fn inside(daemon: &Daemon, name: &str) -> PathBuf {
    let path = daemon.path(name);
    PathBuf::from(format!("/proc/{}/root{}", daemon.pid(), path.display()))
}

/// The text of a file, empty when there is none.
pub(crate) fn text(path: &PathBuf) -> String {
    fs::read_to_string(path).unwrap_or_default()
}
