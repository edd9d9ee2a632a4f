//! When a plugin runs, and what is kept of it.

use std::time::Duration;

use smoker_model::notation::python_text;
use smoker_model::plugin::MissedRuns;
use smoker_model::value::Value;

use crate::lint::linted_plugin::LintedPlugin;
use crate::spec::values::{calendar, quantity};
use crate::yaml::node::find_text;

/// A longer `Interval`, in seconds, is no plan: a hundred years.
pub(super) const LONGEST_INTERVAL: f64 = 100.0 * 365.0 * 86_400.0;

/// No program starts and ends in less.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(5);

/// Each key with what is to be said of it.
pub(super) fn review(plugin: &LintedPlugin<'_>, has_state_dir: bool) -> Vec<(&'static str, String)> {
    let of = |key: &'static str, text: Option<String>| text.map(|text| (key, text));
    [
        of("Interval", plugin.get("Interval").and_then(interval)),
        of("Interval", beside_calendar(plugin)),
        of("Cron", plugin.get("Cron").and_then(long_step)),
        of("Only", idle_hours(plugin)),
        of("Missed", missed(plugin, has_state_dir)),
        of("History", plugin.get("History").and_then(history)),
        of("HistoryFailures", history_failures(plugin, has_state_dir)),
        of("Command", plugin.get("Command").and_then(command)),
        of("Action", of_actions(plugin)),
        of("Timeout", plugin.get("Timeout").and_then(timeout)),
        of("Action", plugin.actions.iter().find_map(|action| timeout_of_action(action))),
        of("RetryInterval", plugin.get("RetryInterval").and_then(long_retry)),
        of("Splay", plugin.get("Splay").and_then(|value| true_as_second("Splay", value))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether runs of the plugin have times.
pub(super) fn has_times(plugin: &LintedPlugin<'_>) -> bool {
    ["Interval", "Cron", "At"].iter().any(|key| plugin.get(key).is_some_and(Value::is_truthy))
}

/// Whether it runs without a client that asks for it.
pub(super) fn runs_by_itself(plugin: &LintedPlugin<'_>) -> bool {
    has_times(plugin) || plugin.get("After").is_some_and(Value::is_truthy)
}

fn interval(value: &Value) -> Option<String> {
    let shown = python_text::str(value);
    if let Value::Bool(true) = value {
        return true_as_second("Interval", value);
    }
    let seconds = quantity::seconds(value).ok()?;
    if seconds.is_nan() {
        return Some(format!(
            "Interval is {shown}, so it never runs by time; write the seconds between its runs, or 0 for none"
        ));
    }
    let text = || {
        format!("Interval {shown} is more than a hundred years, so it never runs by time; write seconds, or a unit: 1d")
    };
    (seconds > LONGEST_INTERVAL).then(text)
}

fn long_retry(value: &Value) -> Option<String> {
    let seconds = quantity::seconds(value).ok()?;
    let text = || {
        let shown = python_text::str(value);
        format!(
            "RetryInterval {shown} is more than a hundred years, so nothing is tried again; write a unit, such as 10s"
        )
    };
    (seconds > LONGEST_INTERVAL).then(text)
}

/// YAML reads `yes` and `on` as true, which counts as a number in Python.
fn true_as_second(key: &str, value: &Value) -> Option<String> {
    let text = || format!("{key} is true, which counts as 1 second; write a number, such as 60 or 5m");
    matches!(value, Value::Bool(true)).then(text)
}

fn timeout(value: &Value) -> Option<String> {
    let limit = quantity::timeout(value).ok().filter(|limit| limit.duration < SHORTEST_TIMEOUT);
    let too_short = || {
        let shown = python_text::str(value);
        format!("Timeout is {shown}, in which no program ends, so each run is an ERROR; write seconds, or a unit: 30s")
    };
    true_as_second("Timeout", value).or_else(|| limit.map(|_| too_short()))
}

fn timeout_of_action(action: &[(Value, Value)]) -> Option<String> {
    let own = action.iter().find(|(key, _)| key.as_text() == Some("Timeout"))?;
    timeout(&own.1).map(|text| format!("its action: {text}"))
}

/// An `Interval` of the plugin's own that times of the calendar replace, also those of a template; an `Interval` of a template is for
/// many plugins.
fn beside_calendar(plugin: &LintedPlugin<'_>) -> Option<String> {
    let own = find_text(plugin.body, "Interval").filter(|own| own.value.to_value().is_truthy())?;
    let key = ["Cron", "At"].into_iter().find(|key| plugin.get(key).is_some_and(Value::is_truthy))?;
    let shown = python_text::str(&own.value.to_value());
    let is_own = find_text(plugin.body, key).is_some();
    let cure =
        if is_own { "remove one of them".to_owned() } else { format!("for the Interval write {key}: [] beside it") };
    let whose = if is_own { "" } else { " of its template" };
    Some(format!("Interval {shown} does not count, since {key}{whose} says when it runs; {cure}"))
}

/// A step that is longer than what it goes through, as in `0 */48 * * *`, which is each day at midnight.
fn long_step(value: &Value) -> Option<String> {
    const FIELDS: [(&str, u32); 5] = [("minutes", 60), ("hours", 24), ("days", 31), ("months", 12), ("weekdays", 7)];
    let one = std::slice::from_ref(value);
    let items = if let Value::List(items) = value { items.as_slice() } else { one };
    items.iter().filter_map(Value::as_text).find_map(|pattern| {
        let fields = pattern.split_whitespace().zip(FIELDS);
        let long = |(field, (name, all)): (&str, (&'static str, u32))| {
            let steps = field.split(',').filter_map(|part| part.strip_prefix("*/")?.parse::<u32>().ok());
            steps.into_iter().find(|step| *step >= all).map(|step| (step, name, all))
        };
        let (step, name, all) = { fields }.find_map(long)?;
        Some(format!(
            "Cron {pattern} has a step of {step} in the {name}, of which there are {all}, so it means the first of them alone; for runs that \
             are further apart set Interval"
        ))
    })
}

/// An `Only` of the plugin's own, where no run keeps to it.
fn idle_hours(plugin: &LintedPlugin<'_>) -> Option<String> {
    find_text(plugin.body, "Only")?;
    let hours = calendar::read(|key| plugin.get(key), chrono::Utc::now()).only;
    let text = "Only sets nothing, because the plugin runs on request only, and such runs take place at any time; set \
                Interval, Cron, At or After, or remove it";
    hours.filter(|_| !runs_by_itself(plugin)).map(|_| text.to_owned())
}

/// A `Missed` that what the daemon knows does not allow.
fn missed(plugin: &LintedPlugin<'_>, has_state_dir: bool) -> Option<String> {
    plugin.get("Missed")?;
    let is_own = find_text(plugin.body, "Missed").is_some();
    match calendar::read(|key| plugin.get(key), chrono::Utc::now()).missed {
        MissedRuns::Once if !has_state_dir => Some(
            "Missed: once does not count for runs that are due while the daemon is down, since what was due is known from \
             the journal alone; set state_dir at the top level"
                .to_owned(),
        ),
        MissedRuns::Skip if is_own && !has_times(plugin) => {
            Some("Missed sets nothing, because no run has a time; set Interval, Cron or At, or remove it".to_owned())
        }
        _ => None,
    }
}

fn history(value: &Value) -> Option<String> {
    let text = |count: &i128| {
        format!("History is {count}, so it never has a result, not even of a forced run; keep at least 1")
    };
    if let Value::Int(count) = value { (*count <= 0).then(|| text(count)) } else { None }
}

/// A number of the plugin's own that no journal keeps; one of a template is for daemons with and without.
fn history_failures(plugin: &LintedPlugin<'_>, has_state_dir: bool) -> Option<String> {
    let own = find_text(plugin.body, "HistoryFailures")?.value.to_value();
    let is_number = matches!(own, Value::Int(count) if count >= 0);
    let text =
        "HistoryFailures sets nothing, because only a journal keeps results for long; set state_dir at the top level";
    (is_number && !has_state_dir).then(|| text.to_owned())
}

/// Whether a command is nothing but blanks and comments.
fn command(value: &Value) -> Option<String> {
    let text = value.as_text().filter(|text| !text.is_empty())?;
    let is_nothing = text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'));
    let what = if text.trim().is_empty() { "blank" } else { "a comment alone" };
    is_nothing.then(|| format!("Command is {what}, so it checks nothing and is always OK; write the command"))
}

fn of_actions(plugin: &LintedPlugin<'_>) -> Option<String> {
    let empty = |(key, value): &(Value, Value)| key.as_text() == Some("Command") && command(value).is_some();
    let text = "its action's Command is empty or a comment, so it does nothing; write a command, or remove it";
    let is_configured = plugin.resolved.parameters.get("Action").is_some_and(|action| action.place.is_some());
    (is_configured && plugin.actions.iter().flatten().any(empty)).then(|| text.to_owned())
}
