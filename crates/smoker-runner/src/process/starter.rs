//! The threads that start children.
//!
//! The thread that starts a child stands still until the program of the child begins, and the kernel lets nobody else decide how
//! long that takes: a working directory may lie on a file server that is gone, and another process of the child's account
//! may stop it on its way (SIGSTOP). So neither a thread that serves nor the start of another child waits for it. A start
//! that takes too long is given up, and its process is killed.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::process::children::{self, StartingChild};
use crate::process::sys::{self, ChildSetup, StartError, StartedChild};
use crate::process::terminate;

/// How long the start of a child may take, from its process to its program. On a host that is overloaded it takes seconds.
const START_TIMEOUT: Duration = Duration::from_secs(10);

/// A start that takes longer counts as one that hangs, so that its thread is replaced by another one.
const HANG_TIMEOUT: Duration = Duration::from_millis(200);

/// How many threads there are beside those whose starts hang; each is made when it is needed for the first time.
const USUAL_STARTERS: usize = 4;

/// How long a thread that is not the only one waits for another start.
const IDLE_TIMEOUT: Duration = Duration::from_millis(100);

/// How many starts may hang. While there are as many no other child can be started.
const MAX_HANGING: usize = 64;

static STARTERS: Starters = Starters {
    queue: Mutex::new(Queue { waiting: VecDeque::new(), hanging: Vec::new(), threads: 0, idle: 0 }),
    begun: Condvar::new(),
};

struct Starters {
    queue: Mutex<Queue>,
    /// Notified for each start that waits.
    begun: Condvar,
}

struct Queue {
    waiting: VecDeque<Start>,
    hanging: Vec<Arc<StartingChild>>,
    threads: usize,
    idle: usize,
}

/// One child to be started.
struct Start {
    setup: ChildSetup,
    child: Arc<StartingChild>,
    /// Told when a thread takes it up.
    taken_up: oneshot::Sender<()>,
    answer: oneshot::Sender<io::Result<Started>>,
}

/// A caller that no longer waits wants no child.
struct GiveUpOnDrop(Arc<StartingChild>);

impl Drop for GiveUpOnDrop {
    fn drop(&mut self) {
        if self.0.give_up() {
            STARTERS.withdraw(&self.0);
        }
    }
}

/// A child that runs its program, until its caller takes it.
struct Started {
    pid: Pid,
    end: Option<OwnedFd>,
    is_taken: bool,
}

/// Starts a program. Its process is noted as a child that somebody waits for.
///
/// # Errors
///
/// The system's reason, and when the program has not begun after [`START_TIMEOUT`].
pub(crate) async fn start(setup: ChildSetup) -> io::Result<StartedChild> {
    let (answer, mut answered) = oneshot::channel();
    let (taken_up, is_taken_up) = oneshot::channel();
    let child = StartingChild::register();
    STARTERS.queue_up(Start { setup, child: child.clone(), taken_up, answer })?;
    let _unwanted = GiveUpOnDrop(child.clone());
    // Without a thread that takes it up there is an answer at once.
    let _ = is_taken_up.await;
    let mut outcome = timeout(HANG_TIMEOUT, &mut answered).await;
    if outcome.is_err() {
        STARTERS.hangs(&child);
        outcome = timeout(START_TIMEOUT, &mut answered).await;
    }
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(_) if child.give_up() => {
            return Err(io::Error::new(io::ErrorKind::TimedOut, HangingStart { process: child.process() }));
        }
        Err(_) => answered.await,
    };
    let started = outcome
        .map_err(|_| io::Error::other("the thread that starts it panicked; please report it, with the log"))??;
    Ok(started.take())
}

/// A start that was given up.
#[derive(Debug)]
struct HangingStart {
    process: Option<Pid>,
}

impl std::error::Error for HangingStart {}

impl fmt::Display for HangingStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = START_TIMEOUT.as_secs();
        write!(
            f,
            "its program had not begun after {seconds} s, so its process was killed: either its WorkDir or its program lies on a \
             file system that does not answer, or another process of its account has stopped it"
        )
    }
}

/// The process of a start that was given up: it was killed, and lives on as long as the kernel does not let it go.
pub(crate) fn hanging_process(error: &io::Error) -> Option<Pid> {
    error.get_ref()?.downcast_ref::<HangingStart>()?.process
}

fn too_many() -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!("the starts of {MAX_HANGING} other processes hang; see the errors of other plugins for why"),
    )
}

impl Started {
    fn take(mut self) -> StartedChild {
        self.is_taken = true;
        StartedChild { pid: self.pid, end: self.end.take().and_then(sys::watch) }
    }
}

