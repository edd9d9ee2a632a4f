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

/// How long a start waits for one of the usual threads before another one is made for it.
const QUEUE_TIMEOUT: Duration = Duration::from_millis(200);

/// How many threads there are as long as no start hangs; each is made when it is needed for the first time.
const USUAL_STARTERS: usize = 4;

/// How many threads there are at most. Each that is more than usual has a start that hangs, or had one.
const MAX_STARTERS: usize = 64;

static STARTERS: Starters =
    Starters { queue: Mutex::new(Queue { waiting: VecDeque::new(), threads: 0, idle: 0 }), begun: Condvar::new() };

struct Starters {
    queue: Mutex<Queue>,
    /// Notified for each start that waits.
    begun: Condvar,
}

struct Queue {
    waiting: VecDeque<Start>,
    threads: usize,
    idle: usize,
}

/// One child to be started.
struct Start {
    setup: ChildSetup,
    child: Arc<StartingChild>,
    answer: oneshot::Sender<io::Result<Started>>,
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
    let child = StartingChild::register();
    STARTERS.queue_up(Start { setup, child: child.clone(), answer })?;
    let mut outcome = timeout(QUEUE_TIMEOUT, &mut answered).await;
    if outcome.is_err() {
        if child.is_waiting() {
            STARTERS.add_thread(MAX_STARTERS);
        }
        outcome = timeout(START_TIMEOUT, &mut answered).await;
    }
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(_) if STARTERS.withdraw(&child) => return Err(too_many()),
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
        format!("the starts of {MAX_STARTERS} other processes hang; see the errors of other plugins for why"),
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
        queue.waiting.push_back(start);
        let needs_thread = queue.waiting.len() > queue.idle;
        drop(queue);
        self.begun.notify_one();
        if needs_thread && let Some(Err(error)) = self.add_thread(USUAL_STARTERS) {
            let has_threads = self.queue().threads > 0;
            if !has_threads && self.withdraw(&child) {
                return Err(error);
            }
        }
        Ok(())
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

    /// Makes one more thread unless there are `most`; none then.
    fn add_thread(&'static self, most: usize) -> Option<io::Result<()>> {
        let mut queue = self.queue();
        if queue.threads >= most {
            return None;
        }
        queue.threads += 1;
        drop(queue);
        let made = thread::Builder::new().name("starter".to_owned()).spawn(|| self.work());
        if made.is_err() {
            self.queue().threads -= 1;
        }
        Some(made.map(drop))
    }

    /// The life of a thread. It ends when there is nothing to do and it is more than usual.
    fn work(&self) {
        loop {
            let mut queue = self.queue();
            let start = loop {
                if let Some(start) = queue.waiting.pop_front() {
                    break start;
                }
                if queue.threads > USUAL_STARTERS {
                    queue.threads -= 1;
                    return;
                }
                queue.idle += 1;
                queue = self.begun.wait(queue).unwrap_or_else(PoisonError::into_inner);
                queue.idle -= 1;
            };
            drop(queue);
            start.carry_out();
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Start {
    fn carry_out(self) {
        let Self { setup, child, answer } = self;
        if !child.take_up() {
            child.is_gone();
            return;
        }
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
