//! Plugins with a schedule whose parameters only a client gives.

use smoker_model::value::Value;

use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;

pub(crate) fn review(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    let Some(Value::Map(declared)) = plugin.get("Parameters") else { return };
    let is_scheduled = ["Interval", "Cron", "At"].iter().any(|key| plugin.get(key).is_some_and(Value::is_truthy));
    let place = plugin.resolved.parameters.get("Parameters").and_then(|parameter| parameter.place.as_ref());
    let (true, Some(place)) = (is_scheduled, place) else { return };
    let has_default = |declaration: &Value| match declaration {
        Value::Map(members) => {
            let is_given = |(key, value): &(Value, Value)| key.as_text() == Some("Default") && *value != Value::Null;
            members.iter().any(is_given)
        }
        // The key is a plain parameter then.
        _ => true,
    };
    let without = declared.iter().find_map(|(name, declaration)| {
        name.as_text().filter(|name| !has_default(declaration) && plugin.get(name).is_none())
    });
    if let Some(name) = without {
        let text = format!(
            "its scheduled runs have no value for {name}, so each is an ERROR; write a Default, or leave out its schedule"
        );
        findings.of_plugin(plugin.name, place, "Parameters", &text);
    }
}
