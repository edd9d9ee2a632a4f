//! Keys that mean something to cron, systemd, Nagios, Ansible and their like, and nothing here.

use crate::keys::OF_PLUGINS;
use crate::lint::findings::Findings;
use crate::lint::linted_plugin::LintedPlugin;
use crate::lint::references;
use smoker_model::suggest;
use smoker_model::value::Value;

/// What a key of another tool is called here. The names are in lower case without `-` and `_`.
const KEYS: [(&[&str], &str); 31] = [
    (
        &["user", "username", "runas", "becomeuser", "runasuser", "owneruser"],
        "did you mean `uid` (and `gid`)? It runs as the daemon's own account",
    ),
    (&["group", "runasgroup"], "did you mean `gid` (and `uid`)? It runs as the daemon's own account"),
    (
        &["schedule", "cron", "crontab", "at", "when", "oncalendar", "time", "times", "hour", "minute", "weekday"],
        "did you mean `Cron` (a pattern such as '30 2 * * *') or `At` (a time of day)?",
    ),
    (&["timezone", "tz", "zone"], "did you mean `Timezone`, whose clocks `Cron` and `At` go by?"),
    (
        &["activetime", "checkperiod", "timeperiod", "workinghours", "businesshours", "onlybetween", "activehours"],
        "did you mean `Only`, the hours of the week in which it runs (`Mon-Fri 08:00-18:00`)?",
    ),
    (
        &["dependson", "requires", "wants", "parents", "dependencies", "depends", "dependency"],
        "did you mean `DependsOn`, the plugins that have to be well for it to run?",
    ),
    (
        &["after", "before", "runafter", "triggeredby"],
        "did you mean `After`, the plugins after whose runs it runs, when they end OK?",
    ),
    (
        &["retries", "retry", "attempts", "maxcheckattempts", "retryinterval", "maxattempts", "softstates"],
        "did you mean `Retries`, the number of bad results in a row that makes one hard, or `RetryInterval`?",
    ),
    (
        &["environment", "envvars", "environ", "envfile", "environmentfile"],
        "did you mean `Env`, a mapping of variables?",
    ),
    (&["cwd", "chdir", "workingdirectory", "workingdir", "directory", "dir"], "did you mean `WorkDir`?"),
    (
        &["shell", "executable", "interpreter"],
        "a Command is always for /bin/sh; write the shell into it (`bash -c '...'`)",
    ),
    (
        &[
            "notify",
            "onerror",
            "onfailure",
            "onsuccess",
            "onfail",
            "onwarn",
            "alert",
            "alerts",
            "handler",
            "eventhandler",
            "notification",
            "notifications",
            "contacts",
            "contactgroups",
        ],
        "did you mean `Action`? It names an entry of `actions`, which follows each run",
    ),
    (
        &["args", "arguments", "argv", "params", "parameters", "vars", "options"],
        "write them into the Command, or each as a parameter of its own (`Url: ...` and `%(Url)s`)",
    ),
    (
        &["escalation", "escalations", "escalateafter", "escalateto", "escalatetime", "escalationpolicy"],
        "did you mean `Escalate`, such as {After: 30m, Action: Page}?",
    ),
    (
        &[
            "repeatinterval",
            "notificationinterval",
            "renotify",
            "renotifyinterval",
            "reminder",
            "remindafter",
            "repeatevery",
        ],
        "did you mean `Repeat`, after what time actions are called again while it stays bad?",
    ),
    (
        &["notifyon", "alerton", "notificationoptions", "onchange", "actionwhen", "actionsat"],
        "did you mean `ActionOn`, the results that actions follow?",
    ),
    (
        &["groupwait", "groupinterval", "actiongrouping", "actionbatch"],
        "did you mean `ActionGroup`, for how long calls are collected into one?",
    ),
    (
        &[
            "flapdetection",
            "flapdetectionenabled",
            "flapping",
            "highflapthreshold",
            "lowflapthreshold",
            "flappingthreshold",
        ],
        "did you mean `FlapThreshold`, from how many changes in percent on it is flapping?",
    ),
    (
        &[
            "catchup",
            "misfire",
            "misfirepolicy",
            "misfiregracetime",
            "runmissed",
            "persistent",
            "startingdeadlineseconds",
        ],
        "did you mean `Missed: once`, which makes up for runs that were missed?",
    ),
    (&["disabled", "disable", "active", "enable", "ensure", "state"], "did you mean `Enabled: false`? The plugin runs"),
    (
        &[
            "frequency",
            "period",
            "every",
            "checkinterval",
            "normalcheckinterval",
            "runinterval",
            "interval_seconds",
            "onunitactivesec",
        ],
        "did you mean `Interval`?",
    ),
    (&["checkcommand", "exec", "execstart", "script", "cmd", "run"], "did you mean `Command`?"),
    (
        &["maxruntime", "timeoutsec", "commandtimeout", "timelimit", "runtimemaxsec", "timeoutseconds"],
        "did you mean `Timeout`?",
    ),
    (&["memorylimit", "memorymax", "maxmem", "memlimit"], "did you mean `MaxMemory`?"),
    (&["tasksmax", "maxprocs", "limitnproc"], "did you mean `MaxProcesses`?"),
    (&["niceness"], "did you mean `Nice`?"),
    (
        &["keep", "keepresults", "maxhistory", "retention"],
        "did you mean `History`, the number of results that are kept?",
    ),
    (
        &[
            "lockfile",
            "maintenance",
            "maintenancewindow",
            "maintenancewindows",
            "downtime",
            "scheduleddowntime",
            "pausefile",
            "quiethours",
            "blackout",
        ],
        "did you mean `Maintenance`, windows in which it does not run, or `MaintenanceLock`, a file that stops its runs \
         while it exists?",
    ),
    (&["exclusive", "singleton", "nooverlap", "concurrency", "concurrencypolicy"], "did you mean `Serial: true`?"),
    (&["killmode", "detach", "background", "daemonize"], "did you mean `LeaveRunning: true`?"),
    (&["use", "inherits", "inherit", "extends", "parent", "basedon"], "did you mean `Template`?"),
];

