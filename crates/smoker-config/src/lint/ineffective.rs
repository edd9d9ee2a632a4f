//! Settings with which a plugin never runs by time, never has a result, or does nothing.

use smoker_model::notation::python_text;
use smoker_model::plugin::RunRules;
use smoker_model::value::Value;

use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;
use crate::spec::values::{action_rules, quantity, relations};
use crate::yaml::node::find_text;

/// A longer `Interval`, in seconds, is no plan: a hundred years.
const LONGEST_INTERVAL: f64 = 100.0 * 365.0 * 86_400.0;

pub(crate) fn review(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    let mut warn = |key: &'static str, text: Option<String>| {
        let place = plugin.resolved.parameters.get(key).and_then(|parameter| parameter.place.as_ref());
        if let Some(text) = text {
            findings.of_plugin(plugin.name, place.unwrap_or(&plugin.resolved.place), key, &text);
        }
    };
    warn("Interval", plugin.get("Interval").and_then(interval));
    warn("Interval", beside_calendar(plugin));
    for key in ["Retries", "RetryInterval", "OnParentBad"] {
        warn(key, plugin.get(key).and_then(|_| idle_rule(plugin, key)));
    }
    warn("History", plugin.get("History").and_then(history));
    warn("Command", plugin.get("Command").and_then(command));
    for key in ["ActionOn", "ActionGroup", "Repeat"] {
        warn(key, plugin.get(key).and_then(|_| idle(plugin, key)));
    }
    let place = plugin.resolved.parameters.get("Action").and_then(|action| action.place.as_ref());
    let empty = |(key, value): &(Value, Value)| key.as_text() == Some("Command") && command(value).is_some();
    if let Some(place) = place
        && plugin.actions.iter().flatten().any(empty)
    {
        let text = "its action's Command is empty or a comment, so it does nothing; write a command, or remove it";
        findings.of_plugin(plugin.name, place, "empty action", text);
    }
}

fn interval(value: &Value) -> Option<String> {
    let shown = python_text::str(value);
    if let Value::Bool(true) = value {
        return Some("Interval is true, which counts as 1 second; write a number, such as 60 or 5m".to_owned());
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

/// Why a key of the plugin's own changes nothing about its runs, though its value is understood; one of a template is for many plugins.
fn idle_rule(plugin: &LintedPlugin<'_>, key: &str) -> Option<String> {
    find_text(plugin.body, key)?;
    let mut rules = RunRules::default();
    let misread = relations::read(|key| plugin.get(key), &mut rules);
    let runs_by_itself = ["Interval", "Cron", "At"].iter().any(|key| plugin.get(key).is_some_and(Value::is_truthy));
    let why = match key {
        "Retries" if !runs_by_itself && rules.after.is_empty() => {
            "it runs on request only, and such runs are no attempts; set Interval, Cron or At, or remove it"
        }
        "RetryInterval" if runs_by_itself && rules.retries.is_none_or(|retries| retries < 2) => {
            "no result is ever soft; set Retries to 2 or more"
        }
        "OnParentBad" if rules.depends_on.is_empty() => "it depends on no plugin; set DependsOn",
        _ => return None,
    };
    let is_understood = misread.iter().all(|(plain, _)| *plain != key);
    is_understood.then(|| format!("{key} sets nothing, because {why}"))
}

fn history(value: &Value) -> Option<String> {
    let text = |count: &i128| {
        format!("History is {count}, so it never has a result, not even of a forced run; keep at least 1")
    };
    if let Value::Int(count) = value { (*count <= 0).then(|| text(count)) } else { None }
}

/// Why a key about actions changes nothing.
fn idle(plugin: &LintedPlugin<'_>, key: &str) -> Option<String> {
    let is_understood = action_rules::read(|key| plugin.get(key)).1.iter().all(|(plain, _)| *plain != key);
    let why = if plugin.resolved.actions.is_empty() && plugin.resolved.escalations.is_empty() {
        "there is no action; name one with Action"
    } else if key == "Repeat" && !follows_changes(plugin) {
        "its actions follow each result anyway; set ActionOn, too"
    } else if key == "Repeat" && is_on(plugin, "recovery") {
        "its actions follow recoveries alone; set another ActionOn"
    } else {
        return None;
    };
    is_understood.then(|| format!("{key} sets nothing, because {why}"))
}

/// Whether an action follows anything but each result.
fn follows_changes(plugin: &LintedPlugin<'_>) -> bool {
    let is_key = |key: &Value| matches!(key.as_text(), Some("ActionOn" | "ActionGroup"));
    let of_actions = plugin.actions.iter().flatten().any(|(key, _)| is_key(key));
    let is_alertmanager = |value: &Value| value.as_text() == Some(action_rules::ALERTMANAGER);
    let has_own = plugin.actions.iter().flatten().any(|(_, value)| is_alertmanager(value));
    let has_on = plugin.get("ActionOn").is_some() && !is_on(plugin, "always");
    of_actions || has_own || has_on || plugin.get("ActionGroup").is_some()
}

/// Whether the plugin's own `ActionOn` has this value.
fn is_on(plugin: &LintedPlugin<'_>, name: &str) -> bool {
    plugin.get("ActionOn").and_then(Value::as_text).is_some_and(|text| text.eq_ignore_ascii_case(name))
}

/// Whether a command is nothing but blanks and comments.
fn command(value: &Value) -> Option<String> {
    let text = value.as_text().filter(|text| !text.is_empty())?;
    let is_nothing = text.lines().map(str::trim).all(|line| line.is_empty() || line.starts_with('#'));
    let what = if text.trim().is_empty() { "blank" } else { "a comment alone" };
    is_nothing.then(|| format!("Command is {what}, so it checks nothing and is always OK; write the command"))
}
