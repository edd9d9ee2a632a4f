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

use crate::sys::{Member, ProcessList};

/// Asks the thread. Cheap to clone; the thread ends with the last handle.
#[derive(Clone, Debug)]
pub(crate) struct Census(mpsc::Sender<Question>);

#[derive(Debug)]
struct Question {
    group: Pid,
    marker: String,
    answer: oneshot::Sender<Vec<Member>>,
}

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
        let (answer, members) = oneshot::channel();
        // The thread lives as long as this handle, so it answers.
        let _ = self.0.send(Question { group, marker: marker.to_owned(), answer });
        members.await.unwrap_or_default()
    }
}

fn answer_all(questions: &mpsc::Receiver<Question>) {
    while let Ok(first) = questions.recv() {
        let waiting: Vec<_> = std::iter::once(first).chain(questions.try_iter()).collect();
        let processes = ProcessList::read();
        for Question { group, marker, answer } in waiting {
            // Whoever no longer waits does not need the answer.
            let _ = answer.send(processes.living_members(group, &marker));
        }
    }
}
