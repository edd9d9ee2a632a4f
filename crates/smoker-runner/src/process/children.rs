//! The children of this process that a run or the daemon waits for, so that nothing else collects or ends them.
//!
//! There is one table for the whole process, since its children are children of all of it: of two daemons in one process, as
//! tests have, neither takes the other's children for orphans.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::process::{sys, terminate};

static CHILDREN: Mutex<Children> = Mutex::new(Children { owned: BTreeSet::new(), starting: Vec::new() });

#[derive(Debug)]
struct Children {
    /// Those that run their program, and processes that will be our children should their parent die.
    owned: BTreeSet<i32>,
    /// Starts that go on.
    starting: Vec<Arc<StartingChild>>,
}

/// A child on the way to its program.
#[derive(Debug, Default)]
pub(crate) struct StartingChild {
    /// 0 until there is a process. The kernel writes it before the process does anything.
    pid: AtomicI32,
    stage: Mutex<Stage>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// No thread has taken it up yet.
    #[default]
    Waiting,
    /// The process may exist, and nobody has collected it.
    Preparing,
    /// It has taken too long. The process, if there is one, is killed.
    GivenUp,
    /// Its process has begun its program, or failed and is going to be collected.
    Over,
}

fn children() -> MutexGuard<'static, Children> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets a process that was waited for.
pub(crate) fn release(pid: Pid) {
    children().owned.remove(&pid.as_raw());
}

/// Our children that nobody waits for, dead ones included.
pub(crate) fn unowned() -> Vec<Pid> {
    let listed = sys::child_pids();
    children().unowned_among(listed)
}

/// Collects every dead child that nobody waits for; returns the living ones. None is started or forgotten meanwhile.
pub(crate) fn sweep() -> Vec<Pid> {
    let listed = sys::child_pids();
    let children = children();
    let mut unowned = children.unowned_among(listed);
    unowned.retain(|pid| lives(*pid));
    unowned
}

/// Whether a child lives; a dead one is collected.
fn lives(pid: Pid) -> bool {
    match waitpid(pid, Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::StillAlive) => return true,
        Err(Errno::ECHILD) => {}
        Ok(status) => tracing::debug!("collected orphan {pid}: {status:?}"),
        Err(error) => tracing::debug!("cannot collect orphan {pid}: {error}"),
    }
    false
}

impl Children {
    fn unowned_among(&self, listed: Vec<Pid>) -> Vec<Pid> {
        let is_starting = |pid: &i32| self.starting.iter().any(|it| it.pid.load(Ordering::Relaxed) == *pid);
        listed.into_iter().filter(|pid| !self.owned.contains(&pid.as_raw()) && !is_starting(&pid.as_raw())).collect()
    }
}

/// A process that a module host forked and a run waits for. As long as this lives no sweep collects it: should the host die, it
/// becomes our child.
#[derive(Debug)]
pub(crate) struct Claim {
    pid: Pid,
}

impl Claim {
    pub(crate) fn of(pid: Pid) -> Self {
        children().owned.insert(pid.as_raw());
        Self { pid }
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Collects the process, which became our child, if it has ended. One that
    /// could not be ended is left to the sweep after its death.
    pub(crate) fn collect_adopted(self) {
        let _ = waitpid(self.pid, Some(WaitPidFlag::WNOHANG));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        release(self.pid);
    }
}

impl StartingChild {
    /// Notes a start. It is forgotten by [`Self::has_begun`] or [`Self::is_gone`].
    pub(crate) fn register() -> Arc<Self> {
        let this = Arc::new(Self::default());
        children().starting.push(this.clone());
        this
    }

    /// Where the kernel writes the number of the process.
    pub(crate) fn pid_cell(&self) -> &AtomicI32 {
        &self.pid
    }

    /// Its process, if there is one by now.
    pub(crate) fn process(&self) -> Option<Pid> {
        Some(self.pid.load(Ordering::Relaxed)).filter(|pid| *pid != 0).map(Pid::from_raw)
    }

    /// A thread takes the start up. Returns whether it is still wanted.
    pub(crate) fn take_up(&self) -> bool {
        let mut stage = self.stage();
        let is_wanted = *stage == Stage::Waiting;
        if is_wanted {
            *stage = Stage::Preparing;
        }
        is_wanted
    }

    /// Whether a thread waits for the process to begin its program.
    pub(crate) fn is_preparing(&self) -> bool {
        *self.stage() == Stage::Preparing
    }

    /// The thread has the process back from the kernel: it runs its program, or failed. Returns whether it is still
    /// wanted. From now on the start cannot be given up, and the number of the process is the caller's to keep or to collect.
    pub(crate) fn settle(&self) -> bool {
        let mut stage = self.stage();
        let is_wanted = *stage == Stage::Preparing;
        *stage = Stage::Over;
        is_wanted
    }

    /// The process runs its program, and somebody waits for it.
    pub(crate) fn has_begun(self: &Arc<Self>, pid: Pid) {
        let mut children = children();
        children.owned.insert(pid.as_raw());
        children.forget(self);
    }

    /// There is no process, or it was collected.
    pub(crate) fn is_gone(self: &Arc<Self>) {
        children().forget(self);
    }

    /// Gives up a start that has taken too long, and kills its process. Returns whether there was one to give up; else its
    /// outcome is there, or will be in a moment.
    pub(crate) fn give_up(&self) -> bool {
        let mut stage = self.stage();
        match *stage {
            Stage::Waiting => {}
            // Nobody collects the process while the stage is held, so the number is its own.
            Stage::Preparing => {
                if let Some(process) = self.process() {
                    terminate::kill_unstarted(process);
                }
            }
            Stage::GivenUp | Stage::Over => return false,
        }
        *stage = Stage::GivenUp;
        true
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Children {
    fn forget(&mut self, start: &Arc<StartingChild>) {
        self.starting.retain(|it| !Arc::ptr_eq(it, start));
    }
}
