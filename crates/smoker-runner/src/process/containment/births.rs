//! Births of our children, each of which gets the number of its run from us.
//!
//! The number is a limit of the whole process, so births could have to come one
//! after another. But a child has its limits from the moment at which it exists,
//! long before its program has begun, for which the thread that starts it
//! stands still. So the next birth waits only until the child of the one before
//! exists, which the kernel's list of that thread's children tells.

use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;
use tokio::sync::{Notify, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::task::yield_now;

use crate::process::containment::run_id::RunId;
use crate::process::sys::{self, Mark};

/// So often the list is read before the end of the birth is waited for.
const LOOKS: u32 = 20;

/// All births of this process.
#[derive(Debug)]
pub(crate) struct Births {
    /// Shared by the births in progress.
    in_progress: RwLock<()>,
    latest: Mutex<Latest>,
    over: Notify,
}

/// The last birth that began.
#[derive(Debug)]
struct Latest {
    number: u64,
    /// What it has put on; none when it is over or nothing can be put on.
    marking: Option<Marking>,
}

#[derive(Debug)]
struct Marking {
    mark: Mark,
    run: RunId,
    /// The thread that starts the child.
    thread: Pid,
}

/// A birth in progress: what this thread starts carries the number of the run.
#[derive(Debug)]
pub(crate) struct Birth<'a> {
    number: u64,
    births: &'a Births,
    _in_progress: RwLockReadGuard<'a, ()>,
}

impl Births {
    /// None yet.
    pub(crate) const fn new() -> Self {
        let latest = Latest { number: 0, marking: None };
        Self { in_progress: RwLock::const_new(()), latest: Mutex::new(latest), over: Notify::const_new() }
    }

    /// Begins a birth for a run. The child has to be started before anything
    /// is awaited. `is_known` tells children that were born before.
    pub(crate) async fn begin(&self, run: RunId, is_known: impl Fn(Pid) -> bool) -> Birth<'_> {
        let in_progress = self.in_progress.read().await;
        let mut looks = 0;
        loop {
            if let Some(number) = self.mark(run, &is_known) {
                return Birth { number, births: self, _in_progress: in_progress };
            }
            looks += 1;
            // Whoever waits keeps no thread; others have better things to do meanwhile.
            if looks < LOOKS { yield_now().await } else { self.over.notified().await }
        }
    }

    /// Returns when no child is being born, and lets none be as long as what it gives lives.
    pub(crate) async fn pause(&self) -> RwLockWriteGuard<'_, ()> {
        self.in_progress.write().await
    }

    /// Puts the number on, unless a child that is to have another does not exist yet.
    fn mark(&self, run: RunId, is_known: impl Fn(Pid) -> bool) -> Option<u64> {
        let mut latest = self.latest();
        let mark = match latest.marking.take() {
            None => Mark::put(run),
            Some(before) if sys::has_child(before.thread, before.run, is_known) => before.mark.change(run),
            unborn => {
                latest.marking = unborn;
                return None;
            }
        };
        latest.number += 1;
        latest.marking = mark.map(|mark| Marking { mark, run, thread: sys::this_thread() });
        Some(latest.number)
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Birth<'_> {
    fn drop(&mut self) {
        let mut latest = self.births.latest();
        if latest.number == self.number {
            latest.marking = None;
        }
        drop(latest);
        self.births.over.notify_one();
    }
}
