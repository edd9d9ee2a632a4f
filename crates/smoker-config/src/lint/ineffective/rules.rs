//! Attempts and dependencies.

use std::iter;

use chrono::{TimeDelta, Utc};
use smoker_model::plugin::RunRules;

use crate::lint::ineffective::schedule::runs_by_itself;
use crate::lint::linted_plugin::LintedPlugin;
use crate::spec::values::{calendar, quantity, relations};
use crate::yaml::node::find_text;

/// How many times of a calendar are looked at: those of a week of hours, and more.
const LOOKED_AT: usize = 200;

/// Each key with what is to be said of it.
pub(super) fn review(plugin: &LintedPlugin<'_>) -> Vec<(&'static str, String)> {
    let keys = ["Retries", "RetryInterval", "FlapThreshold", "OnParentBad"];
    keys.into_iter().filter_map(|key| Some((key, idle(plugin, key)?))).collect()
}

/// Why a key of the plugin's own changes nothing about its runs, though its value is understood; one of a template is for many plugins.
fn idle(plugin: &LintedPlugin<'_>, key: &str) -> Option<String> {
    find_text(plugin.body, key)?;
    let mut rules = RunRules::default();
    let misread = relations::read(|key| plugin.get(key), &mut rules);
    let runs_by_itself = runs_by_itself(plugin);
    let has_soft = rules.retries.is_some_and(|retries| retries > 1);
    let why = match key {
        "Retries" | "RetryInterval" if !runs_by_itself => {
            "it runs on request only, and such runs are no attempts; set Interval, Cron or At, or remove it"
        }
        "RetryInterval" if !has_soft => "no result is ever soft; set Retries to 2 or more",
        "RetryInterval" if !comes_before_schedule(plugin, &rules) => {
            "its schedule brings the next run no later; write a shorter time"
        }
        // One of 20 results.
        "FlapThreshold" if rules.flap_threshold.is_some_and(|percent| percent <= 5) => {
            let text = "FlapThreshold is reached by a single change of status, 5 % of the newest 20 results, so actions that follow \
                        changes wait until 20 results in a row are alike; write 20 or more";
            return Some(text.to_owned());
        }
        "OnParentBad" if rules.depends_on.is_empty() => "it depends on no plugin; set DependsOn",
        _ => return None,
    };
    let is_understood = plugin.get(key).is_some() && misread.iter().all(|(plain, _)| *plain != key);
    is_understood.then(|| format!("{key} sets nothing, because {why}"))
}

/// Whether a retry ever comes before the next run of the schedule would, as far as that says when it runs.
fn comes_before_schedule(plugin: &LintedPlugin<'_>, rules: &RunRules) -> bool {
    let Some(retry) = rules.retry_interval.and_then(|retry| TimeDelta::from_std(retry).ok()) else { return true };
    let now = Utc::now();
    if let Some(schedule) = calendar::read(|key| plugin.get(key), now).schedule {
        let times = iter::successors(schedule.next_after(now), |at| schedule.next_after(*at)).take(LOOKED_AT);
        let times: Vec<_> = times.collect();
        return times.windows(2).any(|pair| pair[1] - pair[0] > retry);
    }
    let interval = plugin.get("Interval").and_then(|value| quantity::seconds(value).ok());
    interval.filter(|interval| *interval > 0.0).is_none_or(|interval| retry.as_seconds_f64() < interval)
}
