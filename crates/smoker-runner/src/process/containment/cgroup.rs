//! A cgroup for each run (cgroup v2, `Documentation/admin-guide/cgroup-v2.rst` of Linux).
//!
//! Whatever a run starts is in the run's cgroup, whatever ids, parents, sessions,
//! namespaces, limits and environment it gives itself; only root can leave one.
//! So the daemon does not search: the kernel lists the members and kills them.
//!
//! The tree is `OWN/smokerd-PID-RANDOM/run-N`, where OWN is the cgroup that the
//! daemon was started in. Cgroups of runs are used again: making and removing
//! one for each run costs a tenth of the start of a short command.

use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::fcntl::{OFlag, openat};
use nix::sys::stat::{Mode, fstat};
use nix::unistd::{Pid, UnlinkatFlags, unlinkat};

/// How many unused cgroups are kept for the next runs.
const SPARE: usize = 32;

/// How deep below its own cgroup the cgroups of a run that it made as root are
/// looked at: each level takes a descriptor. What is deeper is killed with the
/// rest, and removed by nobody.
const MAX_DEPTH: usize = 64;

/// The files that the daemon writes in a cgroup of its own after it has dropped root.
const DELEGATED: [&str; 3] = ["cgroup.procs", "cgroup.threads", "cgroup.subtree_control"];

/// All cgroups of this daemon. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct CgroupTree(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    base: OwnedFd,
    controllers: Controllers,
    last: AtomicU64,
    spare: Mutex<Vec<RunCgroup>>,
    /// Those of runs that are over, with processes that may stay.
    left: Mutex<Vec<RunCgroup>>,
}

/// Which limits a cgroup can set. The others stay limits of single processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Controllers {
    pub(crate) memory: bool,
    pub(crate) pids: bool,
}

/// What all processes of a run may have together; none: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupLimits {
    /// Bytes of memory.
    pub(crate) memory: Option<u64>,
    /// Processes and threads at a time.
    pub(crate) processes: Option<u64>,
}

/// The cgroup of one run.
#[derive(Debug)]
pub(crate) struct RunCgroup {
    name: String,
    directory: OwnedFd,
    limits: GroupLimits,
    was_killed: AtomicBool,
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
        fs::create_dir(&path).map_err(|error| with_path(&own, &error))?;
        let base = File::open(&path)?.into();
        let controllers = enable_controllers(&own, &path);
        let tree = Self::new(path, base, controllers);
        if let Some((user, group)) = owner {
            tree.give_to(&own, user, group).inspect_err(|_| tree.remove())?;
        }
        Ok(tree)
    }

    fn new(path: PathBuf, base: OwnedFd, controllers: Controllers) -> Self {
        let (last, spare, left) = (AtomicU64::new(0), Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { path, base, controllers, last, spare, left }))
    }

    /// A process may be put into a cgroup only by who may write to the cgroup
    /// that both have in common, so that one changes hands as well, as systemd
    /// does when a service that it delegates to has a `User=`.
    fn give_to(&self, own: &Path, user: u32, group: u32) -> io::Result<()> {
        for folder in [own, &self.0.path] {
            chown(folder, Some(user), Some(group))?;
            for file in DELEGATED {
                chown(folder.join(file), Some(user), Some(group))?;
            }
        }
        Ok(())
    }

    /// The tree that the daemon with this path of a tree has left.
    ///
    /// # Errors
    ///
    /// When it is gone.
    pub(crate) fn open(path: PathBuf) -> io::Result<Self> {
        let base = File::open(&path)?.into();
        Ok(Self::new(path, base, Controllers::default()))
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
            let fitting = spare.iter().rposition(|cgroup| cgroup.limits == limits);
            fitting.map(|at| spare.swap_remove(at)).or_else(|| spare.pop())
        };
        let mut cgroup = match spare {
            Some(cgroup) => cgroup,
            None => self.make()?,
        };
        if cgroup.limits != limits {
            cgroup.limit(self.0.controllers, limits)?;
        }
        Ok(cgroup)
    }

    fn make(&self) -> io::Result<RunCgroup> {
        let name = format!("run-{}", self.0.last.fetch_add(1, Ordering::Relaxed) + 1);
        nix::sys::stat::mkdirat(&self.0.base, name.as_str(), Mode::from_bits_truncate(0o755))?;
        let directory = open_folder(self.0.base.as_fd(), &name)?;
        Ok(RunCgroup::new(name, directory))
    }

    /// Keeps the cgroup of a run that is over and whose processes may stay.
    /// Gives the names of all such cgroups.
    pub(crate) fn keep_left(&self, cgroup: RunCgroup) -> Vec<String> {
        let mut left = self.0.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (gone, mut still): (Vec<_>, Vec<_>) = left.drain(..).partition(|it| !it.is_populated().unwrap_or(false));
        still.push(cgroup);
        *left = still;
        let names = left.iter().map(|cgroup| cgroup.name.clone()).collect();
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
        // A run as root can have made cgroups of its own in it.
        let mut spare = self.spare();
        // Linux 6.14 and newer kill what begins in a cgroup that was killed once, when it comes from another.
        let can_be_used_again = !cgroup.was_killed.load(Ordering::Relaxed) && cgroup.has_no_child();
        if spare.len() < SPARE && can_be_used_again {
            spare.push(cgroup);
        } else {
            drop(spare);
            let _ = remove(self.0.base.as_fd(), &cgroup.name, MAX_DEPTH);
        }
    }

    /// The cgroups of all runs by name, those that are not in use included.
    pub(crate) fn all(&self) -> Vec<RunCgroup> {
        let names = children(self.0.base.as_fd()).unwrap_or_default();
        let opened = names.into_iter().filter_map(|name| {
            let directory = open_folder(self.0.base.as_fd(), &name).ok()?;
            Some(RunCgroup::new(name, directory))
        });
        opened.collect()
    }

    /// Removes all cgroups of the tree that have no process.
    pub(crate) fn remove(&self) {
        self.spare().clear();
        self.0.left.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let _ = remove_tree(&self.0.path);
    }

    fn spare(&self) -> MutexGuard<'_, Vec<RunCgroup>> {
        self.0.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // What still has processes stays, as they do.
        let _ = remove_tree(&self.path);
    }
}

