//! The children of one run of a plugin: its command or module, its parser, its
//! action. They are over together, when the run has its result.

use std::sync::{Mutex, PoisonError};

use nix::unistd::Pid;
use smoker_model::plugin::PluginName;

use crate::process::containment::orphans::Reaper;
use crate::process::run_id::RunId;

/// The children of one run. When it is dropped the run is over, and what
/// they left running is ended in the background.
#[derive(Debug)]
pub(crate) struct RunProcesses {
    reaper: Reaper,
    plugin: PluginName,
    runs: Mutex<Vec<RunId>>,
}

impl RunProcesses {
    /// Of a run that begins.
    pub(crate) fn new(reaper: &Reaper, plugin: &PluginName) -> Self {
        Self { reaper: reaper.clone(), plugin: plugin.clone(), runs: Mutex::default() }
    }

    /// Registers one more child and gives its number. What a child leaves running when it ends by
    /// itself may stay if `leaves_running`.
    pub(crate) fn register_child(&self, leaves_running: bool) -> RunId {
        let run = RunId::new(leaves_running);
        self.reaper.leftovers().begin(run, &self.plugin);
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).push(run);
        run
    }

    /// The child with this number, which led a group, ended by itself.
    pub(crate) fn child_ended(&self, run: RunId, group: Pid) {
        self.reaper.leftovers().child_ended(run, group, &self.plugin);
    }

    pub(crate) fn reaper(&self) -> &Reaper {
        &self.reaper
    }
}

impl Drop for RunProcesses {
    fn drop(&mut self) {
        let runs = self.runs.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !runs.is_empty() {
            self.reaper.leftovers().over(runs);
        }
    }
}
