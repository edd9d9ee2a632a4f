//! Keys that the original did not have, and that the plugin itself uses as parameters of its own.

use smoker_model::plugin::RunAs;
use smoker_model::value::Value;

use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;
use crate::lint::references;
use crate::spec::validate;
use crate::spec::values::{process_settings, quantity};

/// Each of these keys with what it does now.
const MEANINGS: [(&str, &str); 9] = [
    ("MaxMemory", "limits the memory of each run"),
    ("MaxProcesses", "limits the processes of each run"),
    ("MaxOutput", "cuts the output of each run"),
    ("Nice", "lowers or raises the priority of each run"),
    ("WorkDir", "is the folder in which each run starts"),
    ("Umask", "is the mask of files that runs make"),
    ("HistoryFailures", "is how many failures are kept"),
    ("Splay", "spreads runs by time"),
    ("MaintenanceLock", "is a file that stops runs while it exists"),
];

pub(crate) fn review(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    // A value that cannot be meant for the key is a plain parameter, which a warning of its own says.
    let (_, plain) = process_settings::read(|key| plugin.get(key), &RunAs::Daemon);
    for (key, meaning) in MEANINGS {
        let Some(parameter) = plugin.resolved.parameters.get(key).filter(|it| it.value != Value::Null) else {
            continue;
        };
        let is_plain = match key {
            "MaxOutput" => validate::output_bytes(&parameter.value).is_err(),
            "Splay" => quantity::seconds(&parameter.value).is_err(),
            "MaintenanceLock" => parameter.value.as_text().is_none(),
            "HistoryFailures" => !matches!(parameter.value, Value::Int(_)),
            key => plain.iter().any(|(plain, _)| *plain == key),
        };
        if !is_plain && references::has_placeholder(plugin, key) {
            let text = format!(
                "its command uses {key}, which is a key of smokerd, too, and {meaning}; give the parameter another name \
                 unless that is meant"
            );
            let place = parameter.place.as_ref().unwrap_or(&plugin.resolved.place);
            findings.of_plugin(plugin.name, place, "taken name", &text);
        }
    }
}
