//! Relations between plugins that load and do not do what they are for: nobody is told of a cause, or nothing ever follows.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::calendar::maintenance::{has_all_hours, has_all_times, never_ends};
use smoker_model::plugin::{ActionOn, ActionSpec, PluginName, PluginSpec, Trigger};
use smoker_model::time::duration::written;

use crate::spec::relations::Wrong;

/// For how long runs of a schedule are looked at.
const LOOKED_AT: TimeDelta = TimeDelta::days(400);

/// How many of them.
const TIMES: usize = 1000;

type Specs<'a> = HashMap<&'a PluginName, &'a PluginSpec>;

/// What is to be said of all plugins, as of `now`.
pub(crate) fn all(plugins: &[PluginSpec], now: DateTime<Utc>) -> Vec<Wrong> {
    let specs: Specs<'_> = plugins.iter().map(|spec| (&spec.name, spec)).collect();
    let runnable = runnable(plugins, &specs);
    let mut found = silent_causes(plugins);
    for spec in plugins {
        found.extend(idle_predecessor(spec, &specs, &runnable, now));
        found.extend(idle_parent(spec, &specs));
    }
    found.extend(lonely_groups(plugins));
    found
}

fn runs_by_itself(spec: &PluginSpec) -> bool {
    !spec.is_on_request()
}

/// The plugins that may run at all without a request for themselves: by their times, and after one that may run, on request too.
fn runnable<'a>(plugins: &'a [PluginSpec], specs: &Specs<'a>) -> HashSet<&'a PluginName> {
    let mut followers: HashMap<&PluginName, Vec<&PluginSpec>> = HashMap::new();
    for spec in plugins {
        for name in &spec.rules.after {
            if let Some((name, _)) = specs.get_key_value(name) {
                followers.entry(name).or_default().push(spec);
            }
        }
    }
    let begins = |spec: &&PluginSpec| spec.trigger.is_some() || spec.is_on_request();
    let mut found: HashSet<_> = plugins.iter().filter(begins).map(|spec| &spec.name).collect();
    let mut next: Vec<_> = found.iter().copied().collect();
    while let Some(name) = next.pop() {
        for follower in followers.get(name).into_iter().flatten() {
            if found.insert(&follower.name) {
                next.push(&follower.name);
            }
        }
    }
    found
}

/// A plugin of `After` that never ends OK by itself, or at no time at which this one may run.
fn idle_predecessor(
    spec: &PluginSpec,
    specs: &Specs<'_>,
    runnable: &HashSet<&PluginName>,
    now: DateTime<Utc>,
) -> Option<Wrong> {
    let after = &spec.rules.after;
    let wrong = |reason: String| Some((spec.name.clone(), "After", reason));
    if let Some(name) = after.iter().find(|name| !specs.contains_key(name)) {
        let next = if spec.trigger.is_some() || after.iter().any(|name| specs.contains_key(name)) {
            "no run follows it"
        } else {
            "this plugin never runs by itself"
        };
        return wrong(format!("After {name}: that one is switched off or does not load, so {next}"));
    }
    let of = |name: &PluginName| specs.get(name).copied();
    // Where others bring it, the one that does not is no more than a spare name.
    if after.is_empty() || spec.trigger.is_some() {
        return None;
    }
    if let Some(name) = after.first().filter(|_| after.iter().all(|name| !runnable.contains(name))) {
        return wrong(format!(
            "After {name}: that one runs after plugins alone that are switched off or do not load, so this plugin never runs by \
             itself; give one of them an Interval"
        ));
    }
    if let Some(name) =
        after.first().filter(|_| after.iter().filter_map(of).all(|cause| is_always_in_maintenance(cause, now)))
    {
        return wrong(format!(
            "After {name}: that one is in Maintenance whenever it is due, so it never ends OK, and this plugin never runs by itself; \
             correct the windows"
        ));
    }
    let is_outside = |cause: &PluginSpec| ends_outside(cause, spec, now);
    if let Some(name) = after.first().filter(|_| after.iter().filter_map(of).all(is_outside)) {
        return wrong(format!(
            "After {name}: no run of that one can end within the hours of Only here, so this plugin never runs by itself; correct \
             one of them"
        ));
    }
    None
}

/// Whether each scheduled run of a plugin is one of maintenance, whose result is a WARN.
fn is_always_in_maintenance(spec: &PluginSpec, now: DateTime<Utc>) -> bool {
    let windows = &spec.rules.maintenance;
    let only = spec.rules.only.as_ref();
    match &spec.trigger {
        _ if windows.is_empty() => false,
        None => never_ends(windows, now),
        Some(Trigger::Calendar { schedule, .. }) => has_all_times(windows, schedule, only, now),
        Some(Trigger::Every { .. }) => {
            never_ends(windows, now) || only.is_some_and(|only| has_all_hours(windows, only, now))
        }
    }
}