/// Keys that no module takes for a parameter of its own.
const UNMISTAKABLE: [&str; 8] =
    ["disabled", "cron", "crontab", "oncalendar", "dependson", "maxcheckattempts", "checkinterval", "onfailure"];

pub(crate) fn review(plugin: &LintedPlugin<'_>, findings: &mut Findings) {
    let is_module = plugin.get("Module").is_some();
    let is_read = plugin.is_read_by_code();
    for (name, parameter) in &plugin.resolved.parameters {
        let Some(place) = parameter.place.as_ref().filter(|_| !OF_PLUGINS.contains(&name.as_str())) else { continue };
        let plain = plain(name);
        let Some((_, hint)) = KEYS.iter().find(|(names, _)| names.contains(&&*plain)) else { continue };
        // That it is misspelt is reported where it is written.
        if suggest::very_near(name, OF_PLUGINS).is_some() {
            continue;
        }
        let is_its_own = references::is_referred_to(plugin, name) || (is_read && !UNMISTAKABLE.contains(&&*plain));
        if !is_its_own {
            let but = if is_module { "it is a parameter of the module" } else { "it is a parameter like any other" };
            let text = format!("{name} is not known to smokerd, {but}: {hint}");
            findings.of_plugin(plugin.name, place, "reference", &text);
        }
    }
    let Some(place) = plugin.resolved.parameters.get("Action").and_then(|action| action.place.as_ref()) else { return };
    for action in plugin.actions.iter().filter(|action| !has_module(action)) {
        for name in action.iter().filter_map(|(key, _)| key.as_text()) {
            let plain = plain(name);
            let known = KEYS.iter().find(|(names, _)| names.contains(&&*plain));
            if let Some((_, hint)) = known.filter(|_| !references::is_referred_to(plugin, name)) {
                let text = format!("its action: {name} is not known to smokerd: {hint}");
                findings.of_plugin(plugin.name, place, "reference", &text);
            }
        }
    }
}

fn has_module(action: &[(Value, Value)]) -> bool {
    action.iter().any(|(key, value)| matches!(key.as_text(), Some("Module" | "Stdin")) && value.is_truthy())
}

fn plain(name: &str) -> String {
    name.to_lowercase().replace(['-', '_'], "")
}
