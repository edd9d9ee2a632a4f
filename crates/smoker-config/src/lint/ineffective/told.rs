//! Actions that are never called, or tell less than they should.

use std::time::Duration;

use smoker_model::plugin::{ActionOn, ActionRules};
use smoker_model::time::duration::written;
use smoker_model::value::Value;

use crate::lint::ineffective::schedule::{LONGEST_INTERVAL, has_times};
use crate::lint::linted_plugin::LintedPlugin;
use crate::spec::values::{action_rules, quantity};
use crate::yaml::node::find_text;

/// How long an alert lasts that is not sent again, without `Expires`: at least this long, and that often `Repeat`.
const ALERT_LASTS: Duration = Duration::from_secs(300);
const ALERT_REPEATS: u32 = 3;

/// What is told a day later is known already.
const LONGEST_GROUP: Duration = Duration::from_secs(86_400);

/// Nobody wants to be told more often.
const SHORTEST_REPEAT: Duration = Duration::from_secs(1);

/// The built-in that posts to services, of which one resolves what it was told before.
const WEBHOOK: &str = "smoker.actions.webhook";
const PAGERDUTY: &str = "pagerduty";

/// The built-in that does nothing when its plugin is OK.
const RESTART: &str = "smoker.actions.restart";

/// An action of the plugin, with when it is due.
struct Told<'a> {
    /// Its name; none for one that stands in a template itself.
    name: Option<&'a str>,
    parameters: &'a [(Value, Value)],
    rules: ActionRules,
}

/// Each key with what is to be said of it.
pub(super) fn review(plugin: &LintedPlugin<'_>) -> Vec<(&'static str, String)> {
    let told = all(plugin);
    let keys = ["ActionOn", "ActionGroup", "Repeat"];
    let mut found: Vec<_> = keys.into_iter().filter_map(|key| Some((key, idle(plugin, &told, key)?))).collect();
    found.extend(collected_repeat(plugin, &told));
    found.extend(told.iter().find_map(|action| Some(("Action", idle_repeat(action)?))));
    found.extend(told.iter().find_map(|action| too_often(plugin, action)));
    found.extend(told.iter().find_map(|action| Some(("Action", useless(plugin, action)?))));
    found.extend(twice(plugin));
    found.extend(told.iter().find_map(|action| late(plugin, action)));
    found
}

/// All of them, escalations too.
fn all<'a>(plugin: &'a LintedPlugin<'_>) -> Vec<Told<'a>> {
    let of_plugin = action_rules::read(|key| plugin.get(key)).0;
    let follow = plugin.resolved.actions.iter().map(|action| (action, None));
    let escalate = plugin.resolved.escalations.iter().map(|it| (&it.action, Some(it.after)));
    let told = |((name, parameters), after): (&'a (Option<String>, Value), Option<Duration>)| {
        let Value::Map(parameters) = parameters else { return None };
        let (written, _) = action_rules::read(|key| get(parameters, key));
        let module = get(parameters, "Module").and_then(Value::as_text);
        let rules = of_plugin.of_action(written, module, after);
        Some(Told { name: name.as_deref(), parameters, rules })
    };
    follow.chain(escalate).filter_map(told).collect()
}

fn get<'a>(parameters: &'a [(Value, Value)], key: &str) -> Option<&'a Value> {
    let found = parameters.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value);
    found.filter(|value| **value != Value::Null)
}

impl Told<'_> {
    fn runs(&self, module: &str) -> bool {
        get(self.parameters, "Module").and_then(Value::as_text) == Some(module)
    }

    /// Whether it has the key itself, so that the plugin's does not count.
    fn has_own(&self, key: &str) -> bool {
        get(self.parameters, key).is_some()
    }

    fn shown(&self) -> String {
        self.name.map_or_else(|| "its action".to_owned(), |name| format!("its action {name}"))
    }
}