/// Whether no scheduled run of a plugin can end in the hours of one that runs after it: for more than a year.
fn ends_outside(cause: &PluginSpec, spec: &PluginSpec, now: DateTime<Utc>) -> bool {
    let (Some(Trigger::Calendar { schedule, splay }), Some(hours)) = (&cause.trigger, &spec.rules.only) else {
        return false;
    };
    let longest = TimeDelta::from_std(cause.invocation.timeout.duration.saturating_add(*splay));
    let Some(longest) = longest.ok().filter(|longest| *longest < TimeDelta::days(1)) else { return false };
    let mut at = now;
    for _ in 0..TIMES {
        let Some(begin) = schedule.next_within(at, cause.rules.only.as_ref()) else { return at > now };
        if hours.next_from(begin).is_some_and(|open| open <= begin + longest) {
            return false;
        }
        if begin - now > LOOKED_AT {
            return true;
        }
        at = begin;
    }
    false
}

/// A plugin of `DependsOn` that no schedule brings.
fn idle_parent(spec: &PluginSpec, specs: &Specs<'_>) -> Option<Wrong> {
    let on_request = |name: &&PluginName| specs.get(*name).is_some_and(|cause| !runs_by_itself(cause));
    let name = spec.rules.depends_on.iter().find(on_request).filter(|_| runs_by_itself(spec))?;
    let reason = format!(
        "DependsOn {name}: that one runs on request only, so once bad it stays so until somebody runs it again; give {name} an Interval"
    );
    Some((spec.name.clone(), "DependsOn", reason))
}

/// After what time an action tells that a plugin is bad; none where it never does.
fn tells_after(action: &ActionSpec) -> Option<Duration> {
    let tells = action.invocation.is_some()
        && (action.rules.escalates_after.is_some() || action.rules.on != ActionOn::Recovery);
    tells.then(|| action.rules.escalates_after.unwrap_or_default())
}

/// Plugins with actions that depend on one of whose failure nobody is told, or later: nor is anybody told of theirs meanwhile.
fn silent_causes(plugins: &[PluginSpec]) -> Vec<Wrong> {
    let first = |spec: &PluginSpec| spec.actions.iter().filter_map(tells_after).min();
    let all: HashMap<_, _> = plugins.iter().map(|spec| (&spec.name, (first(spec), spec))).collect();
    let of = |spec: &PluginSpec| {
        let wrong = |reason: String| Some((spec.name.clone(), "DependsOn", reason));
        let causes = spec.rules.depends_on.iter().filter_map(|name| all.get_key_value(name));
        let causes: Vec<_> = causes.map(|(name, (first, cause))| (*name, *first, *cause)).collect();
        if let Some((name, _, cause)) = causes.iter().find(|(_, first, _)| first.is_none()) {
            let has = match cause.actions.iter().any(|action| action.invocation.is_none()) {
                _ if cause.actions.is_empty() => "none",
                true => "none that can be called",
                false => "only some for recoveries",
            };
            return wrong(format!(
                "while {name} is ERROR the actions of this plugin are held, and {name} has {has}: nobody is told; give {name} an Action"
            ));
        }
        let own = first(spec)?;
        let (name, later, _) = causes.iter().find(|(_, first, _)| first.is_some_and(|first| first > own))?;
        let later = written(later.unwrap_or_default());
        wrong(format!(
            "while {name} is ERROR the actions of this plugin are held, and {name} tells nobody before it has been bad for {later} \
             (Escalate); give {name} an Action, too"
        ))
    };
    plugins.iter().filter(|spec| !spec.actions.is_empty()).filter_map(of).collect()
}

/// Plugins that are alone in their `SerialGroup`, where a group was probably meant whose name differs by case or by `-` and `_`.
fn lonely_groups(plugins: &[PluginSpec]) -> Vec<Wrong> {
    let mut groups: HashMap<&str, usize> = HashMap::new();
    for group in plugins.iter().filter_map(|spec| spec.rules.serial_group.as_deref()) {
        *groups.entry(group).or_default() += 1;
    }
    let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
    let mut alike: HashMap<String, Vec<&str>> = HashMap::new();
    for group in groups.keys() {
        alike.entry(plain(group)).or_default().push(group);
    }
    let of = |spec: &PluginSpec| {
        let group = spec.rules.serial_group.as_deref().filter(|group| groups.get(group) == Some(&1))?;
        let others = alike.get(&plain(group)).into_iter().flatten();
        let near = others.filter(|name| **name != group).min()?;
        let reason = format!("SerialGroup {group} has no other plugin, so nothing waits for it; did you mean {near}?");
        Some((spec.name.clone(), "SerialGroup", reason))
    };
    plugins.iter().filter_map(of).collect()
}
