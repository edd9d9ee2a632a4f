//! What lets the cgroups of runs set limits: the controllers `memory` and `pids`.
//!
//! A cgroup that has processes cannot let those below it set limits, unless it
//! is the root of all. So a daemon that is alone in its cgroup, as a service is,
//! moves into one of its own inside of its tree, and back at its end. A daemon
//! that shares its cgroup, with a shell perhaps, moves nobody and does without.
//! To enable a controller of threads, such as `pids`, the kernel does allow there, but it makes the
//! cgroup threaded: no process of a run, and none that systemd starts in the service, could be put below it any more.
//!
//! What systemd has not delegated (`Delegate=yes`) stays as it is, too: it starts the `ExecReload=` of such a service in the
//! service's own cgroup, which a controller that is enabled there would forbid.
//! One that drops root moves in any case: its tree is all that its new account gets.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::{Pid, geteuid};

/// Where the daemon itself is in its tree.
const DAEMON: &str = "daemon";

/// There where systemd is the first process (`sd_booted(3)`).
const SYSTEMD: &str = "/run/systemd/system";

/// How systemd marks a cgroup that is a service's own, the second one since 251 (`CGROUP_DELEGATION.md` of systemd).
const DELEGATED: [&str; 2] = ["trusted.delegate", "user.delegate"];

/// The file with the type of a cgroup.
const TYPE: &str = "cgroup.type";

const MEMORY: &str = "memory";
const PIDS: &str = "pids";

/// Which limits a cgroup can set. The others stay limits of single processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Controllers {
    pub(crate) memory: bool,
    pub(crate) pids: bool,
}

impl Controllers {
    fn any(self) -> bool {
        self.memory || self.pids
    }
}

/// The two files of the cgroup that this process was started in by which it comes back at its end. The kernel asks for
/// the rights of who opened them, so a daemon that has dropped root since needs no right to that cgroup.
#[derive(Debug, Default)]
pub(super) struct WayBack {
    processes: Option<File>,
    controllers: Option<File>,
}

impl WayBack {
    pub(super) fn open(own: &Path) -> Self {
        let open = |file: &str| OpenOptions::new().write(true).open(own.join(file)).ok();
        Self { processes: open("cgroup.procs"), controllers: open("cgroup.subtree_control") }
    }
}

/// Enables the controllers for the cgroups in `base`, which lies in this process's `own`, as far as the kernel and the
/// cgroups above have them.
pub(super) fn enable(own: &Path, base: &Path) -> Controllers {
    let wanted = wanted(own);
    if is_root(own) {
        return enable_all(wanted, own, base);
    }
    if !wanted.any() || !is_ours(own) || !is_alone_in(own) || enter(base).is_err() {
        return Controllers::default();
    }
    let enabled = enable_all(wanted, own, base);
    if !enabled.any() {
        disable(&WayBack::open(own), base);
    }
    enabled
}

/// As [`enable`], for a process that gives `base` to another account and then takes that account on. It moves into `base` in any
/// case: a process may be put into a cgroup only by who may write to the cgroup that its old and its new one have in common,
/// and nothing above `base` is to be given away.
///
/// # Errors
///
/// When this process cannot move.
pub(super) fn enable_inside(own: &Path, base: &Path) -> io::Result<Controllers> {
    enter(base)?;
    Ok(if is_root(own) || is_ours(own) { enable_all(wanted(own), own, base) } else { Controllers::default() })
}

/// Undoes [`enable`] and [`enable_inside`], and moves this process back, if it was moved. No run may be left in `base`: its limits would be lost.
pub(super) fn disable(back: &WayBack, base: &Path) {
    if !base.join(DAEMON).is_dir() {
        return;
    }
    for controller in [MEMORY, PIDS] {
        let _ = order(base, &format!("-{controller}"));
    }
    if let Some(mut controllers) = back.controllers.as_ref() {
        for controller in [MEMORY, PIDS] {
            let _ = controllers.write_all(format!("-{controller}").as_bytes());
        }
    }
    if let Some(mut processes) = back.processes.as_ref() {
        let _ = processes.write_all(Pid::this().to_string().as_bytes());
    }
    // The daemon and its guardian leave one after the other.
    let _ = fs::remove_dir(base.join(DAEMON));
}

fn wanted(own: &Path) -> Controllers {
    let available = fs::read_to_string(own.join("cgroup.controllers")).unwrap_or_default();
    let is_available = |controller: &str| available.split_ascii_whitespace().any(|it| it == controller);
    Controllers { memory: is_available(MEMORY), pids: is_available(PIDS) }
}

fn enable_all(wanted: Controllers, own: &Path, base: &Path) -> Controllers {
    let enable = |controller: &str| [own, base].iter().all(|folder| order(folder, &format!("+{controller}")).is_ok());
    Controllers { memory: wanted.memory && enable(MEMORY), pids: wanted.pids && enable(PIDS) }
}

fn order(folder: &Path, order: &str) -> io::Result<()> {
    fs::write(folder.join("cgroup.subtree_control"), order)
}

/// Whether a cgroup is the root of all: the only one that has no type.
fn is_root(cgroup: &Path) -> bool {
    !cgroup.join(TYPE).exists()
}

/// Whether this process may change a cgroup: where systemd runs, it has to have delegated it. It gives the folder to the
/// account of the unit, and marks it; that of a user owns the folders of all units of the user.
fn is_ours(cgroup: &Path) -> bool {
    let is_owned = || {
        let user = geteuid();
        let is_below_manager = cgroup.iter().any(|name| name.as_encoded_bytes().starts_with(b"user@"));
        !user.is_root() && !is_below_manager && fs::metadata(cgroup).is_ok_and(|folder| folder.uid() == user.as_raw())
    };
    !Path::new(SYSTEMD).is_dir() || is_owned() || DELEGATED.iter().any(|mark| has_mark(cgroup, mark))
}

/// Whether a folder has this extended attribute.
#[cfg(target_os = "linux")]
fn has_mark(folder: &Path, name: &str) -> bool {
    rustix::fs::getxattr(folder, name, &mut [0_u8; 8][..]).is_ok()
}

/// Only Linux has cgroups.
#[cfg(not(target_os = "linux"))]
fn has_mark(_folder: &Path, _name: &str) -> bool {
    false
}

/// Whether processes of a run can be put below a cgroup. Kernels before 4.14 have no other kind.
///
/// # Errors
///
/// When one above it is threaded: below that there are threads, not processes.
pub(super) fn expect_domain(cgroup: &Path) -> io::Result<()> {
    let Ok(kind) = fs::read_to_string(cgroup.join(TYPE)) else { return Ok(()) };
    if kind.trim() == "domain" {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "no process can be put below {}, whose cgroup.type is \"{}\"",
        cgroup.display(),
        kind.trim()
    )))
}

/// Whether this process is the only one in its cgroup.
fn is_alone_in(own: &Path) -> bool {
    fs::read_to_string(own.join("cgroup.procs")).is_ok_and(|pids| pids.trim() == Pid::this().to_string())
}

fn enter(base: &Path) -> io::Result<()> {
    let folder = base.join(DAEMON);
    fs::create_dir(&folder)?;
    let entered = fs::write(folder.join("cgroup.procs"), Pid::this().to_string());
    entered.inspect_err(|_| drop(fs::remove_dir(&folder)))
}
