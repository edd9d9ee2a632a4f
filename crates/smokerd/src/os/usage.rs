//! What this process uses of the machine.

use std::fs;
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

/// Without what its children use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// The processor time since the start.
    pub(crate) processor: Duration,
    /// The memory that is not swapped out, in bytes; none where the system does not tell it.
    pub(crate) memory: Option<u64>,
}

/// That of this process; none when the system refuses to tell.
pub(crate) fn of_this_process() -> Option<Usage> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    let time = |time: TimeVal| u64::try_from(time.num_microseconds()).ok().map(Duration::from_micros);
    let memory = fs::read_to_string("/proc/self/status").ok().as_deref().and_then(resident);
    Some(Usage { processor: time(usage.user_time())? + time(usage.system_time())?, memory })
}

/// `VmRSS:     1234 kB`
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_the_line_of_linux() {
        assert_eq!(resident("Name:\tsmokerd\nVmRSS:\t    1234 kB\nVmData: 1 kB\n"), Some(1_263_616));
        assert_eq!(resident("Name:\tsmokerd\n"), None);
    }
}
