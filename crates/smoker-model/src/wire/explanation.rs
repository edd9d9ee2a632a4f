//! `GET /plugins/NAME/explain`: what decides when a plugin runs, and whether anybody hears of its results.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The answer to `GET /plugins/NAME/explain`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplanationPage {
    /// The explanation.
    pub explanation: Explanation,
}

/// What decides when a plugin runs, and whether anybody hears of its results.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The name of the plugin.
    pub plugin: String,
    /// Why the daemon does not have it, with file and line: what is wrong with it, or that it is switched off. Empty for a
    /// plugin that is loaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_loaded: Vec<String>,
    /// When it runs, in words.
    pub schedule: Vec<String>,
    /// Its next runs, as RFC 3339 has them, by the clocks of its `Timezone`.
    pub next_runs: Vec<String>,
    /// Why it does not run now, or why nobody hears of its results; empty when nothing is in the way.
    pub in_the_way: Vec<String>,
    /// Its runs that did not take place since the start of the daemon: how many, then the newest with time and reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    /// Its limits, in words.
    pub limits: Vec<String>,
    /// The plugins that it has to do with, in words.
    pub relations: Vec<String>,
    /// All its parameters with what they come from.
    pub parameters: Vec<ExplainedParameter>,
    /// Its newest runs, newest first; empty without a daemon.
    #[serde(default)]
    pub last_runs: Vec<ExplainedRun>,
}

/// A parameter with what it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedParameter {
    /// Its name.
    pub name: String,
    /// Its value, without secrets.
    pub value: Json,
    /// The file and the place in it, such as `/etc/smokerd/smokerd.yaml:12:5`; absent for a default, and where the
    /// configuration cannot be read any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// A run of the past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedRun {
    /// When it started, as RFC 3339 has it, by the clocks of the plugin's `Timezone`.
    pub started: String,
    /// When it was to start, where that was at least a second before: it was made up for, or waited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned: Option<String>,
    /// `OK`, `WARN` or `ERROR`.
    pub status: String,
    /// Why it took place: `timer`, `retry`, `after`, `report`, `on-demand` or `force`.
    pub trigger: String,
    /// Who or what caused it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggered_by: Option<String>,
    /// Which attempt it was.
    pub attempt: u32,
    /// How long it took, in seconds, its actions included.
    pub duration: f64,
    /// Why it had its status, in one line; absent where nothing was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl Explanation {
    /// The explanation for people, a fact a line.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.plugin.clone()];
        let mut section = |name: &str, entries: Vec<String>| {
            if !entries.is_empty() {
                lines.push(format!("{name}:"));
                lines.extend(entries.into_iter().map(|entry| format!("  {entry}")));
            }
        };
        section("not loaded", self.not_loaded.clone());
        section("schedule", self.schedule.clone());
        section("next runs", self.next_runs.clone());
        section("in the way", self.in_the_way.clone());
        section("skipped runs", self.skipped.clone());
        section("limits", self.limits.clone());
        section("other plugins", self.relations.clone());
        let width = self.parameters.iter().map(|parameter| parameter.name.len()).max().unwrap_or_default();
        let parameter = |ExplainedParameter { name, value, place }: &ExplainedParameter| {
            let value = value.as_str().map_or_else(|| value.to_string(), |text| text.trim_end().replace('\n', "; "));
            format!("{name:width$} = {value}  ({})", place.as_deref().unwrap_or("default"))
        };
        // What is written first: defaults are many, and one that is null says nothing.
        let (written, defaults): (Vec<_>, Vec<_>) = self.parameters.iter().partition(|it| it.place.is_some());
        let defaults = defaults.into_iter().filter(|parameter| !parameter.value.is_null());
        section("configuration", written.into_iter().chain(defaults).map(parameter).collect());
        let run = |run: &ExplainedRun| {
            let by = run.triggered_by.as_ref().map_or_else(String::new, |by| format!(" by {by}"));
            let ExplainedRun { started, status, trigger, attempt, duration, message, .. } = run;
            // What was good, or made by hand, is no attempt in a row of bad ones.
            let is_counted = status != "OK" && trigger != "force" && *attempt > 0;
            let attempt = if is_counted { format!(", attempt {attempt}") } else { String::new() };
            let message = message.as_ref().map_or_else(String::new, |message| format!(": {message}"));
            let planned = run.planned.as_ref().map_or_else(String::new, |planned| format!(", planned for {planned}"));
            format!("{started} {status} {trigger}{by}{planned}{attempt}, {duration:.3} s{message}")
        };
        section("last runs", self.last_runs.iter().map(run).collect());
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_was_made_up_for_says_when_it_was_planned() {
        let run = ExplainedRun {
            started: "2026-12-01T07:00:00+01:00".to_owned(),
            planned: Some("2026-12-01T02:30:00+01:00".to_owned()),
            status: "OK".to_owned(),
            trigger: "timer".to_owned(),
            triggered_by: None,
            attempt: 1,
            duration: 0.5,
            message: None,
        };
        let explanation = Explanation { plugin: "Backup".to_owned(), last_runs: vec![run], ..Explanation::default() };
        assert_eq!(
            explanation.lines()[2],
            "  2026-12-01T07:00:00+01:00 OK timer, planned for 2026-12-01T02:30:00+01:00, 0.500 s"
        );
    }
}
