//! Records for unit tests.

use std::sync::Arc;

use smoker_model::plugin::PluginName;
use smoker_model::result::Findings;
use smoker_model::run_record::{FinishedRun, ResultText, RunRecord, RunState, RunTrigger};
use smoker_model::time::moment::Moment;

use crate::results::plugin::config_fields::ConfigFields;
use crate::results::plugin::next_run::NextRun;
use crate::results::table::NewPlugin;

/// A configured plugin that keeps this many results.
pub(crate) fn plugin(name: &PluginName, history: usize) -> NewPlugin {
    let config = Arc::new(ConfigFields { identity: name.to_string(), ..ConfigFields::default() });
    let next_run = Some(NextRun { generation: 0, text: "null".into() });
    let (retries, flap_threshold) = (None, None);
    NewPlugin { name: name.clone(), config, history, history_failures: 50, retries, flap_threshold, next_run }
}

/// A scheduled run that ended just now, whose result has this text on the wire.
pub(crate) fn finished(plugin: &PluginName, text: &str) -> RunRecord {
    let now = Moment::now();
    let result = Findings::error("failed").into_result(now, false);
    let text: Arc<str> = text.into();
    let text = ResultText { listed: Arc::clone(&text), mapped: text };
    RunRecord {
        sequence: 0,
        plugin: plugin.clone(),
        trigger: RunTrigger::Schedule,
        planned: now,
        state: RunState::Finished(Box::new(FinishedRun {
            started: now,
            ended: now,
            attempt: 1,
            is_soft: false,
            generation: 1,
            run: 1,
            started_behind: 0,
            is_interrupted: false,
            is_maintenance: false,
            has_given_values: false,
            has_postponed_actions: false,
            result,
            text,
        })),
    }
}
