//! Where parameters are written, for problems that only a run's own crates can find.

use smoker_model::plugin::PluginName;

use crate::problem::{Location, SourcePlace};
use crate::spec::actions::action::Configured;
use crate::spec::parameter::Parameter;
use crate::spec::resolve::{Sections, resolve};
use crate::yaml::merge::shown;
use crate::yaml::node::{Entry, find, find_text};

/// A parameter of a plugin or of its action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterKey {
    /// The plugin.
    pub plugin: PluginName,
    /// Whether the parameter is looked for in the plugin's action first.
    pub is_of_action: bool,
    /// The name of that action, where one of several is meant.
    pub action: Option<String>,
    /// The parameter's name; none for the plugin or the action as a whole.
    pub name: Option<String>,
}

/// The place of a parameter; without one of its own that of the action or the plugin as a whole.
pub(crate) fn locate(key: &ParameterKey, plugins: &[Entry], sections: &Sections<'_>) -> Option<Location> {
    let plugin = plugins.iter().find(|plugin| shown(&plugin.name) == key.plugin.as_str())?;
    let actions = match &key.action {
        _ if !key.is_of_action => Vec::new(),
        // `Actions` and `Escalate` name it, too.
        Some(name) => sections.actions.iter().filter(|action| shown(&action.name) == *name).collect(),
        None => actions_of(plugin, sections),
    };
    let of_action = actions.iter().find_map(|action| match &key.name {
        Some(name) => find_text(action.value.entries()?, name).map(|entry| entry.place.clone()),
        None => Some(action.place.clone()),
    });
    let own = || key.name.as_deref().and_then(|name| place_in_plugin(plugin, name, sections));
    let whole = || actions.iter().map(|action| action.place.clone()).next();
    let place = of_action.or_else(own).or_else(whole);
    Some((&place.unwrap_or_else(|| plugin.place.clone())).into())
}

/// Where a plugin, its template or `BasePlugin` has a parameter.
pub(crate) fn place_in_plugin(plugin: &Entry, name: &str, sections: &Sections<'_>) -> Option<SourcePlace> {
    resolve(plugin, sections).ok()??.parameters.get(name)?.place.clone()
}

/// All parameters of a plugin with their places.
pub(crate) fn of_plugin(plugin: &Entry, sections: &Sections<'_>) -> Vec<(String, Option<Location>)> {
    let parameters = resolve(plugin, sections).ok().flatten().map(|resolved| resolved.parameters).unwrap_or_default();
    let place = |(name, parameter): (String, Parameter)| (name, parameter.place.as_ref().map(Location::from));
    parameters.into_iter().map(place).collect()
}

/// The entries of the plugin's actions.
fn actions_of<'a>(plugin: &'a Entry, sections: &Sections<'a>) -> Vec<&'a Entry> {
    let Some(body) = plugin.value.entries() else { return Vec::new() };
    let template = find_text(body, "Template").and_then(|named| find(sections.templates, &named.value.to_value()));
    let template = template.and_then(|template| template.value.entries());
    let base = sections.base.value.entries().unwrap_or_default();
    Configured::find(body, template, base).map(|action| action.entries(sections.actions)).unwrap_or_default()
}
