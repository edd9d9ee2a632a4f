//! The processes that were started last, read again and again for a moment.

use std::fs;

use crate::process::sys::proc_stat::ProcStat;

/// How often they are read, a few dozen microseconds each time.
const READS: usize = 200;

/// How many numbers below the newest are read, at least and at most.
const MIN_REACH: i32 = 3;
const MAX_REACH: i32 = 64;

/// Calls `on_sight` for each process that is found. One that forks and ends, forks and
/// ends, has another number each time, and here is where it is found: reading a list of
/// all processes takes longer than one of its lives.
pub(crate) fn watch(mut on_sight: impl FnMut(ProcStat)) {
    let mut seen = None;
    for _ in 0..READS {
        let Some(newest) = newest() else { return };
        let since = seen.filter(|seen| *seen <= newest).unwrap_or(newest);
        let first = since.max(newest - MAX_REACH) - MIN_REACH;
        (first..=newest + 1).rev().filter_map(ProcStat::read).for_each(&mut on_sight);
        seen = Some(newest);
    }
}

/// The number that was given to a process last.
fn newest() -> Option<i32> {
    fs::read_to_string("/proc/loadavg").ok()?.split_ascii_whitespace().last()?.parse().ok()
}
