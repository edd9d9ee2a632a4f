//! What a check is given that looks at other plugins, or at reports of a job.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};
use smoker_model::plugin::{Execution, PluginSpec};
use smoker_runner::runner::Runner;

use crate::results::store::SharedState;
use crate::scheduler::reports::report::{Report, kept};

/// The check that counts plugins.
const CLUSTER: &str = "cluster";

/// The check that looks at reports.
const JOB: &str = "job";

/// Whether jobs can report to the plugin.
pub(super) fn takes_reports(spec: &PluginSpec) -> bool {
    matches!(&spec.invocation.execution, Execution::Check(name) if name == JOB)
}

/// What the plugin's check is given; none for other checks.
pub(in crate::scheduler) async fn of(
    spec: &PluginSpec,
    runner: &Runner,
    state: &SharedState,
    started: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<Json> {
    let Execution::Check(check) = &spec.invocation.execution else { return None };
    match check.as_str() {
        CLUSTER => Some(json!({"plugins": state.statuses()})),
        JOB => {
            let report = kept(runner, &spec.name).await;
            let since = report.as_ref().map_or(started, Report::at);
            // The clock may have been set back.
            let age = (now - since).max(TimeDelta::zero()).as_seconds_f64();
            Some(json!({"age": age, "report": report.map(Report::into_json)}))
        }
        _ => None,
    }
}
