//! Runs that the daemon before this one has not ended: processes that wait for them get a result that says so.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::result::Findings;
use smoker_model::run_record::{FinishedRun, ResultText, RunRecord, RunState, RunTrigger};
use smoker_model::time::moment::Moment;

use crate::results::journal::restore::restored::{InterruptedRun, Restored};
use crate::results::json_text;
use crate::results::kept::history::Sequence;
use crate::results::processes::process::ProcessId;
use crate::results::store::SharedState;

/// What the result of a run says that the end of the daemon has ended.
const INTERRUPTED: &str = "interrupted: smokerd ended before the run did";

/// What that of a run says that was requested and had not begun.
const NOT_RUN: &str = "not run: smokerd ended before the run could start";

/// Puts what was read into the state, and records what had not ended.
pub(super) fn restore(state: &SharedState, restored: Restored, begin: Sequence) {
    let mut interrupted = restored.interrupted.clone();
    let identities: HashMap<_, _> =
        restored.processes.iter().map(|process| (process.id, process.triggered_by.clone())).collect();
    let waiting = state.restore(restored, begin);
    // All processes that wait for a plugin get the one result.
    for (plugin, processes) in waiting {
        let at = interrupted.iter().position(|run| run.trigger.is_request() && run.plugin == plugin);
        let identity = processes.first().and_then(|process| identities.get(process).cloned().flatten());
        if let Some(run) = at.map(|at| interrupted.swap_remove(at)) {
            record(state, &run, INTERRUPTED, identity, &processes);
        } else {
            record(state, &InterruptedRun::not_begun(plugin, Utc::now()), NOT_RUN, identity, &processes);
        }
    }
    for run in interrupted {
        record(state, &run, INTERRUPTED, None, &[]);
    }
}

impl InterruptedRun {
    fn not_begun(plugin: PluginName, now: DateTime<Utc>) -> Self {
        let trigger = RunTrigger::Request { requester: None, identity: None };
        Self { plugin, started: now, ended: now, planned: now, trigger, generation: 0, run: 0 }
    }
}

/// `identity` is who the client of the first process has proved to be.
fn record(state: &SharedState, run: &InterruptedRun, text: &str, identity: Option<Arc<str>>, processes: &[ProcessId]) {
    let InterruptedRun { plugin, started, ended, planned, trigger, generation, .. } = run.clone();
    let now = Moment::now();
    let duration = (ended - started).to_std().unwrap_or_default();
    // An instant before the start of the machine may not exist.
    let began = now.monotonic.checked_sub(duration).unwrap_or(now.monotonic);
    let (started, ended) = (Moment { wall: started, monotonic: began }, Moment { wall: ended, ..now });
    let planned = Moment { wall: planned, monotonic: began };
    let mut result = Findings::error(text).into_result(started, trigger.is_request());
    result.triggered_by.clone_from(&identity);
    let text = ResultText::of(&result, |result| json_text::to_text(result));
    let trigger = match trigger {
        RunTrigger::Request { requester, .. } => RunTrigger::Request { requester, identity },
        other => other,
    };
    let run = FinishedRun {
        started,
        ended,
        attempt: 1,
        is_soft: false,
        generation,
        run: 0,
        started_behind: 0,
        is_interrupted: true,
        is_maintenance: false,
        has_given_values: false,
        has_postponed_actions: false,
        result,
        text,
    };
    let state_of_run = RunState::Finished(Box::new(run));
    let record = RunRecord { sequence: 0, plugin, trigger, planned, state: state_of_run };
    state.record(record, processes);
}
