//! A plugin's parameters from everywhere: defaults < `BasePlugin` < its template < its own.

use smoker_model::suggest;

use indexmap::IndexMap;
use smoker_model::plugin::PluginName;
use smoker_model::value::Value;

use crate::keys::OF_PLUGINS;
use crate::limits::{DEFAULT_HISTORY, DEFAULT_TIMEOUT};
use crate::problem::SourcePlace;
use crate::spec::actions::action;
use crate::spec::actions::further_actions::{Escalation, FurtherActions};
use crate::spec::parameter::Parameter;
use crate::spec::plugin_fault::PluginFault;
use crate::yaml::advice;
use crate::yaml::merge::shown;
use crate::yaml::node::{Entry, Kind, Node, find, find_text};

/// What plugins are made from.
pub(crate) struct Sections<'a> {
    pub(crate) templates: &'a [Entry],
    pub(crate) base: &'a Entry,
    pub(crate) actions: &'a [Entry],
}

/// A plugin with all its parameters, not yet validated.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// Why it does not load although its parameters are known; empty when nothing is wrong so far.
    pub(crate) faults: Vec<PluginFault>,
    /// Whether parameters are missing, because there is no such template.
    pub(crate) lacks_template: bool,
    pub(crate) name: PluginName,
    pub(crate) place: SourcePlace,
    pub(crate) parameters: IndexMap<String, Parameter>,
    /// Name and parameters of each action.
    pub(crate) actions: Vec<(Option<String>, Value)>,
    /// Those that follow when the plugin has been bad for long (`Escalate`).
    pub(crate) escalations: Vec<Escalation>,
    /// Keys about actions that are plain parameters, and why.
    pub(crate) plain_keys: Vec<(&'static str, String)>,
}

/// Merges the parameters of one plugin. `None` when it is switched off; the error is why it has no parameters at all.
pub(crate) fn resolve(plugin: &Entry, sections: &Sections<'_>) -> Result<Option<Resolved>, PluginFault> {
    let Some(name) = plugin.name.as_text() else {
        let reason = match plugin.name {
            Value::Bool(_) => {
                "its name has to be text, and YAML reads words such as on, off, yes and no as true or false; write it in quotes"
            }
            _ => "its name has to be text; write it in quotes",
        };
        return Err(PluginFault::new(&plugin.place, reason));
    };
    let body = body(plugin)?;
    if find_text(body, "Enabled").is_some_and(|enabled| enabled.value.to_value() == Value::Bool(false)) {
        return Ok(None);
    }
    let mut parameters = defaults();
    let mut faults = Vec::new();
    let base = template_body(sections.base).unwrap_or_else(|fault| {
        faults.push(fault);
        &[]
    });
    let named = find_text(body, "Template").map(|named| find_template(named, sections).and_then(template_body));
    let template = named.and_then(|template| template.map_err(|fault| faults.push(fault)).ok());
    let lacks_template = !faults.is_empty();
    for layer in [base, template.unwrap_or_default(), body] {
        overlay(&mut parameters, layer, &mut faults);
    }
    let mut actions = Vec::new();
    if let Some(configured) = action::Configured::find(body, template, base) {
        match configured.resolve(sections.actions) {
            Ok(resolved) => {
                actions = resolved.each;
                if let Some(parameter) = parameters.get_mut("Action") {
                    parameter.value = resolved.shown;
                }
            }
            Err(fault) => faults.push(fault),
        }
    }
    let FurtherActions { actions: further, escalations, plain_keys } =
        FurtherActions::of(&parameters, sections.actions, &mut faults);
    let is_new = |(name, _): &(Option<String>, Value)| actions.iter().all(|(known, _)| known != name);
    let further: Vec<_> = further.into_iter().filter(is_new).collect();
    actions.extend(further);
    let place = plugin.place.clone();
    let name = name.into();
    Ok(Some(Resolved { faults, lacks_template, name, place, parameters, actions, escalations, plain_keys }))
}

/// The parameters that the original gives every plugin, in the order of the wire.
fn defaults() -> IndexMap<String, Parameter> {
    let timeout = Value::Int(i128::from(DEFAULT_TIMEOUT));
    let history = Value::Int(DEFAULT_HISTORY as i128);
    let default = || Value::Text("default".to_owned());
    [
        ("Command", Value::Null),
        ("Module", Value::Null),
        ("Parser", Value::Null),
        ("Interval", Value::Int(0)),
        ("Timeout", timeout),
        ("History", history),
        ("uid", default()),
        ("gid", default()),
        ("Template", Value::Null),
        ("Action", Value::Null),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), Parameter { value, place: None }))
    .collect()
}

fn overlay(parameters: &mut IndexMap<String, Parameter>, entries: &[Entry], faults: &mut Vec<PluginFault>) {
    for entry in entries {
        let Some(name) = entry.name.as_text() else {
            let shown = shown(&entry.name);
            let reason = format!("the name of its parameter {shown} has to be text; write it in quotes");
            faults.push(PluginFault::new(&entry.place, reason));
            continue;
        };
        faults.extend(entry.value.unread_secrets().into_iter().map(|(place, reason)| PluginFault::new(place, reason)));
        let parameter = Parameter { value: entry.value.to_value(), place: Some(entry.place.clone()) };
        parameters.insert(name.to_owned(), parameter);
    }
}

fn body(plugin: &Entry) -> Result<&[Entry], PluginFault> {
    if let Kind::Broken(reason) = &plugin.value.resolved().kind {
        return Err(PluginFault::new(&plugin.value.resolved().place, reason.clone()));
    }
    plugin.value.entries().ok_or_else(|| {
        let place = if plugin.value.is_null() { &plugin.place } else { &plugin.value.place };
        PluginFault::new(place, wrong_body("the plugin", &shown(&plugin.name), &plugin.value))
    })
}

fn template_body(template: &Entry) -> Result<&[Entry], PluginFault> {
    template.value.entries().ok_or_else(|| {
        let what = format!("its template {}", shown(&template.name));
        PluginFault::new(&template.place, wrong_body(&what, "", &template.value))
    })
}

/// What to say about something that should have been a mapping of parameters.
fn wrong_body(what: &str, name: &str, value: &Node) -> String {
    if value.is_null() {
        let example = if what == "the plugin" { "`Command: uptime`" } else { "`Timeout: 30`, or {} for none" };
        return format!("{what} is empty; it needs parameters such as {example}");
    }
    let colon = match &value.resolved().kind {
        Kind::Scalar(Value::Text(text)) => advice::colon_for(text),
        _ => None,
    };
    let mut hint = colon.map(|colon| format!("; {colon}")).unwrap_or_default();
    if what == "the plugin" && OF_PLUGINS.contains(&name) {
        hint = format!("; {name} is a parameter, so its line is probably not indented enough");
    }
    format!("{what} has to be a mapping of parameters, not {}{hint}", value.kind_name())
}

fn find_template<'a>(named: &Entry, sections: &Sections<'a>) -> Result<&'a Entry, PluginFault> {
    let name = named.value.to_value();
    find(sections.templates, &name).ok_or_else(|| {
        let known: Vec<_> = sections.templates.iter().filter_map(|template| template.name.as_text()).collect();
        let near = suggest::near(&shown(&name), &known).map(|near| format!("; did you mean {near}?"));
        let reason = format!("Template {} is not configured under templates", shown(&name));
        PluginFault::new(&named.place, reason + &near.unwrap_or_default())
    })
}
