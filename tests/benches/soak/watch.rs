//! Memory and descriptors of the daemon.

use std::fs;

use smoker_tests::daemon::Daemon;
use smoker_tests::machine::processes;

/// How many MiB of memory it had at most.
pub(crate) fn peak(daemon: &Daemon) -> f64 {
    memory(daemon, "VmHWM")
}

/// How many MiB of memory it has.
pub(crate) fn resident(daemon: &Daemon) -> f64 {
    memory(daemon, "VmRSS")
}

fn memory(daemon: &Daemon, field: &str) -> f64 {
    let status = processes::status(daemon.pid()).expect("the daemon lives");
    let kibibytes = status.get(field).and_then(|size| size.split(' ').next()?.parse::<u32>().ok());
    f64::from(kibibytes.expect("a size")) / 1024.0
}

/// How many descriptors it has open.
pub(crate) fn descriptors(daemon: &Daemon) -> usize {
    fs::read_dir(format!("/proc/{}/fd", daemon.pid())).map_or(0, Iterator::count)
}
