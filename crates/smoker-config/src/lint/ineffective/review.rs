//! Reports what is ineffective, each where it is written.

use crate::lint::findings::Findings;
use crate::lint::ineffective::{rules, schedule, told};
use crate::lint::linted_plugin::LintedPlugin;

/// Reviews a plugin of a daemon with or without a `state_dir`.
pub(crate) fn review(plugin: &LintedPlugin<'_>, has_state_dir: bool, findings: &mut Findings) {
    let found = [schedule::review(plugin, has_state_dir), rules::review(plugin), told::review(plugin)];
    for (key, text) in found.into_iter().flatten() {
        let place = plugin.resolved.parameters.get(key).and_then(|parameter| parameter.place.as_ref());
        findings.of_plugin(plugin.name, place.unwrap_or(&plugin.resolved.place), key, &text);
    }
}
