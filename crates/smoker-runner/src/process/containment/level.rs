//! How the processes of a run are told from all others on this host.

use std::fmt;

use crate::process::containment::cgroup::controllers::Controllers;
use crate::process::containment::cgroup::tree::CgroupTree;

/// The level of containment. Cheap to clone.
#[derive(Clone, Debug)]
pub enum ContainmentLevel {
    /// Each run is in a cgroup of its own.
    Cgroups(Cgroups),
    /// Processes are known by their group, their parents and the number that they carry.
    Marks {
        /// Why there are no cgroups.
        reason: String,
    },
}

/// The cgroups of this daemon.
#[derive(Clone, Debug)]
pub struct Cgroups(pub(crate) CgroupTree);

impl ContainmentLevel {
    /// The best level that this process can have. To be called before root is
    /// dropped: `owner` is the account that the daemon is going to run as.
    #[must_use]
    pub fn prepare(owner: Option<(u32, u32)>) -> Self {
        match CgroupTree::create(owner) {
            Ok(tree) => Self::Cgroups(Cgroups(tree)),
            Err(error) => Self::Marks { reason: error.to_string() },
        }
    }

    /// The level that [`Self::prepare`] would return, without keeping anything.
    #[must_use]
    pub fn probe() -> Self {
        let level = Self::prepare(None);
        if let Some(tree) = level.cgroups() {
            tree.remove();
        }
        level
    }

    /// What this level cannot do, a sentence for each, for operators.
    #[must_use]
    pub fn shortcomings(&self) -> Vec<&'static str> {
        let Controllers { memory, pids } = self.controllers();
        let of_level = match self {
            Self::Cgroups(_) => {
                "a run as root, or as the daemon's own account, can move its processes out of its cgroup"
            }
            Self::Marks { .. } => {
                "without cgroups, a process that changes its process group, loses its parent and clears its run id can \
                 outlive its run while other runs of its account are active, or if the daemon is killed with SIGKILL \
                 within a second; a process of root always can"
            }
        };
        let memory =
            (!memory).then_some("MaxMemory bounds each process of a run, not all together (no memory controller)");
        let pids = (!pids).then_some(
            "MaxProcesses bounds the account of a run, with what else is started under it, and does not bind root (no pids \
             controller)",
        );
        std::iter::once(of_level).chain(memory).chain(pids).collect()
    }

    /// Whether `MaxProcesses` binds runs as root, too.
    #[must_use]
    pub fn bounds_processes_of_root(&self) -> bool {
        self.controllers().pids
    }

    /// Which limits of a run its cgroup sets; the others each process carries itself.
    pub(crate) fn controllers(&self) -> Controllers {
        self.cgroups().map(CgroupTree::controllers).unwrap_or_default()
    }

    pub(crate) fn cgroups(&self) -> Option<&CgroupTree> {
        match self {
            Self::Cgroups(Cgroups(tree)) => Some(tree),
            Self::Marks { .. } => None,
        }
    }
}

impl fmt::Display for ContainmentLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cgroups(Cgroups(tree)) => {
                write!(f, "each run has a cgroup of its own below {}", tree.parent().display())
            }
            Self::Marks { reason } => write!(
                f,
                "no cgroups ({reason}): the processes of a run are known by their group, their parents and a number \
                 that they carry; see docs/reliability.md for what may escape"
            ),
        }
    }
}