impl RunCgroup {
    fn new(name: String, directory: OwnedFd) -> Self {
        Self { name, directory, limits: GroupLimits::default(), was_killed: AtomicBool::new(false) }
    }

    /// Its name below the tree.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The open folder, for a child that is to begin in it.
    pub(crate) fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// Moves a process that waits for its run into the cgroup.
    pub(crate) fn add(&self, pid: Pid) -> io::Result<()> {
        write(self.directory(), "cgroup.procs", &pid.to_string())
    }

    /// Whether a process of the run lives, however deep in cgroups of its own.
    pub(crate) fn is_populated(&self) -> io::Result<bool> {
        let events = read(self.directory(), "cgroup.events")?;
        Ok(events.lines().any(|line| line == "populated 1"))
    }

    /// The living processes of the run.
    pub(crate) fn processes(&self) -> Vec<Pid> {
        let mut found = Vec::new();
        collect_processes(self.directory(), &mut found, MAX_DEPTH);
        found
    }

    /// Kills all processes at one stroke. Gives whether the kernel can (5.14 and newer).
    pub(crate) fn kill(&self) -> bool {
        self.was_killed.store(true, Ordering::Relaxed);
        write(self.directory(), "cgroup.kill", "1").is_ok()
    }

    /// Stops all processes, so that none forks while they are killed one by
    /// one (5.2 and newer), or lets them go on.
    pub(crate) fn freeze(&self, frozen: bool) {
        let _ = write(self.directory(), "cgroup.freeze", if frozen { "1" } else { "0" });
    }

    fn limit(&mut self, controllers: Controllers, limits: GroupLimits) -> io::Result<()> {
        let text = |limit: Option<u64>| limit.map_or_else(|| "max".to_owned(), |limit| limit.to_string());
        if controllers.memory {
            write(self.directory(), "memory.max", &text(limits.memory))?;
            // Swap counts as memory; not every kernel accounts for it.
            let _ = write(self.directory(), "memory.swap.max", if limits.memory.is_some() { "0" } else { "max" });
        }
        if controllers.pids {
            write(self.directory(), "pids.max", &text(limits.processes))?;
        }
        self.limits = limits;
        Ok(())
    }

    /// The number of links of a folder is two and one for each folder in it.
    fn has_no_child(&self) -> bool {
        fstat(&self.directory).is_ok_and(|status| status.st_nlink == 2)
    }
}

/// The folder of the cgroup that this process is in.
///
/// # Errors
///
/// When no cgroup v2 is mounted where this process can see its own.
fn own_cgroup() -> io::Result<PathBuf> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, "no cgroup2 file system is mounted here");
    let own = fs::read_to_string("/proc/self/cgroup")?;
    let own = own.lines().find_map(|line| line.strip_prefix("0::")).ok_or_else(missing)?;
    let mounts = fs::read_to_string("/proc/self/mountinfo")?;
    mounts.lines().filter_map(|line| folder_in_mount(line, own)).find(|path| path.is_dir()).ok_or_else(missing)
}

/// Where the cgroup `own` is in the mount that a line of mountinfo describes (`proc_pid_mountinfo(5)`).
fn folder_in_mount(line: &str, own: &str) -> Option<PathBuf> {
    let (mount, file_system) = line.split_once(" - ")?;
    if file_system.split(' ').next() != Some("cgroup2") {
        return None;
    }
    let mut fields = mount.split(' ').skip(3);
    let (root, point) = (unescaped(fields.next()?), unescaped(fields.next()?));
    let below = if root == "/" { own } else { own.strip_prefix(root.as_str())? };
    Some(Path::new(&point).join(below.trim_start_matches('/')))
}

