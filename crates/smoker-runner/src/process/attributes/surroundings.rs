//! What a program of a run finds around it, as configured.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;

use smoker_model::plugin::process_settings::ProcessSettings;

use crate::process::containment::cgroup::controllers::Controllers;
use crate::process::containment::cgroup::run_cgroup::GroupLimits;
use crate::process::sys::{ADDRESS_SPACE, LimitedResource, PROCESSES};

/// The configured settings, and the variables of the account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Surroundings<'a> {
    pub(crate) settings: &'a ProcessSettings,
    /// HOME, USER, LOGNAME and SHELL; nothing for the daemon's own account.
    pub(crate) account: &'a [(String, String)],
}

impl Surroundings<'static> {
    /// All as the daemon has it.
    pub(crate) const fn of_daemon() -> Self {
        const NONE: &ProcessSettings = &ProcessSettings {
            max_memory: None,
            max_processes: None,
            nice: None,
            work_dir: None,
            umask: None,
            env: Vec::new(),
            no_new_privileges: false,
        };
        Self { settings: NONE, account: &[] }
    }
}

impl Surroundings<'_> {
    /// What all processes of the run may have together.
    pub(crate) fn group_limits(&self) -> GroupLimits {
        GroupLimits { memory: self.settings.max_memory, processes: self.settings.max_processes }
    }

    /// The variables beside those of the daemon; of two with one name the later counts.
    pub(crate) fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.account.iter().chain(&self.settings.env).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The working directory as the kernel takes it.
    ///
    /// # Errors
    ///
    /// When it holds a NUL.
    pub(crate) fn work_dir(&self) -> io::Result<Option<CString>> {
        let path = self.settings.work_dir.as_ref();
        path.map(|path| CString::new(path.as_os_str().as_bytes()).map_err(io::Error::from)).transpose()
    }
}

/// The limits that each process has to carry, because its cgroup cannot set them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProcessLimits {
    /// Bytes of address space, of each process.
    pub(crate) address_space: Option<u64>,
    /// Processes and threads of the account: those that it has, and as many as the run may have. Root has no such limit.
    pub(crate) processes: Option<u64>,
}

impl ProcessLimits {
    /// Those of `limits` that the cgroup does not set. `owner` is the account, none for root; `count` tells how many
    /// processes and threads an account has, when the limit is this: the kernel counts these, too.
    pub(crate) async fn beside<C: Future<Output = u64>>(
        controllers: Controllers,
        limits: GroupLimits,
        owner: Option<u32>,
        count: impl FnOnce(u32, u64) -> C,
    ) -> Self {
        let processes = match limits.processes.filter(|_| !controllers.pids).zip(owner) {
            Some((limit, owner)) => Some(count(owner, limit).await.saturating_add(limit)),
            None => None,
        };
        Self { address_space: limits.memory.filter(|_| !controllers.memory), processes }
    }

    /// As `setrlimit(2)` takes them.
    pub(crate) fn resources(self) -> Vec<(LimitedResource, u64)> {
        let address_space = self.address_space.map(|bytes| (ADDRESS_SPACE, bytes));
        let processes = self.processes.map(|count| (PROCESSES, count));
        address_space.into_iter().chain(processes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_carries_the_limits_that_its_cgroup_cannot_set() {
        let limits = GroupLimits { memory: Some(1 << 20), processes: Some(7) };
        let beside = async |memory, pids, owner| {
            ProcessLimits::beside(Controllers { memory, pids }, limits, owner, async |_, _| 100).await
        };
        assert_eq!(beside(true, true, Some(1)).await, ProcessLimits::default());
        assert_eq!(beside(false, true, None).await.address_space, Some(1 << 20));
        assert_eq!(beside(true, false, Some(1)).await.processes, Some(107), "beside those that the account has");
        assert_eq!(beside(true, false, None).await.processes, None);
    }
}
