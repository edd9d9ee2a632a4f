//! Who belongs to a run, read from the list of all processes.
//!
//! One thread reads the list, which takes milliseconds that the threads which
//! serve must not spend, and answers everybody who asked meanwhile from one
//! reading: a thousand runs that end together cost no more than one.

use std::io;
use std::sync::mpsc;
use std::thread;

use nix::unistd::Pid;
use tokio::sync::oneshot;

use crate::sys::{MARKER, Member, ProcessList};

/// Asks the thread. Cheap to clone; the thread ends with the last handle.
#[derive(Clone, Debug)]
pub(crate) struct Census(mpsc::Sender<Question>);

/// Takes an answer from a list of processes and hands it to whoever asked.
struct Question(Box<dyn FnOnce(&ProcessList) + Send>);

impl Census {
    /// Starts the thread.
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, questions) = mpsc::channel();
        thread::Builder::new().name("census".to_owned()).spawn(move || answer_all(&questions))?;
        Ok(Self(sender))
    }

    /// All living processes of a run: those of its group, those that carry its
    /// marker in their environment, and everything below either.
    pub(crate) async fn living_members(&self, group: Pid, marker: &str) -> Vec<Member> {
        let marker = marker.to_owned();
        self.ask(move |processes| processes.living_members(group, &marker)).await
    }

    /// Group and marker of all runs whose number begins with `run_prefix` and
    /// whose shell, which stays in the daemon's session, lives.
    pub(crate) async fn runs_in_progress(&self, run_prefix: &str, session: Pid) -> Vec<(Pid, String)> {
        let marker_prefix = format!("{MARKER}{run_prefix}");
        self.ask(move |processes| processes.runs_in_progress(&marker_prefix, session)).await
    }

    async fn ask<T: Default + Send + 'static>(&self, question: impl FnOnce(&ProcessList) -> T + Send + 'static) -> T {
        let (answer, answered) = oneshot::channel();
        let question = Question(Box::new(move |processes| {
            // Whoever no longer waits does not need the answer.
            let _ = answer.send(question(processes));
        }));
        // The thread lives as long as this handle, so it answers.
        let _ = self.0.send(question);
        answered.await.unwrap_or_default()
    }
}

fn answer_all(questions: &mpsc::Receiver<Question>) {
    while let Ok(first) = questions.recv() {
        let waiting: Vec<_> = std::iter::once(first).chain(questions.try_iter()).collect();
        let processes = ProcessList::read();
        for Question(answer) in waiting {
            answer(&processes);
        }
    }
}
