//! A result as a log record.

use chrono::{DateTime, Utc};
use smoker_checks::otlp::protocol::LogRecord;
use smoker_checks::otlp::record::ResultFacts;

use crate::results::plugin::plugin_facts::PluginFacts;
use crate::results::queries::run_query::StoredRun;

/// Parameters of a plugin that its records show, with the names of their attributes.
const SHOWN_PARAMETERS: [(&str, &str); 3] = [("category", "Category"), ("component", "Component"), ("type", "Type")];

/// The record of a run; `facts` are those of its plugin, unless it was removed.
pub(super) fn log_record(run: &StoredRun, facts: Option<&PluginFacts>, now: DateTime<Utc>) -> LogRecord {
    let parameter = |(name, key): (&'static str, &str)| Some((name, facts?.parameter(key)?));
    let of_run = &run.facts;
    let facts = ResultFacts {
        plugin: run.plugin.as_str(),
        parameters: SHOWN_PARAMETERS.into_iter().filter_map(parameter).collect(),
        status: of_run.status,
        trigger: of_run.trigger.as_str(),
        triggered_by: of_run.trigger.by().map(AsRef::as_ref),
        ended: of_run.ended(),
        duration: of_run.duration,
        end: of_run.end,
        attempt: of_run.attempt,
        is_soft: Some(of_run.is_soft),
        is_interrupted: of_run.is_interrupted,
        is_maintenance: Some(of_run.is_maintenance),
        sequence: run.sequence,
        text: &run.text,
    };
    facts.record(now)
}
