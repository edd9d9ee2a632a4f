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

use crate::process::containment::run_id::RunId;
use crate::process::containment::tree::Tree;
use crate::process::sys::{Member, ProcessList, Subject};

/// Asks the thread. Cheap to clone; the thread ends with the last handle.
#[derive(Clone, Debug)]
pub(crate) struct Census(mpsc::Sender<Question>);

enum Question {
    Members(Members),
    Find(Vec<Pid>, oneshot::Sender<Vec<Member>>),
    Runs(oneshot::Sender<Vec<RunId>>),
}

struct Members {
    tree: Tree,
    known: Vec<Member>,
    /// How those of the group and with the number are signalled the moment they are seen.
    signal: Option<fn(Pid)>,
    answer: oneshot::Sender<Vec<Member>>,
}

impl Census {
    /// Starts the thread.
    pub(crate) fn start(subject: Subject) -> io::Result<Self> {
        let (sender, questions) = mpsc::channel();
        thread::Builder::new().name("census".to_owned()).spawn(move || answer_all(subject, &questions))?;
        Ok(Self(sender))
    }

    /// All living processes of a run: those of its group, those that carry its
    /// number, those that are known to be its, and everything below any of
    /// these. None only when there is none, not even one that forks faster than the list is read.
    pub(crate) async fn members(&self, tree: Tree, known: Vec<Member>) -> Vec<Member> {
        self.ask(|answer| Question::Members(Members { tree, known, signal: None, answer })).await
    }

    /// As [`Self::members`], and signals those of the group and with the number
    /// the moment they are seen. Whoever forks and ends, forks and ends, is
    /// reached only so: when the list is whole it has long got another number.
    pub(crate) async fn signal_members(&self, tree: Tree, known: Vec<Member>, signal: fn(Pid)) -> Vec<Member> {
        self.ask(|answer| Question::Members(Members { tree, known, signal: Some(signal), answer })).await
    }

    /// Those of the processes with these numbers that live.
    pub(crate) async fn find(&self, pids: Vec<Pid>) -> Vec<Member> {
        self.ask(|answer| Question::Find(pids, answer)).await
    }

    /// All runs that have a living process.
    pub(crate) async fn runs(&self) -> Vec<RunId> {
        self.ask(Question::Runs).await
    }

    async fn ask<T: Default>(&self, question: impl FnOnce(oneshot::Sender<T>) -> Question) -> T {
        let (answer, answered) = oneshot::channel();
        // The thread lives as long as this handle, so it answers.
        let _ = self.0.send(question(answer));
        answered.await.unwrap_or_default()
    }
}

fn answer_all(subject: Subject, questions: &mpsc::Receiver<Question>) {
    while let Ok(first) = questions.recv() {
        let waiting: Vec<_> = std::iter::once(first).chain(questions.try_iter()).collect();
        let processes = look(subject, &waiting);
        for question in waiting {
            // Whoever no longer waits does not need the answer.
            match question {
                Question::Members(asked) => {
                    let members = members_in(&processes, &asked);
                    drop(asked.answer.send(members));
                }
                Question::Find(pids, answer) => drop(answer.send(processes.find(&pids))),
                Question::Runs(answer) => drop(answer.send(processes.runs())),
            }
        }
    }
}

/// Reads the list; and when a run seems to have no process, or is to be
/// signalled on sight, looks at the newest ones for a while.
fn look(subject: Subject, waiting: &[Question]) -> ProcessList {
    let asked =
        || waiting.iter().filter_map(|question| if let Question::Members(it) = question { Some(it) } else { None });
    let on_sight = |pid: Pid, group: Pid, run: Option<RunId>| {
        if let Some(signal) = asked().find(|it| it.tree.holds(group, run)).and_then(|it| it.signal) {
            signal(pid);
        }
    };
    let mut processes = ProcessList::read(subject, on_sight);
    let asks_for_all = waiting.iter().any(|question| matches!(question, Question::Runs(_)));
    if asks_for_all || asked().any(|it| it.signal.is_some() || members_in(&processes, it).is_empty()) {
        processes.watch_newest(on_sight);
    }
    processes
}

fn members_in(processes: &ProcessList, asked: &Members) -> Vec<Member> {
    processes.members(asked.tree.group, asked.tree.run, &asked.known)
}
