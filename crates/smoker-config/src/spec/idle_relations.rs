//! Relations between plugins that load and do not do what they are for: nobody is told of a cause, or nothing ever follows.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::calendar::maintenance::{has_all_hours, has_all_times, never_ends};
use smoker_model::calendar::weekly::WeeklyHours;
use smoker_model::plugin::{ActionOn, ActionSpec, Execution, PluginName, PluginSpec, Trigger};
use smoker_model::time::duration::written;

use crate::spec::relations::Wrong;

/// For how long runs of a schedule are looked at.
const LOOKED_AT: TimeDelta = TimeDelta::days(400);

/// How many of them.
const TIMES: usize = 1000;

/// Hours come again each week; a day more, where clocks change.
const A_WEEK: TimeDelta = TimeDelta::days(8);

/// What is told so much later than by the plugin itself is told too late.
const LATER: Duration = Duration::from_secs(300);

/// The built-in that tells nobody.
const RESTART: &str = "smoker.actions.restart";

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

/// Whether no scheduled run of a plugin can end in the hours of one that runs after it: for more than a year of its calendar, and in any
/// week of its own hours.
fn ends_outside(cause: &PluginSpec, spec: &PluginSpec, now: DateTime<Utc>) -> bool {
    let (Some(trigger), Some(hours)) = (&cause.trigger, &spec.rules.only) else { return false };
    let (Trigger::Calendar { splay, .. } | Trigger::Every { splay, .. }) = trigger;
    let longest = TimeDelta::from_std(cause.invocation.timeout.duration.saturating_add(*splay));
    let Some(longest) = longest.ok().filter(|longest| *longest < TimeDelta::days(1)) else { return false };
    match (trigger, &cause.rules.only) {
        (Trigger::Calendar { schedule, .. }, only) => {
            let next = |at| schedule.next_within(at, only.as_ref());
            is_never_open(hours, longest, (now, LOOKED_AT), |_, begin| next(begin))
        }
        (Trigger::Every { .. }, Some(only)) => {
            // Between two times at which a run ends too early, no later one is wanted than the first that does not.
            let next = |open: Option<DateTime<Utc>>, at: DateTime<Utc>| {
                let first = open.map_or(at, |open| open - longest).max(at + TimeDelta::minutes(1));
                only.next_from(first)
            };
            is_never_open(hours, longest, (now, A_WEEK), next)
        }
        (Trigger::Every { .. }, None) => false,
    }
}

/// Whether the hours are never open when a run ends, for so long from a time on. `next` gives the begin of the next run after one, which the
/// hours follow that open then.
fn is_never_open(
    hours: &WeeklyHours,
    longest: TimeDelta,
    (now, looked_at): (DateTime<Utc>, TimeDelta),
    next: impl Fn(Option<DateTime<Utc>>, DateTime<Utc>) -> Option<DateTime<Utc>>,
) -> bool {
    let Some(mut begin) = next(None, now) else { return false };
    for _ in 0..TIMES {
        let open = hours.next_from(begin);
        if open.is_some_and(|open| open <= begin + longest) {
            return false;
        }
        if begin - now > looked_at {
            return true;
        }
        let Some(later) = next(open, begin) else { return true };
        begin = later;
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

/// After what time an action tells that a plugin is bad, from its first hard result on; none where it never does.
fn tells_after(action: &ActionSpec) -> Option<Duration> {
    let invocation = action.invocation.as_ref()?;
    let restarts = matches!(&invocation.execution, Execution::Module(module) if module == RESTART);
    let tells = !restarts && (action.rules.escalates_after.is_some() || action.rules.on != ActionOn::Recovery);
    tells.then(|| {
        action.rules.escalates_after.unwrap_or_default().saturating_add(action.rules.group.unwrap_or_default())
    })
}

/// How long it takes at least until a bad result is hard.
fn hard_after(spec: &PluginSpec) -> Duration {
    let interval = if let Some(Trigger::Every { interval, .. }) = &spec.trigger { Some(*interval) } else { None };
    let between = [interval, spec.rules.retry_interval].into_iter().flatten().min();
    between.unwrap_or_default().saturating_mul(spec.rules.retries.unwrap_or(1).saturating_sub(1))
}

/// Plugins with actions that depend on one of whose failure nobody is told, or later: nor is anybody told of theirs meanwhile.
fn silent_causes(plugins: &[PluginSpec]) -> Vec<Wrong> {
    let first = |spec: &PluginSpec| {
        let first = spec.actions.iter().filter_map(tells_after).min()?;
        Some(first.saturating_add(hard_after(spec)))
    };
    let all: HashMap<_, _> = plugins.iter().map(|spec| (&spec.name, (first(spec), spec))).collect();
    let of = |spec: &PluginSpec| {
        let wrong = |reason: String| Some((spec.name.clone(), "DependsOn", reason));
        let causes = spec.rules.depends_on.iter().filter_map(|name| all.get_key_value(name));
        let causes: Vec<_> = causes.map(|(name, (first, cause))| (*name, *first, *cause)).collect();
        if let Some((name, _, cause)) = causes.iter().find(|(_, first, _)| first.is_none()) {
            let is_callable = |action: &ActionSpec| action.invocation.is_some();
            let has = if cause.actions.is_empty() {
                "none"
            } else if !cause.actions.iter().any(is_callable) {
                "none that can be called"
            } else if cause.actions.iter().all(|action| action.rules.on == ActionOn::Recovery) {
                "only some for recoveries"
            } else {
                "none that tells anybody"
            };
            return wrong(format!(
                "while {name} is ERROR the actions of this plugin are held, and {name} has {has}: nobody is told; give {name} an Action"
            ));
        }
        let own = first(spec)?.saturating_add(LATER);
        let (name, later, cause) = causes.iter().find(|(_, first, _)| first.is_some_and(|first| first > own))?;
        let waits = [
            (cause.actions.iter().all(|action| action.rules.escalates_after.is_some()), "Escalate"),
            (hard_after(cause) > LATER, "Retries"),
            (true, "ActionGroup"),
        ];
        let why = waits.iter().find(|(is_it, _)| *is_it).map_or("", |(_, key)| key);
        let next =
            if why == "Escalate" { format!("give {name} an Action, too") } else { "make that shorter".to_owned() };
        let later = written(later.unwrap_or_default());
        wrong(format!(
            "while {name} is ERROR the actions of this plugin are held, and {name} tells nobody before it has been bad for {later} \
             ({why}); {next}"
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
