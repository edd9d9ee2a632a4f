//! Offers a run's two steps, *check* and *act*. When to act is for the caller to decide.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value as Json;
use smoker_model::occasion::Occasion;
use smoker_model::plugin::ActionSpec;
use smoker_model::result::{ActionRun, PluginResult};
use smoker_model::time::moment::Moment;
use tokio_util::sync::CancellationToken;

use crate::act;
use crate::carried_state::CarriedState;
use crate::check::{self, CheckOutcome};
use crate::check_memory::CheckMemory;
use crate::context::{RunContext, RunKind};
use crate::modules::dispatch::Modules;
use crate::modules::host::settings::PythonSettings;
use crate::prepared::PreparedPlugin;
use crate::process::containment::orphans::Reaper;
use crate::process::containment::run_processes::RunProcesses;
use crate::trace::recorder::TraceRecorder;

/// Runs plugins. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Runner {
    modules: Arc<RwLock<Modules>>,
    reaper: Reaper,
    memory: CheckMemory,
}

impl Runner {
    /// A runner whose children the reaper looks after. An interpreter for
    /// modules is started by the first run that needs one.
    #[must_use]
    pub fn new(reaper: Reaper, python: PythonSettings) -> Self {
        let modules = Arc::new(RwLock::new(Modules::new(python)));
        Self { modules, reaper, memory: CheckMemory::default() }
    }

    /// With a memory that may outlive the process.
    #[must_use]
    pub fn remembering(self, memory: CheckMemory) -> Self {
        Self { memory, ..self }
    }

    /// Takes another interpreter, or other folders, for runs that begin from
    /// now on. The host that there is ends with the last run that it has.
    pub fn set_python(&self, python: PythonSettings) {
        let mut modules = self.modules.write().unwrap_or_else(PoisonError::into_inner);
        *modules = Modules::new(python);
    }

    /// Begins a run. Cancelling ends its processes; its steps then return what is known.
    #[must_use]
    pub fn begin<'a>(&self, plugin: &'a PreparedPlugin, kind: RunKind, cancel: &'a CancellationToken) -> PluginRun<'a> {
        // A run without usable credentials starts nothing.
        let credentials = plugin.credentials().as_ref().ok().and_then(Option::as_ref);
        PluginRun {
            plugin,
            kind,
            cancel,
            modules: self.modules.read().unwrap_or_else(PoisonError::into_inner).clone(),
            processes: RunProcesses::new(&self.reaper, &plugin.spec().name, credentials),
            memory: self.memory.clone(),
            carried: CarriedState::default(),
            known: None,
            now: None,
            trace: None,
        }
    }

    /// What built-in checks remember from one run to the next.
    #[must_use]
    pub fn memory(&self) -> &CheckMemory {
        &self.memory
    }
}

/// A run of a plugin. It ends when this is dropped, and only then are the
/// processes ended that it left running: its result should be there by then.
#[derive(Debug)]
pub struct PluginRun<'a> {
    plugin: &'a PreparedPlugin,
    kind: RunKind,
    cancel: &'a CancellationToken,
    /// What can run modules, the same from the run's beginning to its end.
    modules: Modules,
    processes: RunProcesses,
    memory: CheckMemory,
    carried: CarriedState,
    known: Option<Json>,
    /// The time by which windows of maintenance are there; none: by the machine's clock.
    now: Option<Moment>,
    trace: Option<TraceRecorder>,
}

impl PluginRun<'_> {
    /// Lets the recorder trace the check and the actions.
    #[must_use]
    pub fn traced_by(self, recorder: &TraceRecorder) -> Self {
        Self { trace: Some(recorder.clone()), ..self }
    }

    /// Gives the check what the scheduler knows, for one that is decided from it.
    #[must_use]
    pub fn knowing(self, known: Option<Json>) -> Self {
        Self { known, ..self }
    }

    /// Lets windows of maintenance be there by this time, which is that of the caller's clock.
    #[must_use]
    pub fn at(self, now: Moment) -> Self {
        Self { now: Some(now), ..self }
    }

    /// The plugin that is run.
    #[must_use]
    pub fn plugin(&self) -> &PreparedPlugin {
        self.plugin
    }

    /// Whether the run was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// Runs the plugin's command or module. Always returns a result; what goes
    /// wrong is part of it.
    pub async fn check(&self) -> CheckOutcome {
        let context = RunContext { trace: self.trace.as_ref(), ..self.context() };
        check::run(context, self.now, &self.modules).await
    }

    /// Runs an action on the result of the check and returns the action's own result.
    /// What goes wrong is part of it. A module may change the result of the check.
    pub async fn act(&self, action: &ActionSpec, result: &mut PluginResult, occasion: &Occasion) -> ActionRun {
        let trace = self.trace.as_ref().map(|trace| trace.action(action.name.as_deref()));
        let context = RunContext { trace: trace.as_ref(), ..self.context() };
        let ran = act::run(action, result, occasion, context, &self.modules).await;
        if let Some(trace) = &trace {
            trace.duration(ran.result.duration);
        }
        ran
    }

    /// Whether the result of the plugin's module is not valid, as its actions left it.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.carried.is_refused()
    }

    fn context(&self) -> RunContext<'_> {
        RunContext {
            plugin: self.plugin,
            kind: self.kind,
            processes: &self.processes,
            cancel: self.cancel,
            memory: &self.memory,
            carried: &self.carried,
            known: self.known.as_ref(),
            trace: None,
        }
    }
}
