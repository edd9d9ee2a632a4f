//! Memory and processor time, as `/proc` tells them.

use std::fs;
use std::thread::available_parallelism;
use std::time::Duration;

use smoker_tests::machine::processes;

/// How many processors there are.
pub(crate) fn cores() -> u32 {
    available_parallelism().ok().and_then(|cores| u32::try_from(cores.get()).ok()).unwrap_or(1)
}

/// How many processes wanted a processor in the last minute, as text.
pub(crate) fn load() -> String {
    let known = fs::read_to_string("/proc/loadavg").ok().and_then(|load| load.split(' ').next().map(str::to_owned));
    known.unwrap_or_else(|| "n/a: there is no /proc/loadavg".to_owned())
}

/// The resident memory of a process in MiB.
pub(crate) fn resident(pid: i32) -> Result<f64, String> {
    let unknown = || "there is no /proc that tells VmRSS".to_owned();
    let status = processes::status(pid).ok_or_else(unknown)?;
    status.get("VmRSS").and_then(|size| mebibytes(size)).ok_or_else(unknown)
}

/// The memory in MiB that a process shares with no other.
pub(crate) fn own(pid: i32) -> Result<f64, String> {
    let unknown = || "there is no /proc that tells Private_Dirty".to_owned();
    let maps = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).map_err(|_| unknown())?;
    maps.lines().find_map(|line| mebibytes(line.strip_prefix("Private_Dirty:")?)).ok_or_else(unknown)
}

/// A size as `/proc` writes it: `123 kB`.
fn mebibytes(size: &str) -> Option<f64> {
    size.trim().split(' ').next()?.parse::<u32>().ok().map(|kibibytes| f64::from(kibibytes) / 1024.0)
}

/// The processor time of the threads of a process whose names begin so.
pub(crate) fn of_threads(pid: i32, name: &str) -> Result<Duration, String> {
    let unknown = |_| "there is no /proc that tells schedstat".to_owned();
    let mut all = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).map_err(unknown)? {
        let thread = thread.map_err(unknown)?.path();
        if fs::read_to_string(thread.join("comm")).map_err(unknown)?.starts_with(name) {
            let times = fs::read_to_string(thread.join("schedstat")).map_err(unknown)?;
            let running = times.split(' ').next().and_then(|time| time.parse().ok()).unwrap_or(0);
            all += Duration::from_nanos(running);
        }
    }
    Ok(all)
}

/// Processor time of the whole machine since its start, in ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Busy {
    all: u64,
    idle: u64,
}

impl Busy {
    /// Looks now.
    pub(crate) fn now() -> Result<Self, String> {
        let unknown = || "there is no /proc/stat".to_owned();
        let stat = fs::read_to_string("/proc/stat").map_err(|_| unknown())?;
        let line = stat.lines().next().ok_or_else(unknown)?;
        let ticks: Vec<u64> = line.split_ascii_whitespace().skip(1).filter_map(|ticks| ticks.parse().ok()).collect();
        // user nice system idle iowait irq softirq steal; what follows is counted in user already (proc(5)).
        let [.., _, _, _, idle, waiting, _, _, _] = ticks.get(..8).ok_or_else(unknown)? else { return Err(unknown()) };
        Ok(Self { all: ticks[..8].iter().sum(), idle: idle + waiting })
    }

    /// How busy all processors together were since then, in percent.
    pub(crate) fn percent_since(&self) -> Result<f64, String> {
        let now = Self::now()?;
        let ticks = |difference: u64| f64::from(u32::try_from(difference).unwrap_or(u32::MAX));
        let (all, idle) = (ticks(now.all.saturating_sub(self.all)), ticks(now.idle.saturating_sub(self.idle)));
        Ok(100.0 * (1.0 - idle / all.max(1.0)))
    }
}
