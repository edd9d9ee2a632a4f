//! Keys that the original did not have, and that the plugin itself uses as parameters of its own.

use chrono::Utc;
use smoker_model::plugin::{RunAs, RunRules};
use smoker_model::value::Value;

use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;
use crate::lint::references;
use crate::spec::values::{action_rules, calendar, process_settings, quantity, relations, streams};

/// Each of these keys with what it does now.
const MEANINGS: [(&str, &str); 27] = [
    ("MaxMemory", "limits the memory of each run"),
    ("MaxProcesses", "limits the processes of each run"),
    ("MaxOutput", "cuts the output of each run"),
    ("Nice", "lowers or raises the priority of each run"),
    ("WorkDir", "is the folder in which each run starts"),
    ("Umask", "is the mask of files that runs make"),
    ("HistoryFailures", "is how many failures are kept"),
    ("Splay", "spreads runs by time"),
    ("MaintenanceLock", "is a file that stops runs while it exists"),
    ("Cron", "says when it runs"),
    ("At", "says at which times of day it runs"),
    ("Timezone", "is the time zone of its schedule"),
    ("Missed", "decides whether runs take place whose time went by"),
    ("Only", "is the hours in which it runs"),
    ("Maintenance", "stops runs in these windows"),
    ("Retries", "is how many bad results in a row make one hard"),
    ("RetryInterval", "is when it runs again after a soft result"),
    ("FlapThreshold", "decides when it is flapping"),
    ("DependsOn", "skips runs while one of these plugins is bad"),
    ("OnParentBad", "decides whether it runs while a plugin that it depends on is bad"),
    ("After", "runs it when one of these plugins ends OK"),
    ("ActionOn", "decides which results actions follow"),
    ("Actions", "names actions that follow its results"),
    ("Repeat", "has actions follow again while it stays bad"),
    ("Escalate", "has an action follow when it has been bad for long"),
    ("ActionGroup", "collects calls of an action into one"),
    ("SerialGroup", "has runs of all plugins of the group wait for each other"),
];

pub(crate) fn review(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    // A value that cannot be meant for the key is a plain parameter, which a warning of its own says.
    let (_, mut plain) = process_settings::read(|key| plugin.get(key), &RunAs::Daemon);
    plain.extend(calendar::read(|key| plugin.get(key), Utc::now()).warnings);
    plain.extend(action_rules::read(|key| plugin.get(key)).1);
    plain.extend(plugin.resolved.plain_keys.iter().cloned());
    plain.extend(relations::read(|key| plugin.get(key), &mut RunRules::default()));
    for (key, meaning) in MEANINGS {
        let Some(parameter) = plugin.resolved.parameters.get(key).filter(|it| it.value != Value::Null) else {
            continue;
        };
        let is_plain = match key {
            "MaxOutput" => streams::output_bytes(&parameter.value).is_err(),
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
