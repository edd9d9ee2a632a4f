//! Finds the processes of a run in the list of all processes.
//!
//! One thread reads the list, which takes milliseconds that the threads which
//! serve must not spend, and answers all requests that came meanwhile from one
//! reading: a thousand runs that end together cost no more than one.

use std::io;
use std::sync::mpsc;
use std::thread;

use nix::unistd::Pid;
use tokio::sync::oneshot;

use crate::process::containment::process_tree::{CarriedRun, ProcessTree};
use crate::process::run_id::RunId;
use crate::process::sys::{ProcessList, RunMember, ScanScope};

/// Sends requests to the thread. Cheap to clone; the thread ends with the last handle.
#[derive(Clone, Debug)]
pub(crate) struct ProcessScanner(mpsc::Sender<ScanRequest>);

enum ScanRequest {
    Members(MembersRequest),
    Find(Vec<Pid>, oneshot::Sender<Vec<RunMember>>),
    Runs(oneshot::Sender<Vec<RunId>>),
}

struct MembersRequest {
    tree: ProcessTree,
    known: Vec<RunMember>,
    /// How those of the group and with the number are signalled the moment they are seen.
    signal: Option<fn(Pid)>,
    answer: oneshot::Sender<Vec<RunMember>>,
}

impl ProcessScanner {
    /// Starts the thread.
    pub(crate) fn start(subject: ScanScope) -> io::Result<Self> {
        let (sender, requests) = mpsc::channel();
        thread::Builder::new().name("proc-scanner".to_owned()).spawn(move || answer_all(subject, &requests))?;
        Ok(Self(sender))
    }

    /// All living processes of a run: those of its group, those that carry its
    /// number, those that are known to be its, and everything below any of
    /// these. None only when there is none, not even one that forks faster than the list is read.
    pub(crate) async fn members(&self, tree: ProcessTree, known: Vec<RunMember>) -> Vec<RunMember> {
        self.ask(|answer| ScanRequest::Members(MembersRequest { tree, known, signal: None, answer })).await
    }

    /// As [`Self::members`], and signals those of the group and with the number
    /// the moment they are seen. A run that forks and ends, forks and ends, is
    /// reached only so: when the list is whole it has long got another number.
    pub(crate) async fn signal_members(
        &self,
        tree: ProcessTree,
        known: Vec<RunMember>,
        signal: fn(Pid),
    ) -> Vec<RunMember> {
        self.ask(|answer| ScanRequest::Members(MembersRequest { tree, known, signal: Some(signal), answer })).await
    }

    /// Those of the processes with these numbers that live.
    pub(crate) async fn find(&self, pids: Vec<Pid>) -> Vec<RunMember> {
        self.ask(|answer| ScanRequest::Find(pids, answer)).await
    }

    /// All runs that have a living process.
    pub(crate) async fn runs(&self) -> Vec<RunId> {
        self.ask(ScanRequest::Runs).await
    }

    async fn ask<T: Default>(&self, request: impl FnOnce(oneshot::Sender<T>) -> ScanRequest) -> T {
        let (answer, answered) = oneshot::channel();
        // The thread lives as long as this handle, so it answers.
        let _ = self.0.send(request(answer));
        answered.await.unwrap_or_default()
    }
}

fn answer_all(subject: ScanScope, requests: &mpsc::Receiver<ScanRequest>) {
    while let Ok(first) = requests.recv() {
        let waiting: Vec<_> = std::iter::once(first).chain(requests.try_iter()).collect();
        let processes = scan(subject, &waiting);
        for request in waiting {
            // A caller that no longer waits does not need the answer.
            match request {
                ScanRequest::Members(asked) => {
                    let members = members_in(&processes, &asked);
                    drop(asked.answer.send(members));
                }
                ScanRequest::Find(pids, answer) => drop(answer.send(processes.find(&pids))),
                ScanRequest::Runs(answer) => drop(answer.send(processes.runs())),
            }
        }
    }
}

/// Reads the list; and when a run seems to have no process, or is to be
/// signalled on sight, reads the newest ones for a while.
fn scan(subject: ScanScope, waiting: &[ScanRequest]) -> ProcessList {
    let asked =
        || waiting.iter().filter_map(|request| if let ScanRequest::Members(it) = request { Some(it) } else { None });
    let on_sight = |pid: Pid, group: Pid, run: Option<CarriedRun>| {
        if let Some(signal) = asked().find(|it| it.tree.holds(group, run)).and_then(|it| it.signal) {
            signal(pid);
        }
    };
    let mut processes = ProcessList::read(subject, on_sight);
    let asks_for_all = waiting.iter().any(|request| matches!(request, ScanRequest::Runs(_)));
    if asks_for_all || asked().any(|it| it.signal.is_some() || members_in(&processes, it).is_empty()) {
        processes.watch_newest(on_sight);
    }
    processes
}

fn members_in(processes: &ProcessList, asked: &MembersRequest) -> Vec<RunMember> {
    processes.members(asked.tree, &asked.known)
}
