//! Tags each child with the number of its run while it is spawned.
//!
//! The tag is a limit of the whole process, so spawns would have to come one
//! after another. But a child has its limits from the moment at which it exists,
//! long before its program has begun, for which the thread that starts it
//! blocks. So the next spawn waits only until the child of the one before
//! exists, which the kernel's list of that thread's children shows.

use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;
use tokio::sync::{Notify, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::task::yield_now;

use crate::process::run_id::RunId;
use crate::process::sys::{self, RunTag};

/// How often the list is read before the end of the spawn is waited for.
const MAX_READS: u32 = 20;

/// Tags all spawns of this process.
#[derive(Debug)]
pub(crate) struct SpawnTagger {
    /// Shared by the spawns in progress.
    in_progress: RwLock<()>,
    latest: Mutex<LatestSpawn>,
    over: Notify,
}

/// The last spawn that began.
#[derive(Debug)]
struct LatestSpawn {
    number: u64,
    /// Its tag; none when the spawn is over or nothing can be tagged.
    tag: Option<SpawnTag>,
}

#[derive(Debug)]
struct SpawnTag {
    tag: RunTag,
    run: RunId,
    /// The thread that starts the child.
    thread: Pid,
}

/// A spawn in progress: what this thread starts carries the number of the run.
#[derive(Debug)]
pub(crate) struct TaggedSpawn<'a> {
    number: u64,
    tagger: &'a SpawnTagger,
    _in_progress: RwLockReadGuard<'a, ()>,
}

impl SpawnTagger {
    /// A tagger that no spawn has used.
    pub(crate) const fn new() -> Self {
        let latest = LatestSpawn { number: 0, tag: None };
        Self { in_progress: RwLock::const_new(()), latest: Mutex::new(latest), over: Notify::const_new() }
    }

    /// Begins a spawn for a run. The child has to be started before anything
    /// is awaited. `is_known` recognises children that were started before.
    pub(crate) async fn begin(&self, run: RunId, is_known: impl Fn(Pid) -> bool) -> TaggedSpawn<'_> {
        let in_progress = self.in_progress.read().await;
        let mut reads = 0;
        loop {
            if let Some(number) = self.tag(run, &is_known) {
                return TaggedSpawn { number, tagger: self, _in_progress: in_progress };
            }
            reads += 1;
            // A spawn that waits holds no thread, so that other tasks go on.
            if reads < MAX_READS { yield_now().await } else { self.over.notified().await }
        }
    }

    /// Returns when no spawn is in progress; none begins as long as the guard lives.
    pub(crate) async fn pause(&self) -> RwLockWriteGuard<'_, ()> {
        self.in_progress.write().await
    }

    /// Sets the tag, unless a child that is to have another tag does not exist yet.
    fn tag(&self, run: RunId, is_known: impl Fn(Pid) -> bool) -> Option<u64> {
        let mut latest = self.latest();
        let tag = match latest.tag.take() {
            None => RunTag::set(run),
            Some(before) if sys::has_child(before.thread, before.run, is_known) => before.tag.change(run),
            pending => {
                latest.tag = pending;
                return None;
            }
        };
        latest.number += 1;
        latest.tag = tag.map(|tag| SpawnTag { tag, run, thread: sys::this_thread() });
        Some(latest.number)
    }

    fn latest(&self) -> MutexGuard<'_, LatestSpawn> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for TaggedSpawn<'_> {
    fn drop(&mut self) {
        let mut latest = self.tagger.latest();
        if latest.number == self.number {
            latest.tag = None;
        }
        drop(latest);
        self.tagger.over.notify_one();
    }
}
