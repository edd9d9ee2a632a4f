//! The children of this process that a run or the daemon waits for, so that nothing else collects or ends them.
//!
//! There is one table for the whole process, since its children are children of all of it: of two daemons in one process, as
//! tests have, neither takes the other's children for orphans.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::process::sys::{self, PendingFork};
use crate::process::target::OneProcess;
use crate::process::terminate;

/// The kernel lists a process some microseconds before its number is known to who starts it. So long a look waits for the numbers.
const NUMBER_PAUSE: Duration = Duration::from_micros(50);
const NUMBER_RETRIES: usize = 20;

static CHILDREN: Mutex<Children> = Mutex::new(Children { owned: BTreeSet::new(), starting: Vec::new() });

#[derive(Debug)]
struct Children {
    /// Those that run their program, and processes that will be our children should their parent die.
    owned: BTreeSet<i32>,
    /// Starts that go on.
    starting: Vec<Arc<StartingChild>>,
}

/// The children that nobody waits for, as one look found them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sweep {
    pub(crate) living: Vec<Pid>,
    /// Whether all is known that there is to know. Else another look has to follow: a child may be one of those whose numbers are
    /// not known yet, and then it is left out here.
    pub(crate) is_complete: bool,
}

/// A child on the way to its program.
#[derive(Debug, Default)]
pub(crate) struct StartingChild {
    fork: PendingFork,
    stage: Mutex<Stage>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// No thread has taken it up yet.
    #[default]
    Waiting,
    /// It was given up before a thread took it up: there is no process, and never will be.
    Withdrawn,
    /// The process may exist, and nobody has collected it.
    Preparing,
    /// As before, but nobody wants it any more. It is killed as soon as its number is known, unless it ends by itself before.
    Unwanted { is_killed: bool },
    /// Its process has begun its program, or failed and is going to be collected.
    Over,
}

/// What became of a start that is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GivenUp {
    /// No thread had taken it up, and none will.
    Withdrawn,
    /// Its thread goes on waiting for the process, which is killed.
    Begun,
    /// There was nothing to give up: its outcome is there, or will be in a moment.
    Nothing,
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
    look().1.living
}

/// Collects every dead child that nobody waits for; returns the living ones. None is started or forgotten meanwhile.
pub(crate) fn sweep() -> Sweep {
    let (children, mut sweep) = look();
    sweep.living.retain(|pid| lives(*pid));
    sweep.is_complete &= children.end_unwanted();
    sweep
}

/// The children that nobody waits for, with the table, which nobody changes meanwhile.
fn look() -> (MutexGuard<'static, Children>, Sweep) {
    let listed = sys::child_pids();
    for _ in 0..NUMBER_RETRIES {
        let children = children();
        let sweep = children.judge(&listed);
        if sweep.is_complete {
            return (children, sweep);
        }
        drop(children);
        thread::sleep(NUMBER_PAUSE);
    }
    let children = children();
    let sweep = children.judge(&listed);
    (children, sweep)
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
    /// Those of the listed children that nobody waits for. As long as a start has a process whose number is not known, any other child may be that
    /// process, so that none of them is judged.
    fn judge(&self, listed: &[Pid]) -> Sweep {
        let numbers: BTreeSet<_> =
            self.starting.iter().filter_map(|start| start.fork.process()).map(|it| it.pid().as_raw()).collect();
        let is_known = |pid: &&Pid| self.owned.contains(&pid.as_raw()) || numbers.contains(&pid.as_raw());
        let unknown: Vec<_> = listed.iter().filter(|pid| !is_known(pid)).copied().collect();
        if !unknown.is_empty() && self.starting.iter().any(|start| start.has_unknown_number()) {
            return Sweep { living: Vec::new(), is_complete: false };
        }
        Sweep { living: unknown, is_complete: true }
    }

    /// Kills the processes of starts that were given up before their numbers were known. Returns whether none is left of these.
    fn end_unwanted(&self) -> bool {
        let ended = self.starting.iter().filter(|start| !start.end_unwanted());
        ended.count() == 0
    }
}

/// A process that a module host forked and a run waits for. As long as this lives no sweep collects it: should the host die, it
/// becomes our child.
#[derive(Debug)]
pub(crate) struct Claim {
    process: OneProcess,
}

impl Claim {
    pub(crate) fn of(process: OneProcess) -> Self {
        children().owned.insert(process.pid().as_raw());
        Self { process }
    }

    pub(crate) fn pid(&self) -> Pid {
        self.process.pid()
    }

    /// Collects the process, which became our child, if it has ended. One that
    /// could not be ended is left to the sweep after its death.
    pub(crate) fn collect_adopted(self) {
        let _ = waitpid(self.pid(), Some(WaitPidFlag::WNOHANG));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        release(self.pid());
    }
}

