//! Top-level keys that mean nothing here, and what was probably meant.

use smoker_model::suggest;

use crate::keys::{OF_PLUGINS, TOP_LEVEL};
use crate::problem::{ProblemLog, Severity};
use crate::yaml::merge::shown;
use crate::yaml::node::Entry;

/// The beginning of a key that is at least this long says which one is meant.
const SHORTEST_BEGINNING: usize = 5;

/// Top-level keys of other daemons. The names are in lower case without `-` and `_`.
const OF_OTHERS: [(&[&str], &str); 9] = [
    (&["host", "listen", "address", "bind", "interface", "listenaddress", "bindaddress"], "did you mean bind_host?"),
    (&["port", "listenport"], "did you mean bind_port?"),
    (&["user", "username", "runas"], "did you mean uid?"),
    (&["group"], "did you mean gid?"),
    (&["checks", "services", "jobs", "commands", "modules", "tests"], "did you mean plugins?"),
    (
        &["log", "logfile", "loglevel", "logging", "verbose", "debug"],
        "logging is configured in logging.ini, or by the options -v and -d",
    ),
    (&["include", "includes", "includedir"], "includes are values: `plugins: !include_dir plugin.d`"),
    (
        &["workers", "threads", "concurrency", "maxconcurrent", "parallel", "maxparallel"],
        "did you mean nr_concurrent_plugins?",
    ),
    (&["baseplugin", "defaults", "default"], "what all plugins have in common is `BasePlugin` under templates"),
];

/// Warns of top-level keys that mean nothing. Keys that start with `x-` hold
/// anchors, so they are not misspelt.
pub(crate) fn report(entries: &[Entry], problems: &mut ProblemLog) {
    for entry in entries {
        let name = shown(&entry.name);
        if entry.name.as_text().is_some_and(|name| TOP_LEVEL.contains(&name) || name.starts_with("x-")) {
            continue;
        }
        let hint = hint(entry, &name).map(|hint| format!("; {hint}")).unwrap_or_default();
        problems.add(Severity::Warning, &entry.place, format!("unknown key {name} is ignored{hint}"));
    }
}

fn hint(entry: &Entry, name: &str) -> Option<String> {
    if OF_PLUGINS.contains(&name) {
        return Some(format!("{name} is a parameter of plugins: write it in one, or in `BasePlugin` under templates"));
    }
    if let Some(near) = suggest::near(name, TOP_LEVEL) {
        return Some(format!("did you mean {near}?"));
    }
    let plain = name.to_lowercase().replace(['-', '_'], "");
    if let Some((_, hint)) = OF_OTHERS.iter().find(|(names, _)| names.contains(&&*plain)) {
        return Some((*hint).to_owned());
    }
    let begins =
        |key: &&&str| name.len() >= SHORTEST_BEGINNING && suggest::near(name, &[beginning(key, name)]).is_some();
    if let Some(key) = TOP_LEVEL.iter().find(begins) {
        return Some(format!("did you mean {key}?"));
    }
    let is_plugin =
        |body: &[Entry]| body.iter().any(|it| matches!(it.name.as_text(), Some("Command" | "Module" | "Check")));
    entry.value.entries().is_some_and(is_plugin).then(|| "indent it below `plugins:` if it is a plugin".to_owned())
}

/// As much of a key as a name is long.
fn beginning<'a>(key: &'a str, name: &str) -> &'a str {
    key.get(..name.len()).unwrap_or(key)
}
