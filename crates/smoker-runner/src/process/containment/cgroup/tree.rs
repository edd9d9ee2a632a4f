//! All cgroups of a daemon.
//!
//! The tree is `OWN/smokerd-PID-RANDOM/run-N`, where OWN is the cgroup that the
//! daemon was started in; beside the runs may be the daemon itself (`controllers`). Cgroups of runs are used again: making and removing
//! one for each run costs a tenth of the start of a short command.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::sys::stat::Mode;
use nix::unistd::Pid;

use crate::process::containment::cgroup::controllers::{self, Controllers, WayBack};
use crate::process::containment::cgroup::files::{children, open_folder, remove, remove_tree};
use crate::process::containment::cgroup::own::own_cgroup;
use crate::process::containment::cgroup::run_cgroup::{GroupLimits, RunCgroup};

/// How many unused cgroups are kept for the next runs.
const SPARE: usize = 32;

/// How the names of the cgroups of runs begin.
const RUN: &str = "run-";

/// The files that the daemon writes in its tree after it has dropped root.
const DELEGATED: [&str; 3] = ["cgroup.procs", "cgroup.threads", "cgroup.subtree_control"];

/// All cgroups of this daemon. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct CgroupTree(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    base: OwnedFd,
    controllers: Controllers,
    way_back: WayBack,
    last: AtomicU64,
    spare: Mutex<Vec<RunCgroup>>,
    /// Those of runs that are over, with processes that may stay.
    left: Mutex<Vec<RunCgroup>>,
}

impl CgroupTree {
    /// Makes the tree below the cgroup that this process is in. `owner` is the
    /// account that the daemon is going to run as.
    ///
    /// # Errors
    ///
    /// When there is no cgroup v2, or this process may not make cgroups in it.
    pub(crate) fn create(owner: Option<(u32, u32)>) -> io::Result<Self> {
        let own = own_cgroup()?;
        remove_stale_trees(&own);
        let random = RandomState::new().build_hasher().finish();
        let path = own.join(format!("smokerd-{}-{random:016x}", std::process::id()));
        let base = make_locked(&path).map_err(|error| with_path(&own, &error))?;
        let way_back = WayBack::open(&own);
        let Some((user, group)) = owner else {
            let controllers = controllers::enable(&own, &path);
            let tree = Self::new(path, base, controllers, way_back);
            controllers::expect_domain(tree.path())?;
            return Ok(tree);
        };
        let entered = controllers::enable_inside(&own, &path).and_then(|controllers| {
            controllers::expect_domain(&path)?;
            give_to(&path, user, group)?;
            Ok(controllers)
        });
        // What cannot be given away is taken back when it is dropped.
        let tree = Self::new(path, base, entered.as_ref().copied().unwrap_or_default(), way_back);
        entered.map(|_| tree)
    }

