//! What `/proc` says of one process.

use std::fs::{self, File};
use std::io::Read;

use nix::unistd::Pid;

use crate::process::containment::process_tree::CarriedRun;
use crate::process::run_id::{RunId, VARIABLE};

/// A process at one moment.
pub(crate) struct ProcStat {
    pub(crate) pid: i32,
    pub(crate) name: String,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    /// When it started, in the kernel's ticks since boot: with its number the
    /// identity of a process, since numbers are used again.
    pub(crate) start: u64,
    pub(crate) threads: u64,
    state: char,
}

impl ProcStat {
    /// The fields of `/proc/PID/stat`: the name is in parentheses and may
    /// itself hold any characters (proc(5)).
    pub(crate) fn read(pid: i32) -> Option<Self> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        let (name, fields) = stat.rsplit_once(')')?;
        let name = name.split_once('(')?.1.to_owned();
        let mut fields = fields.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        // Between the group, field 5, and the number of threads, field 20, stand 14 others; the start is field 22.
        let threads = fields.nth(14)?.parse().ok()?;
        let start = fields.nth(1)?.parse().ok()?;
        Some(Self { pid, name, parent, group, start, threads, state })
    }

    /// This program itself.
    pub(crate) fn this() -> Option<Self> {
        Self::read(Pid::this().as_raw())
    }

    /// Numbers of all processes, those that were most likely started last coming first.
    pub(crate) fn all_pids() -> Vec<i32> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        let mut pids: Vec<i32> =
            entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        pids.sort_unstable_by(|a, b| b.cmp(a));
        pids
    }

    /// A process lives as long as one of its threads does: its first thread may be a zombie before.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x') || self.threads > 1
    }

    /// Whether it runs or waits for a processor. The state is that of the first thread: when that has ended, nothing tells
    /// what the others do, and after a SIGKILL they need a processor to end.
    pub(crate) fn is_runnable(&self) -> bool {
        self.state == 'R' || (self.state == 'Z' && self.threads > 1)
    }
}

/// The run of this daemon that a process carries.
pub(crate) fn carried_run(pid: i32, daemon: RunId) -> Option<CarriedRun> {
    let is_ours = |run: &RunId| run.is_run_of(daemon);
    let run = run_in_limits(pid).filter(is_ours).or_else(|| run_in_environment(pid).filter(is_ours))?;
    Some(CarriedRun { run, uid: real_uid(pid)? })
}

/// The real user of a process. Its files in `/proc` belong to root where it may not be looked into.
pub(crate) fn real_uid(pid: i32) -> Option<u32> {
    let status = fs::read(format!("/proc/{pid}/status")).ok()?;
    let status = String::from_utf8_lossy(&status);
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
    ids.split_ascii_whitespace().next()?.parse().ok()
}

/// The soft limit that `sys::linux` sets, as `/proc/PID/limits`, which every user may read, shows it.
fn run_in_limits(pid: i32) -> Option<RunId> {
    // The kernel makes all of it at the first read; asking for its size and growing would take longer than the reading.
    let mut limits = [0; 4096];
    let length = File::open(format!("/proc/{pid}/limits")).and_then(|mut file| file.read(&mut limits)).ok()?;
    let limits = str::from_utf8(&limits[..length]).ok()?;
    let (_, line) = limits.split_once("Max file locks")?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// The variable in the environment that a process was started with.
fn run_in_environment(pid: i32) -> Option<RunId> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let mut variables = environment.split(|byte| *byte == 0);
    let value = variables.find_map(|variable| variable.strip_prefix(VARIABLE.as_bytes())?.strip_prefix(b"="))?;
    std::str::from_utf8(value).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_first_thread_has_ended_may_wait_for_a_processor() {
        let process =
            |state, threads| ProcStat { pid: 2, name: "a".to_owned(), parent: 1, group: 2, start: 3, threads, state };
        for (state, threads, is_alive, is_runnable) in
            [('R', 1, true, true), ('S', 2, true, false), ('Z', 1, false, false), ('Z', 2, true, true)]
        {
            let process = process(state, threads);
            assert_eq!((process.is_alive(), process.is_runnable()), (is_alive, is_runnable), "{state} {threads}");
        }
    }
}
