//! All metrics of plugins, as one part of the page.

use std::time::Duration;

use chrono::{DateTime, Utc};
use smoker_model::metrics::exposition::{Format, Lines, labels};
use smoker_model::metrics::family::Family;
use smoker_model::metrics::plugin_families::{COMPONENT_STATUS, DURATION, LAST_RUN, PERFDATA, SILENCE, STATES, STATUS};
use smoker_model::wire::silences::PluginSilence;

use crate::http::api::metrics::plugin_lines::{PluginLines, Series};
use crate::http::limits;
use crate::results::plugin::counters::RunCounters;
use crate::results::plugin::measures::PluginMeasures;

const LAST_SUCCESS: Family = Family::gauge(
    "smoker_plugin_last_success_timestamp_seconds",
    "When the newest run of the plugin with the status OK started, in seconds since 1970.",
);
const LAST_CHANGE: Family = Family::gauge(
    "smoker_plugin_last_change_timestamp_seconds",
    "When the first run with the status that the plugin has now started, in seconds since 1970.",
);
const INTERVAL: Family = Family::gauge(
    "smoker_plugin_interval_seconds",
    "The configured time between the starts of two scheduled runs of the plugin.",
);
const SILENCED: Family =
    Family::gauge("smoker_plugin_silenced", "1 while a silence holds the actions of the plugin, else 0.");
const LAG: Family = Family::gauge(
    "smoker_plugin_schedule_lag_seconds",
    "By how much the newest scheduled run of the plugin started after it was planned.",
);
const RUNS: Family = Family::counter(
    "smoker_plugin_runs",
    "Runs of the plugin by their outcome: a status, or interrupted by the end of the daemon.",
);
const MISSED: Family = Family::counter(
    "smoker_plugin_missed_runs",
    "Scheduled runs that did not take place: overlap (the run before had not ended), missed (their time went by) or dependency (a plugin that it depends on was bad).",
);
const ACTION_FAILURES: Family =
    Family::counter("smoker_plugin_action_failures", "Actions of the plugin that ended with the status ERROR.");

/// A plugin with the lines that are kept of it.
pub(super) type Shown<'a> = (&'a PluginMeasures, &'a PluginLines);

/// The metrics of these plugins, and how many series are left out of them. `capacity` is about how many bytes it will have.
pub(super) fn write(plugins: &[Shown<'_>], format: Format, capacity: usize) -> (String, usize) {
    let mut page = Page { plugins, lines: Lines::with_capacity(format, capacity) };
    page.lines.begin(STATUS);
    for (plugin, lines) in plugins {
        page.lines.states(STATUS, &lines.identity, &STATES, plugin.status);
    }
    let mut left_out = page.series(COMPONENT_STATUS, |lines| &lines.components);
    page.numbers(LAST_RUN, |plugin, _| seconds_since_1970(plugin.times.run));
    page.numbers(LAST_SUCCESS, |plugin, _| seconds_since_1970(plugin.times.success));
    page.numbers(LAST_CHANGE, |plugin, _| seconds_since_1970(plugin.changed));
    page.numbers(DURATION, |_, lines| lines.duration);
    page.numbers(INTERVAL, |plugin, _| plugin.config.interval.as_ref().map(Duration::as_secs_f64));
    page.numbers(SILENCED, |plugin, _| Some(if plugin.standing.silence.is_some() { 1.0 } else { 0.0 }));
    page.silences();
    page.numbers(LAG, |plugin, _| plugin.times.lag.as_ref().map(Duration::as_secs_f64));
    left_out += page.series(PERFDATA, |lines| &lines.perfdata);
    page.counters(RUNS, "outcome", |counters: &RunCounters| {
        let RunCounters { ok, warned, failed, interrupted, .. } = *counters;
        [("OK", ok), ("WARN", warned), ("ERROR", failed), ("interrupted", interrupted)]
    });
    page.counters(MISSED, "reason", |counters| {
        [("overlap", counters.overlapped), ("missed", counters.missed), ("dependency", counters.held_back)]
    });
    page.numbers(ACTION_FAILURES, |plugin, _| Some(number(plugin.counters.action_failures)));
    (page.lines.into_text(), left_out)
}

struct Page<'a> {
    plugins: &'a [Shown<'a>],
    lines: Lines,
}

