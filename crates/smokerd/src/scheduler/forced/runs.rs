//! The forced runs of one plugin: the one that goes on or waits, and requests behind it that give other values.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use smoker_runner::prepared::PreparedPlugin;
use tokio::task::Id;

use crate::results::plugin::next_run::ConfigGeneration;
use crate::results::processes::process::ProcessId;
use crate::scheduler::run::{RunHandle, RunRequest};

/// A run with the processes that get its result.
pub(in crate::scheduler) type ForcedRun = (RunHandle, Vec<ProcessId>);

/// A request to run with the processes that get the result.
pub(in crate::scheduler) type Requested = (RunRequest, Vec<ProcessId>);

/// How far the requests to run are.
#[derive(Default)]
enum Current {
    /// There is no request.
    #[default]
    Idle,
    /// The plugin is serial, and another run of it has not ended yet; with the first request.
    Waiting(RunRequest, Vec<ProcessId>),
    /// The run has been started; these processes get its result.
    Running(RunHandle, Vec<ProcessId>),
}

/// The forced runs of one plugin.
#[derive(Default)]
pub(in crate::scheduler) struct ForcedRuns {
    current: Current,
    queued: VecDeque<Requested>,
}

impl ForcedRuns {
    /// Takes a request, which joins a forced run that has not ended, if that has the same values, and waits behind one with others.
    /// Returns the request where there is none: it is the next one.
    pub(in crate::scheduler) fn join(&mut self, request: RunRequest, process: ProcessId) -> Option<Requested> {
        let current = match &mut self.current {
            Current::Idle => None,
            Current::Waiting(waiting, processes) => Some((waiting.values.as_ref(), processes)),
            Current::Running(run, processes) => Some((run.values(), processes)),
        };
        let is_idle = current.is_none();
        let queued = self.queued.iter_mut().map(|(queued, processes)| (queued.values.as_ref(), processes));
        let joined = current.into_iter().chain(queued).find(|(values, _)| *values == request.values.as_ref());
        if let Some((_, processes)) = joined {
            processes.push(process);
            return None;
        }
        if is_idle {
            return Some((request, vec![process]));
        }
        self.queued.push_back((request, vec![process]));
        None
    }

    /// Has a request wait for other runs of its plugin.
    pub(in crate::scheduler) fn set_waiting(&mut self, (request, processes): Requested) {
        self.current = Current::Waiting(request, processes);
    }

    /// Notes that a run has been started.
    pub(in crate::scheduler) fn set_running(&mut self, run: RunHandle, processes: Vec<ProcessId>) {
        self.current = Current::Running(run, processes);
    }

    /// The request that is to be started next; one that waits for other runs only where there are none.
    pub(in crate::scheduler) fn next(&mut self, has_runs: bool) -> Option<Requested> {
        match mem::take(&mut self.current) {
            Current::Waiting(request, processes) if !has_runs => Some((request, processes)),
            Current::Idle => self.queued.pop_front(),
            other => {
                self.current = other;
                None
            }
        }
    }

    /// Gives a run that waits for its slot another definition. A run that has begun is returned: new requests do not join it.
    pub(in crate::scheduler) fn redefine(
        &mut self,
        plugin: &Arc<PreparedPlugin>,
        generation: ConfigGeneration,
    ) -> Option<ForcedRun> {
        match mem::take(&mut self.current) {
            Current::Running(run, processes) if !run.redefine(plugin, generation) => Some((run, processes)),
            other => {
                self.current = other;
                None
            }
        }
    }

    /// Removes the run that has ended, if it is the current one.
    pub(in crate::scheduler) fn take(&mut self, id: Id) -> Option<ForcedRun> {
        match mem::take(&mut self.current) {
            Current::Running(run, processes) if run.id() == id => Some((run, processes)),
            other => {
                self.current = other;
                None
            }
        }
    }
}
