//! Linux: `/proc` tells who belongs to a run, and orphans become our children.

use std::collections::HashSet;
use std::ffi::CStr;
use std::fs;

use nix::unistd::{Gid, Pid, getgrouplist};

use crate::sys::{MARKER, Member};

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
        return Process::all().into_iter().filter(|process| process.parent == our_pid()).map(Process::id).collect();
    }
    let numbers = lists.iter().flatten().flat_map(|list| list.split_ascii_whitespace());
    numbers.filter_map(|number| number.parse().ok()).map(Pid::from_raw).collect()
}

/// All living processes at one moment.
pub(crate) struct ProcessList(Vec<(Process, Option<String>)>);

impl ProcessList {
    /// Reads `/proc`. Processes that come or go meanwhile may be missing.
    pub(crate) fn read() -> Self {
        let living = Process::all().into_iter().filter(Process::is_alive);
        Self(living.map(|process| (process.marker(), process)).map(|(marker, process)| (process, marker)).collect())
    }

    /// Those of a group, those with a marker, and everything below either; not ourselves.
    pub(crate) fn living_members(&self, group: Pid, marker: &str) -> Vec<Member> {
        let in_group = |process: &Process| process.group == group.as_raw();
        let is_marked = |found: &Option<String>| found.as_deref() == Some(marker);
        let mut members: HashSet<i32> = HashSet::new();
        loop {
            let belongs = |process: &Process, found: &Option<String>| {
                in_group(process) || is_marked(found) || members.contains(&process.parent)
            };
            let found: HashSet<i32> = self
                .0
                .iter()
                .filter(|(process, marker)| belongs(process, marker))
                .map(|(process, _)| process.pid)
                .collect();
            if found.len() == members.len() {
                break;
            }
            members = found;
        }
        members.remove(&our_pid());
        let all = self.0.iter().map(|(process, _)| process).filter(|process| members.contains(&process.pid));
        all.map(|process| Member { pid: Pid::from_raw(process.pid), in_group: in_group(process) }).collect()
    }
}

impl ProcessList {
    /// Group and marker of each process that leads a group in a session and
    /// has a marker with this beginning.
    pub(crate) fn runs_in_progress(&self, marker_prefix: &str, session: Pid) -> Vec<(Pid, String)> {
        let leaders = self.0.iter().filter(|(process, _)| process.leads_group_in(session));
        let run = |(process, marker): &(Process, Option<String>)| {
            let marker = marker.as_ref().filter(|marker| marker.starts_with(marker_prefix))?;
            Some((Pid::from_raw(process.pid), marker.clone()))
        };
        leaders.filter_map(run).collect()
    }
}

fn our_pid() -> i32 {
    Pid::this().as_raw()
}

/// What `/proc/PID/stat` says of a process.
struct Process {
    pid: i32,
    state: char,
    parent: i32,
    group: i32,
    session: i32,
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
        let session = fields.next()?.parse().ok()?;
        Some(Self { pid, state, parent, group, session })
    }

    fn id(self) -> Pid {
        Pid::from_raw(self.pid)
    }

    fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }

    fn leads_group_in(&self, session: Pid) -> bool {
        self.pid == self.group && self.session == session.as_raw()
    }

    /// The run that its environment names, as `NAME=VALUE`.
    fn marker(&self) -> Option<String> {
        let environment = fs::read(format!("/proc/{}/environ", self.pid)).ok()?;
        let marker = environment.split(|byte| *byte == 0).find(|variable| variable.starts_with(MARKER.as_bytes()))?;
        Some(String::from_utf8_lossy(marker).into_owned())
    }
}
