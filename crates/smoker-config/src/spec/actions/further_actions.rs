//! What `Actions` and `Escalate` of a plugin mean, beside its `Action`.
//!
//! Both names were parameters of the user's own before they meant something: a value that cannot be meant for the key leaves the
//! plugin as it is.

use std::time::Duration;

use indexmap::IndexMap;
use smoker_model::suggest;
use smoker_model::value::Value;

use crate::spec::actions::action;
use crate::spec::parameter::Parameter;
use crate::spec::plugin_fault::PluginFault;
use crate::spec::values::faults::near_members;
use crate::spec::values::quantity;
use crate::spec::values::shown::shown;
use crate::yaml::merge;
use crate::yaml::node::{Entry, find};

/// An action that follows when the plugin has been bad for a time.
#[derive(Debug)]
pub(crate) struct Escalation {
    pub(crate) after: Duration,
    /// Its name and its parameters.
    pub(crate) action: (Option<String>, Value),
}

/// The actions of both keys.
#[derive(Debug, Default)]
pub(crate) struct FurtherActions {
    /// Name and parameters of each.
    pub(crate) actions: Vec<(Option<String>, Value)>,
    pub(crate) escalations: Vec<Escalation>,
    /// Which of the keys are plain parameters, and why.
    pub(crate) plain_keys: Vec<(&'static str, String)>,
}

impl FurtherActions {
    /// Those of a plugin with these parameters. What is wrong with them is added to the faults.
    pub(crate) fn of(
        parameters: &IndexMap<String, Parameter>,
        actions: &[Entry],
        faults: &mut Vec<PluginFault>,
    ) -> Self {
        let mut further = Self::default();
        let get = |key: &str| parameters.get(key).filter(|parameter| parameter.value != Value::Null);
        if let Some(parameter) = get("Actions") {
            match named(&parameter.value, actions) {
                Meant::Yes(named) => further.actions = named,
                Meant::Wrong(reason) => faults.extend(fault(parameter, reason)),
                Meant::No(reason) => further.plain_keys.push(("Actions", reason)),
            }
        }
        let takes_back = |value: &Value| matches!(value, Value::List(steps) if steps.is_empty());
        if let Some(parameter) = get("Escalate").filter(|parameter| !takes_back(&parameter.value)) {
            match escalations(&parameter.value, actions) {
                Meant::Yes(found) => further.escalations = found,
                Meant::Wrong(reason) => faults.extend(fault(parameter, reason)),
                Meant::No(reason) => further.plain_keys.push(("Escalate", reason)),
            }
        }
        further
    }
}

/// A value, as one of the keys has it.
enum Meant<T> {
    /// It counts.
    Yes(T),
    /// It is meant for the key, and wrong.
    Wrong(String),
    /// It is a parameter of the user's own.
    No(String),
}

fn fault(parameter: &Parameter, reason: String) -> Option<PluginFault> {
    parameter.place.as_ref().map(|place| PluginFault::new(place, reason))
}

/// A name of an action, or a list of them. Where none of them is one or nearly one, a parameter of the user's own is meant.
fn named(value: &Value, actions: &[Entry]) -> Meant<Vec<(Option<String>, Value)>> {
    let items = items(value);
    if items.is_empty() && matches!(value, Value::List(_)) {
        return Meant::Yes(Vec::new());
    }
    let known: Vec<_> = actions.iter().filter_map(|action| action.name.as_text()).collect();
    let is_name = |name: &str| known.contains(&name) || suggest::near(name, &known).is_some();
    if !items.iter().filter_map(Value::as_text).any(is_name) {
        let is_text = items.iter().all(|item| item.as_text().is_some());
        let names: Vec<_> = items.iter().filter_map(Value::as_text).collect();
        let found = if is_text { names.join(", ") } else { shown(value) };
        let reason = format!("Actions has to be a list of entries of actions, not {found}");
        return Meant::No(format!("{reason}; it is a plain parameter and sets nothing"));
    }
    match items.iter().map(|item| by_name("Actions", item, actions)).collect() {
        Ok(named) => Meant::Yes(named),
        Err(reason) => Meant::Wrong(reason),
    }
}

/// What an entry of `Escalate` has.
const MEMBERS: [&str; 2] = ["After", "Action"];

/// `{After: 30m, Action: Page}`, or a list of such. A misspelt member keeps no plugin from running.
fn escalations(value: &Value, actions: &[Entry]) -> Meant<Vec<Escalation>> {
    let items = items(value);
    if let Some(reason) = near_members::told(items, &MEMBERS) {
        return Meant::No(format!("Escalate {reason} It is a plain parameter and sets nothing"));
    }
    let is_meant = |item: &Value| get(item, "After").is_some() || get(item, "Action").is_some();
    if !items.iter().any(is_meant) {
        let reason = format!("Escalate has to be such as {{After: 30m, Action: Page}}, not {}", shown(value));
        return Meant::No(format!("{reason}; it is a plain parameter and sets nothing"));
    }
    match items.iter().map(|item| escalation(item, actions)).collect() {
        Ok(escalations) => Meant::Yes(escalations),
        Err(reason) => Meant::Wrong(reason),
    }
}

fn escalation(value: &Value, actions: &[Entry]) -> Result<Escalation, String> {
    let missing = |key: &str| format!("Escalate has no {key}; write such as {{After: 30m, Action: Page}}");
    if let Value::Map(entries) = value {
        let other = entries.iter().map(|(key, _)| merge::shown(key)).find(|key| !MEMBERS.contains(&key.as_str()));
        if let Some(other) = other {
            return Err(format!("Escalate has {other}, which is none of After and Action"));
        }
    }
    let after = get(value, "After").ok_or_else(|| missing("After"))?;
    let after = quantity::time_above_zero(after).map_err(|reason| format!("Escalate: After {reason}"))?;
    let action = get(value, "Action").ok_or_else(|| missing("Action"))?;
    Ok(Escalation { after, action: by_name("Escalate", action, actions)? })
}

fn by_name(key: &str, name: &Value, actions: &[Entry]) -> Result<(Option<String>, Value), String> {
    let Some(action) = find(actions, name) else { return Err(action::not_configured(key, name, actions)) };
    let parameters = action::with_defaults(action.value.to_value()).ok_or_else(|| {
        let kind = action.value.kind_name();
        format!("its action {} has to be a mapping, not {kind}", merge::shown(name))
    })?;
    Ok((Some(merge::shown(name)), parameters))
}

fn items(value: &Value) -> &[Value] {
    if let Value::List(items) = value { items } else { std::slice::from_ref(value) }
}

fn get<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    let Value::Map(entries) = value else { return None };
    entries.iter().find(|(name, _)| name.as_text() == Some(key)).map(|(_, value)| value)
}
