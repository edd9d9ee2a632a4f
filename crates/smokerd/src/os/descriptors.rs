//! Which files the daemon has open, and how many it may.

use std::fs;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use smoker_runner::process::attributes::inheritance;

/// Enough for all connections and some thousands of runs at a time, each of
/// which holds two pipes and its process. Runs keep the limit that the daemon began with.
const TARGET_LIMIT: u64 = 16 * 1024;

/// Standard error. What has a higher number was opened for some purpose.
const LAST_STANDARD_STREAM: i32 = 2;

/// Raises the soft limit, which is 1024 on many systems, as far as the hard one
/// allows. Returns how many files may be open.
pub(crate) fn raise_limit() -> usize {
    let raised = getrlimit(Resource::RLIMIT_NOFILE).and_then(|(soft, hard)| {
        inheritance::keep_open_files_limit(soft);
        if soft >= TARGET_LIMIT { Ok(()) } else { setrlimit(Resource::RLIMIT_NOFILE, TARGET_LIMIT.min(hard), hard) }
    });
    if let Err(error) = raised {
        tracing::warn!("cannot raise the limit on open files ({error}): many runs at a time may fail");
    }
    getrlimit(Resource::RLIMIT_NOFILE).map_or(0, |(soft, _)| usize::try_from(soft).unwrap_or(usize::MAX))
}

/// The descriptors besides the standard streams that are open now: at the start of the program, those that it inherited.
pub(crate) fn open_ones() -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/dev/fd") else { return Vec::new() };
    let numbers: Vec<i32> = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    // The one with which they were listed is closed by now.
    let is_open = |number: i32| fs::symlink_metadata(format!("/dev/fd/{number}")).is_ok();
    numbers.into_iter().filter(|number| *number > LAST_STANDARD_STREAM && is_open(*number)).collect()
}

/// Closes descriptors that nothing in this process uses.
pub(crate) fn close(numbers: &[i32]) {
    for number in numbers {
        let _ = nix::unistd::close(*number);
    }
}
