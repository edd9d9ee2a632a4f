//! What `Action` of a plugin or a template means.

use smoker_model::suggest;
use smoker_model::value::Value;

use crate::limits::DEFAULT_ACTION_TIMEOUT;
use crate::problem::SourcePlace;
use crate::spec::plugin_fault::PluginFault;
use crate::yaml::merge::shown;
use crate::yaml::node::{Entry, Kind, Node, find, find_text};

/// An `Action` as it is configured.
#[derive(Clone, Copy)]
pub(crate) struct Configured<'a> {
    entry: &'a Entry,
    /// Whether the plugin itself has it. A template may also hold the action's parameters.
    is_own: bool,
}

/// The actions that an `Action` means.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// What the wire shows under `Action`: the parameters of the action, or a list of them.
    pub(crate) shown: Value,
    /// Name and parameters of each action. An empty action means none.
    pub(crate) each: Vec<(Option<String>, Value)>,
}

impl<'a> Configured<'a> {
    /// The `Action` that counts: the plugin's own, else its template's, else that of `BasePlugin`.
    pub(crate) fn find(plugin: &'a [Entry], template: Option<&'a [Entry]>, base: &'a [Entry]) -> Option<Self> {
        let own = find_text(plugin, "Action").map(|entry| Self { entry, is_own: true });
        let of = |template: &'a [Entry]| find_text(template, "Action").map(|entry| Self { entry, is_own: false });
        own.or_else(|| template.and_then(of)).or_else(|| of(base))
    }

    /// The entries of the actions that are named and known, and the whole entry where it is none.
    pub(crate) fn entries(self, actions: &'a [Entry]) -> Vec<&'a Entry> {
        let by_name = |node: &Node| find(actions, &node.to_value());
        match &self.entry.value.resolved().kind {
            Kind::List(items) => items.iter().filter_map(|item| by_name(item)).collect(),
            Kind::Map(_) => vec![self.entry],
            _ => by_name(&self.entry.value).into_iter().collect(),
        }
    }

    /// Looks the names up and adds the defaults.
    ///
    /// # Errors
    ///
    /// The first action that is not configured, or is no mapping.
    pub(crate) fn resolve(self, actions: &[Entry]) -> Result<Resolved, PluginFault> {
        let Self { entry, .. } = self;
        if let Kind::List(items) = &entry.value.resolved().kind {
            let each = items.iter().map(|item| self.resolve_one(item, &item.place, actions));
            let each = each.collect::<Result<Vec<_>, _>>()?;
            let shown = Value::List(each.iter().map(|(_, parameters)| parameters.clone()).collect());
            return Ok(Resolved { shown, each: without_empty(each) });
        }
        let one = self.resolve_one(&entry.value, &entry.place, actions)?;
        Ok(Resolved { shown: one.1.clone(), each: without_empty(vec![one]) })
    }

    fn resolve_one(
        self,
        node: &Node,
        place: &SourcePlace,
        actions: &[Entry],
    ) -> Result<(Option<String>, Value), PluginFault> {
        let value = node.to_value();
        // The original takes a template's mapping as the action itself, and what is empty there as none.
        if !self.is_own && (matches!(value, Value::Map(_)) || !value.is_truthy()) {
            return Ok((None, with_defaults(value).unwrap_or(Value::Null)));
        }
        match find(actions, &value) {
            Some(action) => {
                let name = shown(&value);
                let parameters = with_defaults(action.value.to_value()).ok_or_else(|| {
                    let kind = action.value.kind_name();
                    PluginFault::new(&action.place, format!("its action {name} has to be a mapping, not {kind}"))
                })?;
                Ok((Some(name), parameters))
            }
            None if matches!(value, Value::Text(_)) => {
                Err(PluginFault::new(place, not_configured("Action", &value, actions)))
            }
            None => {
                let kind = node.kind_name();
                let reason = format!(
                    "Action has to be the name of an entry under actions, or a list of names, not {kind}; without one \
                     leave it out"
                );
                Err(PluginFault::new(place, reason))
            }
        }
    }
}

/// What to say about a name that a key has, and that is no action.
pub(crate) fn not_configured(key: &str, name: &Value, actions: &[Entry]) -> String {
    let name = Some(shown(name)).filter(|name| !name.is_empty()).unwrap_or_else(|| "''".to_owned());
    let known: Vec<_> = actions.iter().filter_map(|action| action.name.as_text()).collect();
    let next = match suggest::near(&name, &known) {
        Some(near) => format!("; did you mean {near}?"),
        None if known.is_empty() => ", which has no entries".to_owned(),
        None => String::new(),
    };
    let name = if key == "Action" { format!("Action {name}") } else { format!("{key}: action {name}") };
    format!("{name} is not configured under actions{next}")
}

fn without_empty(each: Vec<(Option<String>, Value)>) -> Vec<(Option<String>, Value)> {
    each.into_iter().filter(|(_, parameters)| parameters.is_truthy()).collect()
}

/// Puts the defaults below an action's own parameters. What is empty stays as
/// it is and means no action; `None` for what is neither empty nor a mapping.
pub(crate) fn with_defaults(action: Value) -> Option<Value> {
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
