//! Linux: `/proc` tells who belongs to a run, and orphans become our children.

use std::collections::HashSet;
use std::ffi::CStr;
use std::fs;

use nix::unistd::{Gid, Pid, getgrouplist};

use crate::sys::Member;

/// The supplementary groups of an account.
pub(crate) fn groups_of(account: &CStr, gid: Gid) -> nix::Result<Vec<Gid>> {
    getgrouplist(account, gid)
}

/// Makes orphans below us our children, so that none is lost to init.
pub(crate) fn adopt_orphans() -> nix::Result<()> {
    nix::sys::prctl::set_child_subreaper(true)
}

/// Whether a process runs: it exists and is no zombie.
pub(crate) fn is_alive(pid: Pid) -> bool {
    Process::read(pid.as_raw()).is_some_and(|process| process.is_alive())
}

/// All our children, dead ones included.
pub(crate) fn child_pids() -> Vec<Pid> {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return Vec::new() };
    let lists: Vec<_> = tasks.flatten().map(|task| fs::read_to_string(task.path().join("children"))).collect();
    if lists.iter().any(Result::is_err) {
        // A kernel without these lists: look through all processes.
        let us = i32::try_from(std::process::id()).unwrap_or(0);
        return Process::all().into_iter().filter(|process| process.parent == us).map(Process::id).collect();
    }
    let numbers = lists.iter().flatten().flat_map(|list| list.split_ascii_whitespace());
    numbers.filter_map(|number| number.parse().ok()).map(Pid::from_raw).collect()
}

/// All living processes of a run: those of its group, those that carry its
/// marker in their environment, and everything below either.
pub(crate) fn living_members(group: Pid, marker: &str) -> Vec<Member> {
    let processes: Vec<_> = Process::all().into_iter().filter(Process::is_alive).collect();
    let us = i32::try_from(std::process::id()).unwrap_or(0);
    let mut members: HashSet<i32> = processes
        .iter()
        .filter(|process| process.group == group.as_raw() || process.carries(marker))
        .map(|process| process.pid)
        .collect();
    loop {
        let before = members.len();
        let below = processes.iter().filter(|process| members.contains(&process.parent)).map(|process| process.pid);
        let below: Vec<_> = below.collect();
        members.extend(below);
        if members.len() == before {
            break;
        }
    }
    members.remove(&us);
    let member =
        |process: &Process| Member { pid: Pid::from_raw(process.pid), in_group: process.group == group.as_raw() };
    processes.iter().filter(|process| members.contains(&process.pid)).map(member).collect()
}

/// What `/proc/PID/stat` says of a process.
struct Process {
    pid: i32,
    state: char,
    parent: i32,
    group: i32,
}

impl Process {
    fn all() -> Vec<Self> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter_map(Self::read).collect()
    }

    /// The fields behind the command name, which is in parentheses and may
    /// itself hold any characters (proc(5)).
    fn read(pid: i32) -> Option<Self> {
        let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        let (_, fields) = stat.rsplit_once(')')?;
        let mut fields = fields.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let group = fields.next()?.parse().ok()?;
        Some(Self { pid, state, parent, group })
    }

    fn id(self) -> Pid {
        Pid::from_raw(self.pid)
    }

    fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }

    fn carries(&self, marker: &str) -> bool {
        let environment = fs::read(format!("/proc/{}/environ", self.pid)).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == marker.as_bytes())
    }
}
