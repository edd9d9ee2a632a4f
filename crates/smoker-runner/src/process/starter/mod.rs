//! The threads that start children.
//!
//! The thread that starts a child stands still until the program of the child begins, and the kernel lets nobody else decide how
//! long that takes: a working directory may lie on a file server that is gone, and another process of the child's account
//! may stop it on its way (SIGSTOP). So neither a thread that serves nor the start of another child waits for it. A start
//! that takes too long is given up, and its process is killed.
//!
//! # Layout
//!
//! - `start`: one start, as a thread carries it out

mod start;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::unistd::Pid;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::process::children::{GivenUp, StartingChild};
use crate::process::starter::start::Start;
use crate::process::sys::{ChildSetup, StartedChild};
use crate::process::target::OneProcess;

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

static STARTERS: Starters = Starters::new();

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

/// A caller that no longer waits wants no child.
struct GiveUpOnDrop(Arc<StartingChild>);

impl Drop for GiveUpOnDrop {
    fn drop(&mut self) {
        match self.0.give_up() {
            GivenUp::Withdrawn => drop(STARTERS.withdraw(&self.0)),
            // From now on nobody else notices when it hangs.
            GivenUp::Begun => STARTERS.hangs(&self.0),
            GivenUp::Nothing => {}
        }
    }
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
        Err(_) if child.give_up() != GivenUp::Nothing => {
            let process = child.fork().process().map(OneProcess::pid);
            return Err(io::Error::new(io::ErrorKind::TimedOut, HangingStart { process }));
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

impl Starters {
    const fn new() -> Self {
        let queue = Queue { waiting: VecDeque::new(), hanging: Vec::new(), threads: 0, idle: 0 };
        Self { queue: Mutex::new(queue), begun: Condvar::new() }
    }

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
        if !child.is_under_way() || queue.hanging.iter().any(|it| Arc::ptr_eq(it, child)) {
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
            self.is_back(&child);
        }
    }

    /// The thread of a start has come back.
    fn is_back(&self, child: &Arc<StartingChild>) {
        self.queue().hanging.retain(|it| !Arc::ptr_eq(it, child));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::starter::start::{Started, setup_of_tests as setup};

    fn start_of(child: &Arc<StartingChild>) -> (Start, oneshot::Receiver<io::Result<Started>>) {
        let (taken_up, answer) = (oneshot::channel().0, oneshot::channel());
        (Start { setup: setup("/bin/true"), child: child.clone(), taken_up, answer: answer.0 }, answer.1)
    }

    fn under_way() -> Arc<StartingChild> {
        let child = StartingChild::register();
        assert!(child.take_up());
        child
    }

    #[test]
    fn a_start_whose_caller_has_gone_has_its_thread_replaced() {
        let starters: &'static Starters = Box::leak(Box::new(Starters::new()));
        starters.queue().threads = USUAL_STARTERS;
        let child = under_way();
        assert!(starters.queue().has_enough_threads());
        assert_eq!(child.give_up(), GivenUp::Begun);
        starters.hangs(&child);
        starters.hangs(&child);
        assert_eq!(starters.queue().hanging.len(), 1, "it counts once");
        assert!(!starters.queue().has_enough_threads());
        child.settle();
        starters.is_back(&child);
        starters.hangs(&child);
        assert!(starters.queue().has_enough_threads(), "what is over hangs no more");
        child.is_gone();
    }

    #[test]
    fn no_process_is_started_while_too_many_starts_hang() {
        let starters: &'static Starters = Box::leak(Box::new(Starters::new()));
        // No thread takes up what waits.
        starters.queue().threads = USUAL_STARTERS + MAX_HANGING;
        let hanging: Vec<_> = (0..MAX_HANGING).map(|_| under_way()).collect();
        hanging[1..].iter().for_each(|child| starters.hangs(child));
        let waiting = StartingChild::register();
        let (start, mut answer) = start_of(&waiting);
        starters.queue_up(start).expect("one more may wait");
        starters.hangs(&hanging[0]);
        let refused = answer.try_recv().expect("an answer").err().expect("none is started");
        assert!(refused.to_string().starts_with("the starts of 64 other processes hang"), "{refused}");
        let later = StartingChild::register();
        let refused = starters.queue_up(start_of(&later).0).expect_err("too many");
        assert!(refused.to_string().starts_with("the starts of 64 other processes hang"), "{refused}");
        hanging[0].settle();
        starters.is_back(&hanging[0]);
        let later = StartingChild::register();
        starters.queue_up(start_of(&later).0).expect("one may be started again");
        assert!(starters.withdraw(&later));
        hanging.iter().for_each(StartingChild::is_gone);
    }
}