    fn new(path: PathBuf, base: OwnedFd, controllers: Controllers, way_back: WayBack) -> Self {
        let (last, spare, left) = (AtomicU64::new(0), Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { path, base, controllers, way_back, last, spare, left }))
    }

    /// The tree that the daemon with this path of a tree has left.
    ///
    /// # Errors
    ///
    /// When it is gone.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let base = File::open(&path)?.into();
        let way_back = path.parent().map(WayBack::open).unwrap_or_default();
        Ok(Self::new(path, base, Controllers::default(), way_back))
    }

    /// The folder of the tree.
    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    /// The cgroup that the daemon was started in.
    pub(crate) fn parent(&self) -> &Path {
        self.0.path.parent().unwrap_or(&self.0.path)
    }

    /// Which limits its cgroups can set.
    pub(crate) fn controllers(&self) -> Controllers {
        self.0.controllers
    }

    /// An empty cgroup with these limits.
    ///
    /// # Errors
    ///
    /// When the kernel refuses another cgroup or a limit.
    pub(crate) fn take(&self, limits: GroupLimits) -> io::Result<RunCgroup> {
        let spare = {
            let mut spare = self.spare();
            // An administrator may have removed them.
            spare.retain(|cgroup| cgroup.is_populated().is_ok());
            let fitting = spare.iter().rposition(|cgroup| cgroup.limits() == limits);
            fitting.map(|at| spare.swap_remove(at)).or_else(|| spare.pop())
        };
        let mut cgroup = match spare {
            Some(cgroup) => cgroup,
            None => self.make()?,
        };
        if cgroup.limits() != limits {
            cgroup.limit(self.0.controllers, limits)?;
        }
        // Those of the run before in a cgroup that is used again.
        cgroup.take_memory_kills();
        Ok(cgroup)
    }

    fn make(&self) -> io::Result<RunCgroup> {
        let name = format!("{RUN}{}", self.0.last.fetch_add(1, Ordering::Relaxed) + 1);
        nix::sys::stat::mkdirat(&self.0.base, name.as_str(), Mode::from_bits_truncate(0o755))?;
        let directory = open_folder(self.0.base.as_fd(), &name)?;
        Ok(RunCgroup::new(name, directory))
    }

    /// Keeps the cgroup of a run that is over and whose processes may stay.
    /// Returns the names of all such cgroups.
    pub(crate) fn keep_left(&self, cgroup: RunCgroup) -> Vec<String> {
        let mut left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (gone, mut still): (Vec<_>, Vec<_>) = left.drain(..).partition(|it| !it.is_populated().unwrap_or(false));
        still.push(cgroup);
        *left = still;
        let names = left.iter().map(|cgroup| cgroup.name().to_owned()).collect();
        drop(left);
        for cgroup in gone {
            self.give_back(cgroup);
        }
        names
    }

    /// Takes back the cgroup of a run that has ended. One that is still
    /// populated stays in the file system until the daemon's end.
    pub(crate) fn give_back(&self, cgroup: RunCgroup) {
        if cgroup.is_populated().unwrap_or(true) {
            return;
        }
        let mut spare = self.spare();
        if spare.len() < SPARE && cgroup.can_be_used_again() {
            spare.push(cgroup);
        } else {
            drop(spare);
            let _ = remove(self.0.base.as_fd(), cgroup.name());
        }
    }

    /// The cgroups of all runs by name, those that are not in use included.
    pub(crate) fn all(&self) -> Vec<RunCgroup> {
        let opened = self.0.names().into_iter().filter_map(|name| {
            let directory = open_folder(self.0.base.as_fd(), &name).ok()?;
            Some(RunCgroup::new(name, directory))
        });
        opened.collect()
    }

    /// Removes all cgroups of the tree that have no process.
    pub(crate) fn remove(&self) {
        self.spare().clear();
        self.0.left.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.0.remove();
    }

    /// Whether a process is in the cgroup of a run.
    pub(crate) fn has_in_run(&self, pid: Pid) -> bool {
        let Some(tree) = self.0.path.file_name().and_then(OsStr::to_str) else { return false };
        let path = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        // The name of a tree is its own, wherever the cgroups are seen from.
        path.lines().any(|line| line.starts_with("0::") && line.contains(&format!("/{tree}/{RUN}")))
    }

    fn spare(&self) -> MutexGuard<'_, Vec<RunCgroup>> {
        self.0.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// The names of the cgroups of all runs.
    fn names(&self) -> Vec<String> {
        let names = children(self.base.as_fd()).unwrap_or_default();
        names.into_iter().filter(|name| name.starts_with(RUN)).collect()
    }

    /// What still has processes stays, as they do, with its limits. So does the folder of the tree, empty, when root has been dropped:
    /// the cgroup that it lies in is not the daemon's, and the next start removes it.
    fn remove(&self) {
        for name in self.names() {
            let _ = remove(self.base.as_fd(), &name);
        }
        if self.names().is_empty() {
            controllers::disable(&self.way_back, &self.path);
        }
        let _ = remove_tree(&self.path);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.remove();
    }
}

/// Gives a cgroup that this process has made to an account, as systemd does
/// with what it delegates, and nothing above it: who may write to a cgroup
/// freezes, kills and moves what is below it, whosever it is.
fn give_to(made: &Path, user: u32, group: u32) -> io::Result<()> {
    chown(made, Some(user), Some(group))?;
    DELEGATED.iter().try_for_each(|file| chown(made.join(file), Some(user), Some(group)))
}

/// Makes the folder of a tree and locks it, which tells other daemons that the
/// tree is in use. The lock is held as long as the folder is open.
fn make_locked(path: &Path) -> io::Result<OwnedFd> {
    loop {
        fs::create_dir(path)?;
        let base = File::open(path)?;
        base.lock()?;
        // Before it was locked, another daemon may have taken it for a stale one.
        if path.exists() {
            return Ok(base.into());
        }
    }
}

/// Removes what a daemon left that was killed. A process id would not tell: in
/// another PID namespace the daemon has another one, or is not seen at all.
fn remove_stale_trees(own: &Path) {
    let Ok(entries) = fs::read_dir(own) else { return };
    for entry in entries.flatten() {
        let is_tree = entry.file_name().to_str().is_some_and(|name| name.starts_with("smokerd-"));
        let Some(tree) = File::open(entry.path()).ok().filter(|_| is_tree) else { continue };
        // The lock is held while the tree is removed, so that nobody begins to use it.
        if tree.try_lock().is_ok() {
            let _ = remove_tree(&entry.path());
        }
    }
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot make a cgroup in {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_tree_that_no_daemon_holds_is_stale() {
        let own = tempfile::tempdir().expect("a temporary folder");
        // No process of this PID namespace has the number: a daemon of another one may.
        let used = own.path().join("smokerd-4194305-0");
        let base = make_locked(&used).expect("a folder of our own");
        let other = own.path().join("another");
        fs::create_dir(&other).expect("a folder of our own");
        remove_stale_trees(own.path());
        assert!(used.exists());
        drop(base);
        remove_stale_trees(own.path());
        assert!(!used.exists() && other.exists());
    }
}
