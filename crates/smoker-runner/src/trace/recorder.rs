//! Records what a run shows while it goes on.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value as Json;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use crate::process::capture::Capture;
use crate::process::execute::{ChildEnd, ChildOutcome};
use crate::trace::run_trace::{ActionTrace, Exit, Printed, RunTrace};

/// How long output of modules is read once the run has ended. What they printed
/// is in the pipe and takes no time; a process that they left running can hold
/// the pipe for ever and is not waited for.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

/// Records what a run shows. Cheap to clone; all clones write to one trace.
#[derive(Clone, Debug, Default)]
pub struct TraceRecorder(Arc<Mutex<Recorded>>);

#[derive(Debug, Default)]
struct Recorded {
    trace: RunTrace,
    readers: Vec<JoinHandle<()>>,
    actions: Vec<(Option<String>, TraceRecorder)>,
}

impl TraceRecorder {
    /// Nothing was run because this path exists.
    pub(crate) fn maintenance_lock(&self, path: &str) {
        self.record(|recorded| recorded.trace.maintenance_lock = Some(path.to_owned()));
    }

    /// The command as the shell gets it.
    pub(crate) fn command_line(&self, line: &str) {
        self.record(|recorded| recorded.trace.command = Some(line.to_owned()));
    }

    /// A command ended.
    pub(crate) fn command_outcome(&self, outcome: &ChildOutcome) {
        self.record(|recorded| {
            recorded.trace.stdout = Printed::from(&outcome.stdout);
            recorded.trace.stderr = Printed::from(&outcome.stderr);
            recorded.trace.exit = Some(Exit::from(&outcome.end));
        });
    }

    /// A module or a parser printed a line.
    pub(crate) fn printed_line(&self, line: &str) {
        self.record(|recorded| {
            recorded.trace.printed.push_str(line);
            recorded.trace.printed.push('\n');
        });
    }

    /// A module gave something that is no result.
    pub(crate) fn invalid_result(&self, invalid: &Json) {
        self.record(|recorded| recorded.trace.invalid = Some(invalid.clone()));
    }

    /// A task reads what a module prints; it has to end before the trace is whole.
    pub(crate) fn output_reader(&self, reader: JoinHandle<()>) {
        self.record(|recorded| recorded.readers.push(reader));
    }

    /// The recorder of an action that follows.
    pub(crate) fn action(&self, name: Option<&str>) -> Self {
        let action = Self::default();
        self.record(|recorded| recorded.actions.push((name.map(str::to_owned), action.clone())));
        action
    }

    /// The check, or the action, took this time.
    pub(crate) fn duration(&self, duration: Duration) {
        self.record(|recorded| recorded.trace.duration = duration);
    }

    /// The whole trace, once the output of modules was read. Call it after the
    /// run was dropped: until then leftovers may hold the output open.
    pub async fn finish(&self) -> RunTrace {
        let deadline = Instant::now() + DRAIN_TIMEOUT;
        for reader in self.record(|recorded| mem::take(&mut recorded.readers)) {
            // A reader that is not done by then reads what was left running.
            let _ = timeout_at(deadline, reader).await;
        }
        let mut trace = self.record(|recorded| recorded.trace.clone());
        for (name, action) in self.record(|recorded| mem::take(&mut recorded.actions)) {
            trace.actions.push(ActionTrace { name, trace: Box::pin(action.finish()).await });
        }
        trace
    }

    fn record<T>(&self, change: impl FnOnce(&mut Recorded) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<&Capture> for Printed {
    fn from(capture: &Capture) -> Self {
        Self { text: capture.text().into_owned(), cut: capture.cut() }
    }
}

impl From<&ChildEnd> for Exit {
    fn from(end: &ChildEnd) -> Self {
        match end {
            ChildEnd::Exited(status) => Self::Status(*status),
            ChildEnd::Signalled { number, name } => Self::Signal { number: *number, name },
            ChildEnd::TimedOut { .. } => Self::Timeout,
            ChildEnd::Cancelled => Self::Cancelled,
        }
    }
}
