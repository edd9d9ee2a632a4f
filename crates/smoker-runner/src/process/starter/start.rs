//! One start of a child, as a thread carries it out.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use nix::sys::wait::waitpid;
use nix::unistd::Pid;
use tokio::sync::oneshot;

use crate::process::children::{self, StartingChild};
use crate::process::sys::{self, ChildSetup, StartError, StartedChild};
use crate::process::target::OneProcess;
use crate::process::terminate;

/// One child to be started.
pub(super) struct Start {
    pub(super) setup: ChildSetup,
    pub(super) child: Arc<StartingChild>,
    /// Told when a thread takes it up.
    pub(super) taken_up: oneshot::Sender<()>,
    pub(super) answer: oneshot::Sender<io::Result<Started>>,
}

/// A child that runs its program, until its caller takes it.
pub(super) struct Started {
    pid: Pid,
    end: Option<OwnedFd>,
    is_taken: bool,
}

impl Start {
    /// Starts the child, unless its caller no longer waits, and answers.
    pub(super) fn carry_out(self) {
        let Self { setup, child, taken_up, answer } = self;
        if !child.take_up() {
            child.is_gone();
            return;
        }
        let _ = taken_up.send(());
        let started = sys::start(&setup, child.fork());
        let is_wanted = child.settle();
        // Their other ends would not close as long as these are open.
        drop(setup);
        let outcome = match started {
            Ok(pid) if is_wanted => {
                child.has_begun(pid);
                Ok(Started { pid, end: sys::open_pidfd(pid).ok(), is_taken: false })
            }
            Ok(pid) => {
                kill(pid);
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

impl Started {
    /// The child, which is its caller's from now on.
    pub(super) fn take(mut self) -> StartedChild {
        self.is_taken = true;
        StartedChild { pid: self.pid, end: self.end.take().and_then(sys::watch) }
    }
}

impl Drop for Started {
    /// A caller that no longer waits leaves nothing: the process is killed, and collected as an orphan is.
    fn drop(&mut self) {
        if !self.is_taken {
            kill(self.pid);
            children::release(self.pid);
        }
    }
}

fn kill(pid: Pid) {
    OneProcess::of(pid).into_iter().for_each(terminate::kill_unstarted);
}

/// Collects a process that has ended or is going to.
fn collect(child: &Arc<StartingChild>, pid: Pid) {
    let _ = waitpid(pid, None);
    child.is_gone();
}

/// What starts a program without arguments, for tests.
#[cfg(test)]
pub(super) fn setup_of_tests(program: &str) -> ChildSetup {
    let text = |text: &str| std::ffi::CString::new(text).expect("no NUL");
    let null = || OwnedFd::from(std::fs::File::options().read(true).write(true).open("/dev/null").expect("there"));
    ChildSetup {
        program: text(program),
        arguments: vec![text(program)],
        environment: Vec::new(),
        streams: [null(), null(), null()],
        account: None,
        limits: Vec::new(),
        mark: None,
        open_files: None,
        cgroup: None,
        work_dir: None,
        umask: None,
        nice: None,
        no_new_privileges: false,
        resets_oom_score: false,
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    use super::*;
    #[cfg(target_os = "linux")]
    use crate::process::children::GivenUp;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_is_not_wanted_ends_before_it_does_anything() {
        let child = StartingChild::register();
        assert!(child.take_up());
        assert_eq!(child.give_up(), GivenUp::Begun);
        let pid = sys::start(&setup_of_tests("/none"), child.fork()).expect("it has not tried its program");
        assert_eq!(child.fork().process().map(OneProcess::pid), Some(pid));
        assert!(!child.settle());
        collect(&child, pid);
    }
}