impl Drop for Started {
    /// A caller that no longer waits leaves nothing: the process is killed, and collected as an orphan is.
    fn drop(&mut self) {
        if !self.is_taken {
            terminate::kill_unstarted(self.pid);
            children::release(self.pid);
        }
    }
}

impl Starters {
    fn queue_up(&'static self, start: Start) -> io::Result<()> {
        let child = start.child.clone();
        let mut queue = self.queue();
        if queue.hanging.len() >= MAX_HANGING {
            drop(queue);
            child.is_gone();
            return Err(too_many());
        }
        queue.waiting.push_back(start);
        let needs_thread = queue.waiting.len() > queue.idle;
        drop(queue);
        self.begun.notify_one();
        if needs_thread && let Err(error) = self.add_thread() {
            let has_threads = self.queue().threads > 0;
            if !has_threads && self.withdraw(&child) {
                return Err(error);
            }
        }
        Ok(())
    }

    /// A start hangs: its thread is replaced. With too many no other one begins, those that wait included.
    fn hangs(&'static self, child: &Arc<StartingChild>) {
        let mut queue = self.queue();
        if !child.is_preparing() {
            return;
        }
        queue.hanging.push(child.clone());
        let is_full = queue.hanging.len() >= MAX_HANGING;
        let waiting = if is_full { std::mem::take(&mut queue.waiting) } else { VecDeque::new() };
        let needs_thread = !queue.waiting.is_empty();
        drop(queue);
        for start in waiting {
            start.child.is_gone();
            let _ = start.answer.send(Err(too_many()));
        }
        if needs_thread {
            // Those that wait go on waiting for a thread that comes back.
            let _ = self.add_thread();
        }
    }

    /// Makes one more thread unless there are enough.
    fn add_thread(&'static self) -> io::Result<()> {
        let mut queue = self.queue();
        if queue.has_enough_threads() {
            return Ok(());
        }
        queue.threads += 1;
        drop(queue);
        let made = thread::Builder::new().name("starter".to_owned()).spawn(|| self.work());
        if made.is_err() {
            self.queue().threads -= 1;
        }
        made.map(drop)
    }

    /// The life of a thread. It ends when it has nothing to do and is not the only one.
    fn work(&self) {
        while let Some(start) = self.next() {
            let child = start.child.clone();
            start.carry_out();
            self.queue().hanging.retain(|it| !Arc::ptr_eq(it, &child));
        }
    }

    /// The next start; none when this thread is to end.
    fn next(&self) -> Option<Start> {
        let mut queue = self.queue();
        loop {
            if let Some(start) = queue.waiting.pop_front() {
                return Some(start);
            }
            let is_only_one = queue.threads - queue.hanging.len() <= 1;
            let timeout = if is_only_one { Duration::MAX } else { IDLE_TIMEOUT };
            queue.idle += 1;
            let (back, waited) = self.begun.wait_timeout(queue, timeout).unwrap_or_else(PoisonError::into_inner);
            queue = back;
            queue.idle -= 1;
            if waited.timed_out() && queue.waiting.is_empty() && queue.threads - queue.hanging.len() > 1 {
                queue.threads -= 1;
                return None;
            }
        }
    }

    /// Takes back a start that no thread has taken up. Returns whether there was one.
    fn withdraw(&self, child: &Arc<StartingChild>) -> bool {
        let mut queue = self.queue();
        let Some(at) = queue.waiting.iter().position(|it| Arc::ptr_eq(&it.child, child)) else { return false };
        let withdrawn = queue.waiting.remove(at);
        drop(queue);
        child.is_gone();
        drop(withdrawn);
        true
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn has_enough_threads(&self) -> bool {
        self.threads >= USUAL_STARTERS + self.hanging.len()
    }
}

impl Start {
    fn carry_out(self) {
        let Self { setup, child, taken_up, answer } = self;
        if !child.take_up() {
            child.is_gone();
            return;
        }
        let _ = taken_up.send(());
        let started = sys::start(&setup, child.pid_cell());
        let is_wanted = child.settle();
        // Their other ends would not close as long as these are open.
        drop(setup);
        let outcome = match started {
            Ok(pid) if is_wanted => {
                child.has_begun(pid);
                Ok(Started { pid, end: sys::open_pidfd(pid).ok(), is_taken: false })
            }
            Ok(pid) => {
                terminate::kill_unstarted(pid);
                collect(&child, pid);
                return;
            }
            Err(StartError { process, error }) => {
                match process {
                    Some(pid) => collect(&child, pid),
                    None => child.is_gone(),
                }
                Err(error)
            }
        };
        // Who no longer waits gets nothing, and a process goes as it is dropped.
        let _ = answer.send(outcome);
    }
}

/// Collects a process that has ended or is going to.
fn collect(child: &Arc<StartingChild>, pid: Pid) {
    let _ = waitpid(pid, None);
    child.is_gone();
}
