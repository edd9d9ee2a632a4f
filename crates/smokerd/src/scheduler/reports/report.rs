//! What a job reported: its status and messages, and when.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value as Json, json};
use smoker_model::messages::Messages;
use smoker_model::plugin::PluginName;
use smoker_model::status::Status;
use smoker_runner::runner::Runner;

/// A report of a job.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    at: DateTime<Utc>,
    status: Status,
    messages: Messages,
}

impl Report {
    /// One that has just come.
    pub(crate) fn new(status: Status, messages: Messages) -> Self {
        // As it is kept, so that a restart changes nothing.
        let now = Utc::now();
        Self { at: DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now), status, messages }
    }

    /// When it came.
    pub(crate) fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// What the job reported.
    pub(crate) fn status(&self) -> Status {
        self.status
    }

    /// As it is kept, and as the check is given it.
    pub(crate) fn into_json(self) -> Json {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Millis, true);
        json!({"at": at, "status": self.status.as_str(), "messages": self.messages.as_json()})
    }

    /// None for what another check remembers under the name of the plugin.
    fn from_json(json: &Json) -> Option<Self> {
        let at = DateTime::parse_from_rfc3339(json["at"].as_str()?).ok()?.to_utc();
        let status = Status::of_result(json["status"].as_str()?)?;
        Some(Self { at, status, messages: Messages::parse(json["messages"].clone()).ok()?? })
    }
}

/// The last report to a plugin. It is read on a thread of its own, since the disk may be slow.
pub(super) async fn kept(runner: &Runner, plugin: &PluginName) -> Option<Report> {
    let (memory, plugin) = (runner.memory().clone(), plugin.clone());
    let kept = tokio::task::spawn_blocking(move || memory.recall(&plugin)).await.ok().flatten();
    kept.as_ref().and_then(Report::from_json)
}

/// Keeps a report, on disk where the daemon has a `state_dir`.
pub(super) async fn keep(runner: &Runner, plugin: &PluginName, report: Report) {
    let (memory, plugin) = (runner.memory().clone(), plugin.clone());
    // The task panics only where the daemon does.
    let _ = tokio::task::spawn_blocking(move || memory.keep(&plugin, report.into_json())).await;
}

#[cfg(test)]
mod tests {
    use smoker_model::messages::Level;

    use super::*;

    #[test]
    fn a_report_comes_back_and_what_is_none_does_not() {
        let report = Report::new(Status::Warn, Messages::of(Level::Warn, "2 files skipped"));
        assert_eq!(Report::from_json(&report.clone().into_json()), Some(report));
        for json in [json!({"offset": 5}), json!({"at": "now", "status": "OK", "messages": {}}), json!(null)] {
            assert_eq!(Report::from_json(&json), None);
        }
    }
}
