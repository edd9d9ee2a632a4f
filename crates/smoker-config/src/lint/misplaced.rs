//! Keys in a place where they mean nothing: settings of the daemon in a plugin, keys of plugins in an action.

use crate::keys::{OF_ACTIONS, OF_PLUGINS};
use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;
use crate::lint::references;
use crate::yaml::merge::shown;
use crate::yaml::node::{Entry, find_text};

/// Settings of the daemon that nobody takes for a parameter of a check.
const SETTINGS: [&str; 13] = [
    "bind_host",
    "bind_port",
    "allow",
    "allowed_hosts",
    "local_role",
    "state_dir",
    "nr_concurrent_plugins",
    "max_forced_rate",
    "show_secrets",
    "history_memory",
    "history_disk",
    "python_path",
    "pidfile",
];

/// Settings in a plugin's own part of the configuration.
pub(crate) fn review(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    for entry in plugin.body {
        let Some(name) = entry.name.as_text().filter(|name| SETTINGS.contains(name)) else { continue };
        if !plugin.is_read_by_code() && !references::is_referred_to(plugin, name) {
            let text =
                format!("{name} is a setting of the daemon and sets nothing in a plugin; write it at the top level");
            findings.of_plugin(plugin.name, &entry.place, "reference", &text);
        }
    }
}

/// What only plugins have, in the actions.
pub(crate) fn review_actions(root: &[Entry], findings: &mut Findings) {
    let actions = find_text(root, "actions").and_then(|section| section.value.entries()).unwrap_or_default();
    for action in actions {
        for entry in action.value.entries().unwrap_or_default() {
            let Some(name) = entry.name.as_text() else { continue };
            if !OF_PLUGINS.contains(&name) || OF_ACTIONS.contains(&name) {
                continue;
            }
            let next = match name {
                "uid" | "gid" => "it runs with the account of its plugin",
                "Action" => "no action follows an action; list both in the plugin: `Action: [A, B]`",
                "Parser" => "the output of an action is not parsed",
                "Enabled" => "leave it out of the plugins, or write `Action: []` there",
                _ => "set it in the plugin",
            };
            let text = format!("Action {}: {name} is ignored in an action; {next}", shown(&action.name));
            findings.of_place(&entry.place, "ignored", text);
        }
    }
}
