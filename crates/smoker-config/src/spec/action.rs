//! The action that a plugin's `Action` names.

use smoker_model::suggest;
use smoker_model::value::Value;

use crate::limits::DEFAULT_ACTION_TIMEOUT;
use crate::problem::SourcePlace;
use crate::spec::plugin_fault::PluginFault;
use crate::yaml::merge::shown;
use crate::yaml::node::{Entry, find, kind_name};

/// The action that a plugin's own `Action` names, with its defaults.
pub(crate) fn by_name(named: &Entry, actions: &[Entry]) -> Result<Value, PluginFault> {
    let name = named.value.to_value();
    if !matches!(name, Value::Text(_)) && find(actions, &name).is_none() {
        let kind = kind_name(&name);
        let reason =
            format!("Action has to be the name of an entry under actions, not {kind}; without one leave it out");
        return Err(PluginFault::new(&named.place, reason));
    }
    let Some(action) = find(actions, &name) else {
        let known: Vec<_> = actions.iter().filter_map(|action| action.name.as_text()).collect();
        let near = suggest::near(&shown(&name), &known).map(|near| format!("; did you mean {near}?"));
        let reason = format!("Action {} is not configured under actions{}", shown(&name), near.unwrap_or_default());
        return Err(PluginFault::new(&named.place, reason));
    };
    with_defaults(action.value.to_value()).ok_or_else(|| {
        let reason = format!("its action {} has to be a mapping, not {}", shown(&name), action.value.kind_name());
        PluginFault::new(&action.place, reason)
    })
}

/// The action that a template has: a mapping, or nothing. A name is not looked up there.
pub(crate) fn of_template(value: Value, place: &SourcePlace) -> Result<Value, PluginFault> {
    let kind = kind_name(&value);
    with_defaults(value).ok_or_else(|| {
        let reason = format!("the Action of a template has to be a mapping, not {kind}; name the action in the plugin");
        PluginFault::new(place, reason)
    })
}

/// Puts the defaults below an action's own parameters. What is empty stays as
/// it is and means no action; `None` for what is neither empty nor a mapping.
fn with_defaults(action: Value) -> Option<Value> {
    let own = match action {
        Value::Map(own) if !own.is_empty() => own,
        empty if !empty.is_truthy() => return Some(empty),
        _ => return None,
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let mut merged = vec![
        (text("Command"), Value::Null),
        (text("Module"), Value::Null),
        (text("Timeout"), Value::Int(i128::from(DEFAULT_ACTION_TIMEOUT))),
    ];
    for (name, value) in own {
        match merged.iter_mut().find(|(known, _)| *known == name) {
            Some((_, default)) => *default = value,
            None => merged.push((name, value)),
        }
    }
    Some(Value::Map(merged))
}
