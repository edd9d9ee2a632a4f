//! What everything that takes part in a run knows of it.

use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use crate::carried_state::CarriedState;
use crate::check_memory::CheckMemory;
use crate::prepared::PreparedPlugin;
use crate::process::containment::run_processes::RunProcesses;
use crate::trace::recorder::TraceRecorder;

/// Why a run takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// Its schedule was due.
    Scheduled,
    /// A client asked for it.
    Forced,
}

impl RunKind {
    /// Whether a client asked for the run.
    #[must_use]
    pub fn is_forced(self) -> bool {
        self == Self::Forced
    }
}

/// One run of a plugin, as its command, module, parser and action know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunContext<'a> {
    pub(crate) plugin: &'a PreparedPlugin,
    pub(crate) kind: RunKind,
    /// Every child of the run is listed here.
    pub(crate) processes: &'a RunProcesses,
    /// Ends the run before its time.
    pub(crate) cancel: &'a CancellationToken,
    /// What built-in checks remember from one run to the next.
    pub(crate) memory: &'a CheckMemory,
    /// What the run's modules leave for its actions.
    pub(crate) carried: &'a CarriedState,
    /// What the scheduler knows, for checks that are decided from it.
    pub(crate) known: Option<&'a Json>,
    /// Records what the run shows; none for a run that is not traced.
    pub(crate) trace: Option<&'a TraceRecorder>,
}