/// Why a key about actions changes nothing.
fn idle(plugin: &LintedPlugin<'_>, told: &[Told<'_>], key: &str) -> Option<String> {
    plugin.get(key)?;
    let is_understood = action_rules::read(|key| plugin.get(key)).1.iter().all(|(plain, _)| *plain != key);
    let is_own = find_text(plugin.body, key).is_some();
    let takes: Vec<_> = told.iter().filter(|action| !action.has_own(key)).collect();
    let all_are = |on: ActionOn| takes.iter().all(|action| action.rules.on == on);
    let is_escalation = |action: &&Told<'_>| action.rules.escalates_after.is_some();
    let why = if told.is_empty() {
        "there is no action; name one with Action".to_owned()
    } else if takes.is_empty() {
        if !is_own {
            return None;
        }
        format!("each of its actions has {key} itself; remove it")
    } else if key == "ActionOn" && takes.iter().all(is_escalation) && is_own {
        "Escalate follows changes in any case; name an action with Action, too, or remove it".to_owned()
    } else if key == "Repeat" && all_are(ActionOn::Always) {
        "its actions follow each result anyway; set ActionOn, too".to_owned()
    } else if key == "Repeat" && all_are(ActionOn::Recovery) {
        "its actions follow recoveries alone; set another ActionOn".to_owned()
    } else {
        return None;
    };
    is_understood.then(|| format!("{key} sets nothing, because {why}"))
}

/// An action's own `Repeat` that is never due.
fn idle_repeat(action: &Told<'_>) -> Option<String> {
    let is_idle = action.has_own("Repeat") && action.rules.repeat.is_some();
    let why = match action.rules.on {
        ActionOn::Always => "follows each result anyway; set ActionOn, too",
        ActionOn::Recovery => "follows recoveries alone; set another ActionOn",
        ActionOn::Change | ActionOn::Problem | ActionOn::Bad => return None,
    };
    is_idle.then(|| format!("Repeat of {} sets nothing, because it {why}", action.shown()))
}

/// A `Repeat` that is due again as soon as a call has ended.
fn too_often(plugin: &LintedPlugin<'_>, action: &Told<'_>) -> Option<(&'static str, String)> {
    let is_repeated = !matches!(action.rules.on, ActionOn::Always | ActionOn::Recovery);
    let repeat = action.rules.repeat.filter(|repeat| is_repeated && *repeat < SHORTEST_REPEAT)?;
    let key = if plugin.get("Repeat").is_some() && !action.has_own("Repeat") { "Repeat" } else { "Action" };
    let (repeat, shown) = (written(repeat), action.shown());
    Some((
        key,
        format!(
            "Repeat is {repeat}, so {shown} is called without a pause while the plugin is bad; write a unit, such as 1h"
        ),
    ))
}

/// A time after which a change is told to nobody who still needs it.
fn late(plugin: &LintedPlugin<'_>, action: &Told<'_>) -> Option<(&'static str, String)> {
    let ActionRules { group, repeat, escalates_after, .. } = action.rules;
    let of_plugin = |key: &'static str| if action.has_own(key) || plugin.get(key).is_none() { "Action" } else { key };
    let is_never = |time: &Duration| time.as_secs_f64() > LONGEST_INTERVAL;
    let shown = action.shown();
    if let Some(group) = group.filter(|group| *group > LONGEST_GROUP) {
        let group = written(group);
        let text = format!("ActionGroup keeps each call of {shown} back for {group}; write a time such as 30s");
        return Some((of_plugin("ActionGroup"), text));
    }
    let never = |key, time| {
        format!(
            "{key} {} of {shown} is more than a hundred years, so it is never due; write a unit, such as 1h",
            written(time)
        )
    };
    let repeat = repeat.filter(is_never).map(|time| (of_plugin("Repeat"), never("Repeat", time)));
    repeat.or_else(|| escalates_after.filter(is_never).map(|time| ("Escalate", never("After", time))))
}

/// A `Repeat` whose calls are collected for longer than that.
fn collected_repeat(plugin: &LintedPlugin<'_>, told: &[Told<'_>]) -> Option<(&'static str, String)> {
    let is_repeated = |action: &&Told<'_>| !matches!(action.rules.on, ActionOn::Always | ActionOn::Recovery);
    let (action, repeat, group) = told.iter().filter(is_repeated).find_map(|action| {
        let (repeat, group) = (action.rules.repeat?, action.rules.group?);
        (repeat < group).then_some((action, repeat, group))
    })?;
    // What lasts is a problem of its own.
    if action.runs(action_rules::ALERTMANAGER) {
        return None;
    }
    let key = ["Repeat", "ActionGroup"].into_iter().find(|key| plugin.get(key).is_some() && !action.has_own(key));
    let [repeat_shown, group_shown, both] = [repeat, group, repeat + group].map(written);
    let text = format!(
        "Repeat is {repeat_shown}, and ActionGroup collects each call of {} for {group_shown}, so it comes again after {both} \
         only; write a Repeat that is longer than ActionGroup, or a shorter ActionGroup",
        action.shown()
    );
    Some((key.unwrap_or("Action"), text))
}

