//! The processes of the host, see `proc_pid_stat(5)`.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::{SysconfVar, sysconf};

use crate::checks::system_file;

/// A process.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub(super) pid: u32,
    /// The name that the kernel has, of at most 15 characters.
    name: String,
    /// The command line, each argument a text.
    pub(super) arguments: Vec<String>,
    pub(super) uid: u32,
    /// How long it runs, in seconds.
    pub(super) age: f64,
    /// The memory that it holds, in bytes.
    pub(super) memory: f64,
    pub(super) threads: f64,
}

impl Process {
    /// The names that it may be meant by: the kernel's, and that of its program as it was started.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let program = self.arguments.first().map(|first| first.rsplit('/').next().unwrap_or(first));
        // Programs that show their state replace it: `nginx: master process`, `sshd: /usr/sbin/sshd`.
        let title = program.and_then(|program| program.split_once(':')).map(|(title, _)| title);
        [Some(self.name.as_str()), program, title].into_iter().flatten()
    }

    /// The command line with blanks between its arguments.
    pub(super) fn command_line(&self) -> String {
        self.arguments.join(" ")
    }
}

/// All processes but this one; those that have ended and wait to be collected are none.
pub(super) fn processes() -> Result<Vec<Process>, String> {
    let uptime = system_file::read("/proc/uptime")?;
    let uptime: f64 =
        uptime.split(' ').next().and_then(|word| word.parse().ok()).ok_or("/proc/uptime is not understood")?;
    let folder = PathBuf::from("/proc");
    let entries = fs::read_dir(&folder).map_err(|error| system_file::unreadable(&folder, &error))?;
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut found = Vec::new();
    for pid in pids.filter(|pid| *pid != std::process::id()) {
        found.extend(process(pid, uptime)?);
    }
    if found.is_empty() {
        return Err("/proc shows no processes".to_owned());
    }
    Ok(found)
}

/// Whether processes of other accounts are hidden from this one (`hidepid`).
pub(super) fn hides_others() -> bool {
    fs::metadata("/proc/1/stat").is_err()
}

/// One that ends meanwhile, has ended, or is hidden is none.
fn process(pid: u32, uptime: f64) -> Result<Option<Process>, String> {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    let Ok(stat) = system_file::read(folder.join("stat")) else { return Ok(None) };
    // The kernel gives none of a process that ends while it is read.
    if stat.is_empty() {
        return Ok(None);
    }
    let has_ended = |behind: &str| behind.trim_start().starts_with(['Z', 'X']);
    if stat.rsplit_once(')').is_some_and(|(_, behind)| has_ended(behind)) {
        return Ok(None);
    }
    let not_understood = || format!("{}/stat is not understood: {}", folder.display(), stat.trim());
    let Ok(uid) = fs::metadata(&folder).map(|metadata| metadata.uid()) else { return Ok(None) };
    of_stat(pid, &stat, uid, uptime, &folder).map(Some).ok_or_else(not_understood)
}

fn of_stat(pid: u32, stat: &str, uid: u32, uptime: f64, folder: &Path) -> Option<Process> {
    let (front, behind) = stat.rsplit_once(')')?;
    let name = front.split_once('(')?.1.to_owned();
    let fields: Vec<_> = behind.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<f64>().ok();
    let (threads, started, pages) = (number(17)?, number(19)?, number(21)?);
    let arguments = system_file::read(folder.join("cmdline")).unwrap_or_default();
    let arguments = arguments.trim_end_matches('\0').split('\0').filter(|_| !arguments.is_empty());
    Some(Process {
        pid,
        name,
        arguments: arguments.map(str::to_owned).collect(),
        uid,
        age: (uptime - started / system_number(SysconfVar::CLK_TCK, 100.0)).max(0.0),
        memory: pages * system_number(SysconfVar::PAGE_SIZE, 4096.0),
        threads,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a small number")]
fn system_number(name: SysconfVar, otherwise: f64) -> f64 {
    sysconf(name).ok().flatten().map_or(otherwise, |number| number as f64)
}
