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

use crate::run_id::RunId;
use crate::sys::{Member, ProcessList, Subject};
use crate::tree::Tree;

/// Asks the thread. Cheap to clone; the thread ends with the last handle.
#[derive(Clone, Debug)]
pub(crate) struct Census(mpsc::Sender<Question>);

struct Question {
    /// Whose processes are to be signalled the moment they are seen, and how.
    prey: Option<(Tree, fn(Pid))>,
    answer: Answer,
}

/// Takes an answer from a list of processes and hands it to whoever asked.
type Answer = Box<dyn FnOnce(&ProcessList) + Send>;

impl Census {
    /// Starts the thread.
    pub(crate) fn start(subject: Subject) -> io::Result<Self> {
        let (sender, questions) = mpsc::channel();
        thread::Builder::new().name("census".to_owned()).spawn(move || answer_all(subject, &questions))?;
        Ok(Self(sender))
    }

    /// All living processes of a run: those of its group, those that carry its
    /// number, those that are known to be its, and everything below any of these.
    pub(crate) async fn members(&self, tree: Tree, known: Vec<Member>) -> Vec<Member> {
        self.ask(None, move |processes| processes.members(tree.group, tree.run, &known)).await
    }

    /// As [`Self::members`], and signals those of the group and with the number
    /// the moment they are seen. Whoever forks and ends, forks and ends, is
    /// reached only so: when the list is whole it has long got another number.
    pub(crate) async fn signal_members(&self, tree: Tree, known: Vec<Member>, signal: fn(Pid)) -> Vec<Member> {
        self.ask(Some((tree, signal)), move |processes| processes.members(tree.group, tree.run, &known)).await
    }

    /// Those of the processes with these numbers that live.
    pub(crate) async fn find(&self, pids: Vec<Pid>) -> Vec<Member> {
        self.ask(None, move |processes| processes.find(&pids)).await
    }

    /// All runs that have a living process.
    pub(crate) async fn runs(&self) -> Vec<RunId> {
        self.ask(None, ProcessList::runs).await
    }

    async fn ask<T: Default + Send + 'static>(
        &self,
        prey: Option<(Tree, fn(Pid))>,
        question: impl FnOnce(&ProcessList) -> T + Send + 'static,
    ) -> T {
        let (answer, answered) = oneshot::channel();
        let answer: Answer = Box::new(move |processes| {
            // Whoever no longer waits does not need the answer.
            let _ = answer.send(question(processes));
        });
        // The thread lives as long as this handle, so it answers.
        let _ = self.0.send(Question { prey, answer });
        answered.await.unwrap_or_default()
    }
}

fn answer_all(subject: Subject, questions: &mpsc::Receiver<Question>) {
    while let Ok(first) = questions.recv() {
        let waiting: Vec<_> = std::iter::once(first).chain(questions.try_iter()).collect();
        let prey: Vec<_> = waiting.iter().filter_map(|question| question.prey).collect();
        let processes = ProcessList::read(subject, |pid: Pid, group: Pid, run: Option<RunId>| {
            if let Some((_, signal)) = prey.iter().find(|(tree, _)| tree.holds(group, run)) {
                signal(pid);
            }
        });
        for Question { answer, .. } in waiting {
            answer(&processes);
        }
    }
}