/// Why the calls of an action are of no use.
fn useless(plugin: &LintedPlugin<'_>, action: &Told<'_>) -> Option<String> {
    let (on, shown_name) = (action.rules.on, action.shown());
    if action.runs(RESTART) && on == ActionOn::Recovery {
        return Some(format!(
            "{shown_name} restarts nothing, because it follows recoveries alone (ActionOn), and leaves a plugin that is OK \
             alone; set ActionOn: problem"
        ));
    }
    let is_pagerduty =
        action.runs(WEBHOOK) && get(action.parameters, "Preset").and_then(Value::as_text) == Some(PAGERDUTY);
    if is_pagerduty && on == ActionOn::Recovery {
        return Some(format!(
            "{shown_name} makes no incident, because it follows recoveries alone (ActionOn); set ActionOn: change"
        ));
    }
    if !action.runs(action_rules::ALERTMANAGER) {
        return None;
    }
    if on == ActionOn::Recovery {
        return Some(format!(
            "{shown_name} sends no alert, because it follows recoveries alone (ActionOn); leave ActionOn out"
        ));
    }
    let lasts = alert_lasts(action)?;
    let again = sent_again(plugin, action);
    if again.is_some_and(|again| again < lasts) {
        return None;
    }
    let again_shown = again
        .map_or_else(|| "with the next run, whenever that is".to_owned(), |again| format!("after {}", written(again)));
    let next = match on {
        ActionOn::Always => "leave ActionOn out, or set ActionOn: change",
        _ => "set a shorter Repeat or ActionGroup, or a longer Expires",
    };
    let lasts = written(lasts);
    Some(format!(
        "an alert of {shown_name} ends after {lasts} unless it is sent again, which happens {again_shown}, so it is resolved while \
         the plugin is bad; {next}"
    ))
}

/// How long an alert lasts that is not sent again.
fn alert_lasts(action: &Told<'_>) -> Option<Duration> {
    let repeat = action.rules.repeat.unwrap_or_default();
    match get(action.parameters, "Expires") {
        None => Some(ALERT_LASTS.max(repeat.saturating_mul(ALERT_REPEATS))),
        Some(value) => {
            let expires = Duration::try_from_secs_f64(quantity::seconds(value).ok()?).ok()?;
            Some(expires.max(repeat.saturating_mul(2)))
        }
    }
}

/// After what time at least an alert is sent again; none: when somebody runs the plugin.
fn sent_again(plugin: &LintedPlugin<'_>, action: &Told<'_>) -> Option<Duration> {
    let group = action.rules.group.unwrap_or_default();
    if action.rules.on != ActionOn::Always {
        return Some(action.rules.repeat? + group);
    }
    let is_by_calendar = ["Cron", "At"].iter().any(|key| plugin.get(key).is_some_and(Value::is_truthy));
    let interval = plugin.get("Interval").and_then(|value| quantity::seconds(value).ok());
    let interval = interval.filter(|_| has_times(plugin) && !is_by_calendar)?;
    Some(Duration::try_from_secs_f64(interval).ok()?.saturating_add(group))
}

/// An action that is named twice, where once is meant.
fn twice(plugin: &LintedPlugin<'_>) -> Option<(&'static str, String)> {
    let repeated = |names: Vec<String>| {
        let is_second = |at: usize| names[..at].contains(&names[at]);
        (0..names.len()).find(|at| is_second(*at)).map(|at| names[at].clone())
    };
    let names = plugin.resolved.actions.iter().filter_map(|(name, _)| name.clone()).collect();
    if let Some(name) = repeated(names) {
        return Some(("Action", format!("Action names {name} twice, so it is called twice; name it once")));
    }
    let steps = plugin.resolved.escalations.iter();
    let steps =
        steps.map(|it| format!("{} after {}", it.action.0.as_deref().unwrap_or("?"), written(it.after))).collect();
    let step = repeated(steps)?;
    Some((
        "Escalate",
        format!("Escalate has {step} twice, which counts once; remove one of them, or write another After"),
    ))
}