impl StartingChild {
    /// Notes a start. It is forgotten by [`Self::has_begun`] or [`Self::is_gone`].
    pub(crate) fn register() -> Arc<Self> {
        let this = Arc::new(Self::default());
        children().starting.push(this.clone());
        this
    }

    /// The fork by which its process begins.
    pub(crate) fn fork(&self) -> &PendingFork {
        &self.fork
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

    /// Whether a thread waits for the process to begin its program or to end.
    pub(crate) fn is_under_way(&self) -> bool {
        matches!(*self.stage(), Stage::Preparing | Stage::Unwanted { .. })
    }

    fn has_unknown_number(&self) -> bool {
        // The stage first: it is over before the process is collected.
        self.is_under_way() && self.fork.process().is_none()
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

    /// Gives up a start that nobody waits for any more. A process whose number is known is killed; one that begins later finds that it is
    /// not wanted, and what stops it before it does is found by the next sweep.
    pub(crate) fn give_up(&self) -> GivenUp {
        let mut stage = self.stage();
        match *stage {
            Stage::Waiting => {
                *stage = Stage::Withdrawn;
                GivenUp::Withdrawn
            }
            Stage::Preparing => {
                let begun = self.fork.refuse();
                // Nobody collects the process while the stage is held, so the number is its own.
                begun.into_iter().for_each(terminate::kill_unstarted);
                *stage = Stage::Unwanted { is_killed: begun.is_some() };
                GivenUp::Begun
            }
            Stage::Withdrawn | Stage::Unwanted { .. } | Stage::Over => GivenUp::Nothing,
        }
    }

    /// Kills its process if it is not wanted and was not killed yet. Returns whether there is nothing left to kill.
    fn end_unwanted(&self) -> bool {
        let mut stage = self.stage();
        if *stage != (Stage::Unwanted { is_killed: false }) {
            return true;
        }
        let begun = self.fork.process();
        // As above.
        begun.into_iter().for_each(terminate::kill_unstarted);
        *stage = Stage::Unwanted { is_killed: begun.is_some() };
        begun.is_some()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(starting: &[&Arc<StartingChild>]) -> Children {
        Children { owned: BTreeSet::from([7]), starting: starting.iter().map(|start| (*start).clone()).collect() }
    }

    fn complete(living: &[i32]) -> Sweep {
        Sweep { living: living.iter().copied().map(Pid::from_raw).collect(), is_complete: true }
    }

    #[test]
    fn a_child_is_not_judged_in_the_moment_before_its_number_is_known() {
        let listed = [7, 8, 9].map(Pid::from_raw);
        let start = Arc::new(StartingChild::default());
        assert_eq!(of(&[&start]).judge(&listed), complete(&[8, 9]), "no thread has taken it up");
        assert!(start.take_up());
        let unknown = of(&[&start]).judge(&listed);
        assert!(unknown.living.is_empty() && !unknown.is_complete, "{unknown:?}");
        assert_eq!(of(&[&start]).judge(&listed[..1]), complete(&[]), "there is nothing to judge");
        start.fork.write(listed[1]);
        assert_eq!(of(&[&start]).judge(&listed), complete(&[9]));
        assert!(start.settle());
        assert_eq!(of(&[&start]).judge(&listed), complete(&[9]), "it is not noted as owned yet");
        assert_eq!(of(&[]).judge(&listed), complete(&[8, 9]), "nobody has taken it");
    }

    #[test]
    fn what_is_given_up_before_its_number_is_known_is_killed_when_it_is() {
        let mut child = std::process::Command::new("sleep").arg("300").spawn().expect("sleep");
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a number"));
        let start = Arc::new(StartingChild::default());
        assert!(start.take_up());
        assert_eq!((start.give_up(), start.give_up()), (GivenUp::Begun, GivenUp::Nothing));
        assert!(!of(&[&start]).end_unwanted(), "there is nothing to kill yet, so another look has to follow");
        assert!(start.is_under_way() && OneProcess::of(pid).is_some_and(OneProcess::exists));
        start.fork.write(pid);
        assert!(of(&[&start]).end_unwanted());
        assert!(!child.wait().expect("our child").success());
        assert!(of(&[&start]).end_unwanted() && !start.settle());
    }

    #[test]
    fn what_no_thread_has_taken_up_has_no_process_and_what_is_over_is_not_given_up() {
        let (waiting, over) = (StartingChild::default(), StartingChild::default());
        assert_eq!(waiting.give_up(), GivenUp::Withdrawn);
        assert!(!waiting.take_up() && !waiting.is_under_way());
        assert!(over.take_up() && over.settle());
        assert_eq!((over.give_up(), over.is_under_way()), (GivenUp::Nothing, false));
    }
}