impl Page<'_> {
    /// A family with a number of each plugin that has one.
    fn numbers(&mut self, family: Family, value: impl Fn(&PluginMeasures, &PluginLines) -> Option<f64>) {
        self.lines.begin(family);
        for (plugin, lines) in self.plugins {
            if let Some(value) = value(plugin, lines) {
                self.lines.number(family, &lines.name, value);
            }
        }
    }

    /// Who made the silences of plugins, and why; nothing without silences.
    fn silences(&mut self) {
        let silence = |(plugin, lines): &Shown<'_>| {
            let text = plugin.standing.silence.as_deref()?;
            let PluginSilence { by, reason, until, .. } = serde_json::from_str(text).ok()?;
            let own = labels(&[("by", &by), ("reason", &reason), ("until", &until)]);
            Some(format!("{},{own}", lines.name))
        };
        let silences: Vec<_> = self.plugins.iter().filter_map(silence).collect();
        if !silences.is_empty() {
            self.lines.begin(SILENCE);
        }
        for labels in silences {
            self.lines.number(SILENCE, &labels, 1.0);
        }
    }

    /// A family with some counts of each plugin, each with its own value of the label.
    fn counters<const N: usize>(
        &mut self,
        family: Family,
        label: &str,
        counts: impl Fn(&RunCounters) -> [(&'static str, u64); N],
    ) {
        self.lines.begin(family);
        for (plugin, lines) in self.plugins {
            for (value, count) in counts(&plugin.counters) {
                self.lines.number(family, &format!("{},{label}=\"{value}\"", lines.name), number(count));
            }
        }
    }

    /// A family whose series are kept. Returns how many are left out, of the plugins and of the whole.
    fn series(&mut self, family: Family, series: impl Fn(&PluginLines) -> &Series) -> usize {
        self.lines.begin(family);
        let (mut count, mut left_out) = (0, 0);
        for (_, lines) in self.plugins {
            let series = series(lines);
            left_out += series.left_out;
            if count + series.count > limits::METRICS_OF_ALL {
                left_out += series.count;
            } else {
                count += series.count;
                self.lines.append(&series.lines);
            }
        }
        left_out
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count beyond 2^52 would be off by one")]
fn number(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 are below 2^53 until the year 2255")]
pub(super) fn seconds_since_1970(moment: Option<DateTime<Utc>>) -> Option<f64> {
    moment.map(|moment| moment.timestamp_micros() as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use smoker_model::status::Status;

    use super::*;
    use crate::results::plugin::run_times::RunTimes;
    use crate::results::plugin::standing::Standing;

    #[test]
    fn the_series_of_all_plugins_are_bounded() {
        let component = |number| format!(r#"{{"componentResult": {{"status": "OK", "name": "{number}"}}}}"#);
        let components: Vec<_> = (0..1000).map(component).collect();
        let plugin = PluginMeasures {
            config: Arc::default(),
            last_result: Some(format!(r#"{{"componentResults": [{}]}}"#, components.join(",")).as_str().into()),
            status: Status::Ok,
            counters: RunCounters::default(),
            times: RunTimes::default(),
            changed: None,
            standing: Standing::default(),
            next_run: "null".into(),
        };
        let lines = PluginLines::of(&plugin, Format::Text);
        let (page, left_out) = write(&[(&plugin, &lines); 40], Format::Text, 0);
        let shown = page.lines().filter(|line| line.starts_with("smoker_component_status{")).count();
        assert_eq!((shown, left_out), (99_000, 21_000));
        assert!(shown <= limits::METRICS_OF_ALL && shown + 3000 > limits::METRICS_OF_ALL);
    }
}