/// Blanks and the like are written as a backslash and three octal digits.
fn unescaped(field: &str) -> String {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let [first, after @ ..] = rest {
        let code = after.get(..3).filter(|_| *first == b'\\').and_then(|code| std::str::from_utf8(code).ok());
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 8).ok()) {
            bytes.push(byte);
            rest = &after[3..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Lets the cgroups below `base` set limits, as far as the kernel and the
/// cgroups above allow. A cgroup other than the root of all that has processes
/// cannot let others set limits: then there are none.
fn enable_controllers(own: &Path, base: &Path) -> Controllers {
    let enable = |controller: &str| {
        let order = format!("+{controller}");
        [own, base].iter().all(|folder| fs::write(folder.join("cgroup.subtree_control"), &order).is_ok())
    };
    Controllers { memory: enable("memory"), pids: enable("pids") }
}

/// Removes what a daemon left that was killed: the name of a tree has its process id.
fn remove_stale_trees(own: &Path) {
    let Ok(entries) = fs::read_dir(own) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix("smokerd-")?.split('-').next());
        let Some(pid) = pid.and_then(|pid| pid.parse::<u32>().ok()) else { continue };
        if !Path::new(&format!("/proc/{pid}")).exists() {
            let _ = remove_tree(&entry.path());
        }
    }
}

fn remove_tree(path: &Path) -> io::Result<()> {
    let folder = File::open(path)?;
    for child in children(folder.as_fd())? {
        let _ = remove(folder.as_fd(), &child, MAX_DEPTH);
    }
    fs::remove_dir(path)
}

/// Removes a cgroup with all below it. One that has processes stays.
fn remove(parent: BorrowedFd<'_>, name: &str, depth: usize) -> io::Result<()> {
    let folder = open_folder(parent, name)?;
    if depth > 0 && fstat(&folder)?.st_nlink > 2 {
        for child in children(folder.as_fd())? {
            remove(folder.as_fd(), &child, depth - 1)?;
        }
    }
    Ok(unlinkat(parent, name, UnlinkatFlags::RemoveDir)?)
}

fn collect_processes(folder: BorrowedFd<'_>, found: &mut Vec<Pid>, depth: usize) {
    let listed = read(folder, "cgroup.procs").unwrap_or_default();
    // 0 stands for a process that this one cannot see.
    found.extend(listed.lines().filter_map(|line| line.parse().ok()).filter(|pid| *pid > 0).map(Pid::from_raw));
    if depth > 0 && fstat(folder).is_ok_and(|status| status.st_nlink > 2) {
        for child in children(folder).unwrap_or_default() {
            if let Ok(child) = open_folder(folder, &child) {
                collect_processes(child.as_fd(), found, depth - 1);
            }
        }
    }
}

/// The names of the cgroups in a cgroup.
fn children(folder: BorrowedFd<'_>) -> io::Result<Vec<String>> {
    let mut listing = nix::dir::Dir::openat(folder, ".", OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?;
    let is_folder = |entry: &nix::dir::Entry| entry.file_type() == Some(nix::dir::Type::Directory);
    let entries = listing.iter().filter_map(Result::ok).filter(is_folder);
    let names = entries.filter_map(|entry| entry.file_name().to_str().ok().map(str::to_owned));
    Ok(names.filter(|name| name != "." && name != "..").collect())
}

fn open_folder(parent: BorrowedFd<'_>, name: &str) -> io::Result<OwnedFd> {
    Ok(openat(parent, name, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty())?)
}

fn read(folder: BorrowedFd<'_>, file: &str) -> io::Result<String> {
    let file: File = openat(folder, file, OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())?.into();
    let mut text = String::new();
    (&file).read_to_string(&mut text)?;
    Ok(text)
}

fn write(folder: BorrowedFd<'_>, file: &str, text: &str) -> io::Result<()> {
    let file: File = openat(folder, file, OFlag::O_WRONLY | OFlag::O_CLOEXEC, Mode::empty())?.into();
    (&file).write_all(text.as_bytes())
}

fn with_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("can't make a cgroup in {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_cgroup_is_found_in_the_mount_that_shows_it() {
        let line = |root: &str, point: &str, kind: &str| {
            format!("41 31 0:38 {root} {point} rw,relatime shared:4 - {kind} cgroup2 rw")
        };
        let found = |line: String, own: &str| folder_in_mount(&line, own);
        let path = |text: &str| Some(PathBuf::from(text));
        assert_eq!(found(line("/", "/sys/fs/cgroup", "cgroup2"), "/a.slice/b"), path("/sys/fs/cgroup/a.slice/b"));
        assert_eq!(found(line("/", "/sys/fs/cgroup", "cgroup2"), "/"), path("/sys/fs/cgroup/"));
        assert_eq!(found(line("/a", "/my\\040mount", "cgroup2"), "/a/b"), path("/my mount/b"));
        assert_eq!(found(line("/other", "/sys/fs/cgroup", "cgroup2"), "/a"), None);
        assert_eq!(found(line("/", "/sys/fs/cgroup/cpu", "cgroup"), "/"), None);
    }
}
