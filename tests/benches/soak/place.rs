//! What a row needs of the machine.

use std::path::PathBuf;
use std::time::Duration;
use std::{fs, io};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::geteuid;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Request, Response};
use smoker_tests::machine::skip::find;

/// Raises our own limit on open files; returns what there is then.
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

/// Asks as clients do: once more when the connection is closed before there is an answer.
pub(crate) fn ask(daemon: &Daemon, request: &Request, asked_again: &mut u32) -> io::Result<Response> {
    let limit = Duration::from_secs(60);
    request.send(daemon.address(), limit).or_else(|_| {
        *asked_again += 1;
        request.send(daemon.address(), limit)
    })
}
