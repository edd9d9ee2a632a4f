//! What is known of runs with results: `GET /results`, `GET /plugins/NAME/results` and `GET /plugins/NAME/summary`.

use serde::{Deserialize, Serialize};

/// What is known of a run with a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunFacts {
    /// Its position among all runs of the daemon.
    pub sequence: u64,
    /// The name of the plugin.
    pub plugin: String,
    /// Why it ran: `timer` or `force`; later versions may have others.
    pub trigger: String,
    /// Who forced it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggered_by: Option<String>,
    /// When it was to run, as RFC 3339 has it.
    pub planned: String,
    /// When it started, as RFC 3339 has it.
    pub started: String,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// The number of the configuration that it ran with: 1 is that of the start, and each reload adds 1. A plugin that a
    /// reload does not change keeps its number.
    pub generation: u64,
    /// Whether the end of the daemon ended the run, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
}

/// What became of the runs of a plugin: `GET /plugins/NAME/summary`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SummaryPage {
    /// The summary.
    pub summary: Summary,
    /// Whether runs may be missing that the daemon has had: it cannot read, or could not write, all of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
}

/// What became of the runs of a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The name of the plugin.
    pub plugin: String,
    /// When the first of the runs started; none without runs.
    pub first: Option<String>,
    /// When the last of the runs started; none without runs.
    pub last: Option<String>,
    /// How many results there are.
    pub runs: u64,
    /// Those of them with the status ERROR.
    pub failures: u64,
    /// Those of them with the status WARN.
    pub warnings: u64,
    /// The share of the runs without the status ERROR, from 0 to 1; none without runs.
    pub availability: Option<f64>,
    /// How long the runs took; none without runs.
    pub duration: Option<Durations>,
    /// The longest time without the status OK; none when all are OK.
    pub longest_bad_spell: Option<Spell>,
    /// How often a run was OK and the next was not, or the other way round.
    pub flaps: u64,
}

/// How long runs took, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    /// The mean.
    pub mean: f64,
    /// 95 % of the runs took no longer.
    pub p95: f64,
}

/// Runs one after the other without the status OK.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spell {
    /// When the first of them started.
    pub from: String,
    /// When the run after the last of them started; none when none has.
    pub to: Option<String>,
    /// From `from` to `to`; without `to`, until the last of them started.
    pub seconds: f64,
    /// How many runs there are.
    pub runs: u64,
}
