//! Parameters that are probably misspelt.

use smoker_model::suggest;

use crate::keys::{OF_ACTIONS, OF_PLUGINS, TOP_LEVEL};
use crate::problem::{ProblemLog, Severity};
use crate::yaml::node::{Entry, find_text};

/// Warns of parameters in templates, actions and plugins that are very near to
/// one that the daemon knows. They are kept, since a plugin may use any name.
pub(crate) fn report_misspelt(root: &[Entry], problems: &mut ProblemLog) {
    for (section, known) in [("templates", OF_PLUGINS), ("actions", OF_ACTIONS), ("plugins", OF_PLUGINS)] {
        let bodies = find_text(root, section).and_then(|section| section.value.entries()).unwrap_or_default();
        for body in bodies {
            for parameter in body.value.entries().unwrap_or_default() {
                report_one(section, body, parameter, known, problems);
            }
        }
    }
}

/// Warns of one parameter of a plugin.
pub(crate) fn report_parameter(plugin: &Entry, parameter: &Entry, problems: &mut ProblemLog) {
    report_one("plugins", plugin, parameter, OF_PLUGINS, problems);
}

fn report_one(section: &str, body: &Entry, parameter: &Entry, known: &[&str], problems: &mut ProblemLog) {
    // A top-level key is in the wrong place, not misspelt.
    let is_spelt = |name: &&str| known.contains(name) || TOP_LEVEL.contains(name);
    let Some(name) = parameter.name.as_text().filter(|name| !is_spelt(name)) else { return };
    let Some(near) = suggest::very_near(name, known) else { return };
    // `Checks` is a parameter of built-in modules, so it is a slip only where nothing is run otherwise.
    let runs = |key| body.value.entries().is_some_and(|own| find_text(own, key).is_some());
    if near == "Check" && (section != "plugins" || ["Command", "Module", "Template"].into_iter().any(runs)) {
        return;
    }
    let owner = body.name.as_text().unwrap_or_default();
    let text =
        |what: &str| format!("{what} {owner}: the parameter {name} is not known to the daemon; did you mean {near}?");
    match section {
        "plugins" => {
            problems.add_of_plugin(Severity::Warning, &parameter.place, &owner.into(), text("Plugin"));
        }
        "actions" => problems.add(Severity::Warning, &parameter.place, text("Action")),
        _ => problems.add(Severity::Warning, &parameter.place, text("Template")),
    }
}
