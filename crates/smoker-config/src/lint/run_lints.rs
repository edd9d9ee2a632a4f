//! Goes through a whole configuration.

use smoker_model::value::Value;

use crate::keys::OF_PLUGINS;
use crate::lint::clusters::PluginNames;
use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;
use crate::lint::{
    clusters, foreign_keys, ineffective, lost_exit_status, misplaced, references, settings, taken_names, unexpanded,
    values, without_default,
};
use crate::parser_parameters::KnownParsers;
use crate::problem::Problem;
use crate::spec::resolve::{Sections, resolve};
use crate::yaml::node::{Entry, find_text};

/// Everything that a configuration has probably not been meant to say.
pub(crate) fn problems(
    root: &[Entry],
    sections: &Sections<'_>,
    plugins: &[Entry],
    parsers: KnownParsers<'_>,
) -> Vec<Problem> {
    let mut findings = Findings::default();
    unexpanded::review_settings(root, &mut findings);
    references::review_sections(root, sections, plugins, &mut findings);
    misplaced::review_actions(root, &mut findings);
    let shared = references::shared_parameters(plugins);
    let has_state_dir = find_text(root, "state_dir").is_some_and(|setting| setting.value.to_value() != Value::Null);
    settings::review(root, has_state_dir, &mut findings);
    let names = PluginNames::of(plugins);
    for plugin in plugins {
        let (Some(name), Some(body)) = (plugin.name.as_text(), plugin.value.entries()) else { continue };
        review_enabled(name, body, &mut findings);
        let Ok(Some(resolved)) = resolve(plugin, sections) else { continue };
        if resolved.lacks_template {
            // What it would have from there is not known.
            continue;
        }
        let plugin = LintedPlugin::new(name, body, resolved, parsers);
        ineffective::review::review(&plugin, has_state_dir, &mut findings);
        lost_exit_status::review(&plugin, &mut findings);
        values::review(&plugin, &mut findings);
        clusters::review(&plugin, &names, &mut findings);
        without_default::review(&plugin, &mut findings);
        taken_names::review(&plugin, &mut findings);
        misplaced::review(&plugin, &mut findings);
        foreign_keys::review(&plugin, &mut findings);
        references::review(&plugin, &shared, &mut findings);
        unexpanded::review(&plugin, &mut findings);
    }
    findings.into_problems()
}

/// Those of the names that nothing of the plugin reads: neither the daemon nor its commands.
pub(crate) fn unread(plugin: &Entry, sections: &Sections<'_>, names: &[String]) -> Vec<String> {
    let (Some(name), Some(body)) = (plugin.name.as_text(), plugin.value.entries()) else { return Vec::new() };
    let Ok(Some(resolved)) = resolve(plugin, sections) else { return Vec::new() };
    let plugin = LintedPlugin::new(name, body, resolved, &|_| None);
    if references::may_read_any(&plugin) {
        return Vec::new();
    }
    let is_unread = |name: &&String| !OF_PLUGINS.contains(&name.as_str()) && !references::is_referred_to(&plugin, name);
    names.iter().filter(is_unread).cloned().collect()
}

/// `Enabled` switches off only where it is `false` and stands in the plugin itself.
fn review_enabled(name: &str, body: &[Entry], findings: &mut Findings) {
    debug_assert!(OF_PLUGINS.contains(&"Enabled"));
    if let Some(enabled) = find_text(body, "Enabled")
        && !matches!(enabled.value.to_value(), Value::Bool(_))
    {
        let kind = enabled.value.kind_name();
        let text = format!("Enabled has to be true or false, not {kind}; the plugin runs. Write `Enabled: false`");
        findings.of_plugin(name, &enabled.place, "Enabled", &text);
    }
}
