//! Why a plugin does not run now, or why nobody hears of its results, in words.

use chrono::{DateTime, Utc};
use smoker_model::calendar::maintenance;
use smoker_model::plugin::PluginSpec;
use smoker_model::wire::silences::PluginSilence;

use crate::results::plugin_entry::PluginNow;

/// What is known of a plugin and of its surroundings at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known<'a> {
    /// What a daemon knows of it.
    pub(crate) plugin: Option<&'a PluginNow>,
    /// What there is to say of the plugins after which it runs.
    pub(crate) leaders: &'a [String],
    /// What there is to say of its `MaintenanceLock`.
    pub(crate) lock: Option<&'a str>,
}

/// All that is in the way, a fact a line. `retry`: when a soft result is tried again.
pub(super) fn in_the_way(
    spec: &PluginSpec,
    known: Known<'_>,
    retry: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let zone = &spec.rules.zone;
    let end = maintenance::end_at(&spec.rules.maintenance, now);
    lines.extend(end.map(|end| format!("Maintenance until {}: no run takes place", zone.shown(end))));
    lines.extend(known.lock.map(str::to_owned));
    if let Some(only) = spec.rules.only.as_ref().filter(|only| !only.has(now)) {
        let next = only.next_from(now).map_or_else(|| "never".to_owned(), |next| zone.shown(next));
        lines.push(format!("Only: scheduled runs take place again from {next} on"));
    }
    lines.extend(known.leaders.iter().cloned());
    let Some(known) = known.plugin else { return lines };
    lines.extend(
        known.skipped.as_ref().map(|bad| format!("its runs are skipped: {}", bad.reason(&zone.shown(bad.since)))),
    );
    lines.extend(known.attempt.filter(|attempt| attempt.is_soft).map(|attempt| {
        let retries = spec.rules.retries.unwrap_or_default();
        let again = retry.map_or_else(String::new, |at| format!(", next try at {}", zone.shown(at)));
        format!("the last result is soft: attempt {} of {retries}{again}", attempt.number)
    }));
    if known.is_flapping {
        lines.push("it is flapping: its status changes too often".to_owned());
    }
    lines.extend(known.silence.as_ref().map(|PluginSilence { until, by, reason, .. }| {
        let until = until.parse().map_or_else(|_| until.clone(), |until| zone.shown(until));
        format!("no action follows: silenced until {until} by {by}: {reason}")
    }));
    lines
}
