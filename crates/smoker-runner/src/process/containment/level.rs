//! How the processes of a run are told from all others on this host.

use std::fmt;

use crate::process::containment::cgroup::CgroupTree;

/// The level of containment. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Containment {
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

impl Containment {
    /// The best level that this process can have. To be called before root is
    /// dropped: `owner` is the account that the daemon is going to run as.
    #[must_use]
    pub fn prepare(owner: Option<(u32, u32)>) -> Self {
        match CgroupTree::create(owner) {
            Ok(tree) => Self::Cgroups(Cgroups(tree)),
            Err(error) => Self::Marks { reason: error.to_string() },
        }
    }

    /// The level that [`Self::prepare`] would give, without keeping anything.
    #[must_use]
    pub fn probe() -> Self {
        let level = Self::prepare(None);
        if let Some(tree) = level.cgroups() {
            tree.remove();
        }
        level
    }

    pub(crate) fn cgroups(&self) -> Option<&CgroupTree> {
        match self {
            Self::Cgroups(Cgroups(tree)) => Some(tree),
            Self::Marks { .. } => None,
        }
    }
}

impl fmt::Display for Containment {
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
