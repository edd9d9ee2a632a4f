//! Configurations that load and can never do what they say: each is a warning with the reason and the next step, and what works is none.

use smoker_config::config;

use crate::support::{Folder, names};

const ACTIONS: &str = "actions:\n  Tell: {Command: tell}\n  Often: {Command: tell, Repeat: 10s, ActionOn: change}\n  \
                       Once: {Command: tell, ActionOn: change, Repeat: 1h, ActionGroup: 1s}\n  \
                       Alert: {Module: smoker.actions.alertmanager, Url: 'http://a:9093'}\n  \
                       Hourly: {Command: tell, Repeat: 1h}\n  Slow: {Command: tell, Timeout: yes}\n  \
                       Page: {Module: smoker.actions.webhook, Preset: pagerduty, RoutingKey: abcdefgh}\n  \
                       Restart: {Module: smoker.actions.restart, Service: x}\n  Empty: {Note: x}\n";

/// All that is said of a configuration with these plugins: at the start, and by `--check`.
fn told_of(top: &str, plugins: &str) -> Vec<String> {
    let folder = Folder::with(&format!("{top}{ACTIONS}templates: {{BasePlugin: {{}}}}\nplugins:\n{plugins}\n"));
    assert!(folder.config().left_out.is_empty(), "{plugins}: {:?}", folder.problems());
    let review = config::review(&folder.configuration(), &|_| None);
    let all = folder.problems().into_iter().chain(review.iter().map(|problem| folder.relative(&problem.to_string())));
    // The actions are there for others.
    all.filter(|text| !text.contains("is used by no plugin")).filter(|text| !text.starts_with("Info")).collect()
}

fn told(parameters: &str) -> Vec<String> {
    told_of("", &format!("  p: {{Command: x, {parameters}}}\n  other: {{Command: x}}"))
}

#[track_caller]
fn expect(parameters: &str, reason: &str) {
    let told = told(parameters);
    let found = told.iter().find(|text| text.contains(reason));
    assert!(found.is_some_and(|text| text.contains("smokerd.yaml:")), "{parameters}: {told:?}");
}

#[test]
fn hours_that_maintenance_has_altogether_are_warnings() {
    let reason = "Maintenance has all hours of Only, so nothing is ever checked by itself; correct one of them";
    let window = |cron: &str, lasts: &str| format!("Maintenance: {{Cron: '{cron}', Duration: {lasts}}}");
    for (hours, windows) in [
        ("Mon-Fri 08:00-18:00", window("0 7 * * *", "12h")),
        ("Mon-Fri 08:00-18:00", window("0 8 * * MON-FRI", "10h")),
        ("Sun", window("0 0 * * SUN", "1d")),
        ("22:00-06:00", window("0 22 * * *", "8h")),
        (
            "08:00-18:00",
            "Maintenance: [{Cron: '0 8 * * *', Duration: 5h}, {Cron: '0 13 * * *', Duration: 5h}]".to_owned(),
        ),
    ] {
        expect(&format!("Interval: 60, Timezone: UTC, Only: '{hours}', {windows}"), reason);
        expect(&format!("After: other, Timezone: Europe/Prague, Only: '{hours}', {windows}"), reason);
    }
    for (hours, windows) in [
        ("Mon-Fri 08:00-18:00", window("0 8 * * MON-THU", "10h")),
        ("Mon-Fri 08:00-18:00", window("0 8 * * *", "9h")),
        ("Sun", window("0 1 * * SUN", "1d")),
        ("22:00-06:00", window("30 22 * * *", "8h")),
        ("Mon-Fri 08:00-18:00", window("0 0 1 * *", "1d")),
    ] {
        let quiet = told(&format!("Interval: 60, Timezone: UTC, Only: '{hours}', {windows}"));
        assert_eq!(quiet, [""; 0], "{hours} {windows}");
    }
}

#[test]
fn keys_of_the_schedule_that_set_nothing_are_warnings() {
    for (parameters, reason) in [
        ("Only: Mon-Fri", "Only sets nothing, because the plugin runs on request only"),
        ("Missed: skip", "Missed sets nothing, because no run has a time"),
        ("Missed: once, At: '02:30'", "Missed: once does not count for runs that are due while the daemon is down"),
        ("HistoryFailures: 5", "HistoryFailures sets nothing, because only a journal keeps results for long"),
        ("Retries: 2", "Retries sets nothing, because it runs on request only"),
        ("RetryInterval: 5s", "RetryInterval sets nothing, because it runs on request only"),
        ("RetryInterval: 5s, Retries: 2", "RetryInterval sets nothing, because it runs on request only"),
        ("Interval: 60, RetryInterval: 5s", "RetryInterval sets nothing, because no result is ever soft"),
        (
            "Interval: 60, Retries: 3, RetryInterval: 60s",
            "RetryInterval sets nothing, because its schedule brings the next run no later; write a shorter time",
        ),
        ("Interval: 60, Retries: 3, RetryInterval: 1h", "because its schedule brings the next run no later"),
        ("Cron: '* * * * *', Retries: 3, RetryInterval: 5m", "because its schedule brings the next run no later"),
        ("At: ['02:30', '14:30'], Timezone: UTC, Retries: 3, RetryInterval: 12h", "because its schedule brings"),
        ("Cron: '0 */48 * * *'", "Cron 0 */48 * * * has a step of 48 in the hours, of which there are 24, so it means"),
        ("Cron: ['5 * * * *', '*/90 * * * *']", "has a step of 90 in the minutes, of which there are 60"),
        ("Cron: '0 0 */40 * *'", "has a step of 40 in the days"),
        ("Interval: 60, Timeout: 1ms", "Timeout is 1ms, in which no program ends, so each run is an ERROR"),
        ("Interval: 60, FlapThreshold: 5", "FlapThreshold is reached by a single change of status"),
        ("Interval: 60, Timeout: yes", "Timeout is true, which counts as 1 second; write a number"),
        ("Interval: 60, Splay: on", "Splay is true, which counts as 1 second"),
        ("Interval: true", "Interval is true, which counts as 1 second"),
    ] {
        expect(parameters, reason);
    }
    for quiet in [
        "Interval: 60, Only: Mon-Fri",
        "After: other, Only: Mon-Fri",
        "Interval: 60, Missed: skip",
        "Interval: 60, Retries: 3, RetryInterval: 10s",
        "At: '02:30', Retries: 3, RetryInterval: 1h",
        "Cron: ['0 8-18 * * MON-FRI'], Retries: 3, RetryInterval: 2h",
        "Cron: '*/15 */12 */2 */6 *'",
        "At: '02:30', Interval: 0, Retries: 3, RetryInterval: 1h",
        "Interval: 60, FlapThreshold: 30, History: 1",
        "Timezone: UTC, Interval: 60",
    ] {
        assert_eq!(told(quiet), [""; 0], "{quiet}");
    }
    let with_journal = "  p: {Command: x, At: '02:30', Missed: once, HistoryFailures: 5}";
    assert_eq!(told_of("state_dir: /var/lib/smokerd\n", with_journal), [""; 0]);
}

#[test]
fn actions_that_tell_nothing_or_too_late_are_warnings() {
    for (parameters, reason) in [
        ("Repeat: 1h", "Repeat sets nothing, because there is no action"),
        ("Action: Tell, Repeat: 1h", "Repeat sets nothing, because its actions follow each result anyway"),
        ("Action: Tell, ActionGroup: 30s, Repeat: 1h", "Repeat sets nothing, because its actions follow each result"),
        ("Action: Tell, ActionGroup: 30d", "ActionGroup keeps each call of its action Tell back for 30d"),
        (
            "Action: Tell, ActionOn: bad, Repeat: 1000000w",
            "Repeat 7000000d of its action Tell is more than a hundred years",
        ),
        ("Escalate: {After: 1000000w, Action: Tell}", "After 7000000d of its action Tell is more than a hundred years"),
        ("Action: Tell, ActionOn: recovery, Repeat: 1h", "because its actions follow recoveries alone"),
        ("Action: Once, ActionOn: bad", "ActionOn sets nothing, because each of its actions has ActionOn itself"),
        (
            "Action: Once, ActionGroup: 1m",
            "ActionGroup sets nothing, because each of its actions has ActionGroup itself",
        ),
        (
            "ActionOn: bad, Escalate: {After: 30m, Action: Tell}",
            "ActionOn sets nothing, because Escalate follows changes in any case",
        ),
        (
            "Action: Tell, ActionOn: change, Repeat: 10s, ActionGroup: 1m",
            "Repeat is 10s, and ActionGroup collects each call of its action Tell for 1m, so it comes again after 1m10s only",
        ),
        ("Action: Often, ActionGroup: 30s", "Repeat is 10s, and ActionGroup collects each call of its action Often"),
        (
            "Interval: 60, ActionGroup: 10s, Repeat: 5s, Escalate: {After: 30m, Action: Tell}",
            "Repeat is 5s, and ActionGroup collects",
        ),
        ("Action: Restart, ActionOn: recovery", "its action Restart restarts nothing, because it follows recoveries"),
        ("Action: Alert, ActionOn: recovery", "its action Alert sends no alert, because it follows recoveries alone"),
        (
            "Interval: 1h, Action: Alert, ActionOn: always",
            "an alert of its action Alert ends after 5m unless it is sent again, which happens after 1h",
        ),
        ("Action: Alert, ActionOn: always", "which happens with the next run, whenever that is"),
        ("Interval: 60, Action: Alert, ActionGroup: 10m", "which happens after 11m, so it is resolved while"),
        ("Action: Page, ActionOn: recovery", "its action Page makes no incident, because it follows recoveries alone"),
        ("Action: Hourly", "Repeat of its action Hourly sets nothing, because it follows each result anyway"),
        (
            "Action: Tell, ActionOn: change, Repeat: 10ms",
            "Repeat is 10ms, so its action Tell is called without a pause",
        ),
        ("Action: Slow", "its action: Timeout is true, which counts as 1 second"),
        ("Action: [Tell, Tell]", "Action names Tell twice, so it is called twice; name it once"),
        (
            "Escalate: [{After: 30m, Action: Tell}, {After: 1800, Action: Tell}]",
            "Escalate has Tell after 30m twice, which counts once",
        ),
    ] {
        expect(parameters, reason);
    }
    for quiet in [
        "Interval: 60, Action: Tell, ActionOn: change, Repeat: 1h, ActionGroup: 30s",
        "Interval: 60, Action: Tell, ActionOn: bad, Repeat: 30s, ActionGroup: 30s",
        "Interval: 60, Action: [Tell, Once], ActionOn: change",
        "Interval: 60, Action: Alert",
        "Interval: 60, Action: Alert, Repeat: 1h",
        "Interval: 60, Action: Alert, ActionGroup: 2m",
        "Interval: 60, Action: Alert, ActionOn: always",
        "Interval: 60, Action: Restart, ActionOn: problem",
        "Interval: 60, Repeat: 1h, Escalate: [{After: 30m, Action: Tell}, {After: 1h, Action: Tell}]",
    ] {
        assert_eq!(told(quiet), [""; 0], "{quiet}");
    }
}

#[test]
fn a_cause_that_tells_later_than_its_consequences_is_a_warning() {
    let plugins = |cause: &str, child: &str| {
        told_of(
            "",
            &format!(
                "  db: {{Command: x, Interval: 60{cause}}}\n  app: {{Command: x, Interval: 60, DependsOn: db{child}}}"
            ),
        )
    };
    let late = ", Escalate: {After: 30m, Action: Tell}";
    let found = plugins(late, ", Action: Tell");
    let [found] = found.as_slice() else { panic!("{found:?}") };
    assert!(found.contains("Plugin app: while db is ERROR the actions of this plugin are held, and db tells nobody before it has been bad for 30m (Escalate); give db an Action, too"), "{found}");
    assert_eq!(plugins(late, ", Escalate: {After: 10m, Action: Tell}").len(), 1);
    let empty = plugins(", Action: Empty", ", Action: Tell");
    assert!(empty.iter().any(|text| text.contains("db has none that can be called: nobody is told")), "{empty:?}");
    for (cause, reason) in [
        (", Action: Restart, ActionOn: problem", "db has none that tells anybody: nobody is told"),
        (", Action: Tell, Retries: 20", "db tells nobody before it has been bad for 19m (Retries); make that shorter"),
        (", Action: Tell, Retries: 20, RetryInterval: 30s", "before it has been bad for 9m30s (Retries)"),
        (", Action: Tell, ActionGroup: 1h", "before it has been bad for 1h (ActionGroup)"),
    ] {
        let found = plugins(cause, ", Action: Tell");
        assert!(found.len() == 1 && found[0].contains(reason), "{cause}: {found:?}");
    }
    for (cause, child) in [
        (late, late),
        (", Escalate: {After: 2m, Action: Tell}", ", Action: Tell"),
        (", Action: Tell, Retries: 5", ", Action: Tell"),
        (", Action: Tell, Retries: 20, RetryInterval: 5s", ", Action: Tell"),
        (", Action: Tell, Retries: 20", ", Action: Tell, Retries: 20"),
        (", Action: [Restart, Tell]", ", Action: Tell"),
        (late, ", Escalate: {After: 1h, Action: Tell}"),
        (late, ", Action: Tell, ActionOn: recovery"),
        (", Action: Tell, Escalate: {After: 30m, Action: Tell}", ", Action: Tell"),
    ] {
        assert_eq!(plugins(cause, child), [""; 0], "{cause} {child}");
    }
}

#[test]
fn a_plugin_after_which_nothing_can_run_is_a_warning() {
    let after = |cause: &str, own: &str| {
        told_of(
            "",
            &format!(
                "  idle: {{Command: x, Enabled: false}}\n  chained: {{Command: x, After: idle}}\n  job: {{Command: x, {cause}}}\n  \
                 check: {{Command: x, {own}}}"
            ),
        )
        .into_iter()
        .filter(|text| text.contains("Plugin check"))
        .collect::<Vec<_>>()
    };
    let daily = "At: '02:30', Timezone: UTC, Timeout: 1h";
    for (cause, own, reason) in [
        ("Interval: 60", "After: chained", "After chained: that one runs after plugins alone that are switched off"),
        (
            "Interval: 60, Timezone: UTC, Only: Sun, Maintenance: {Cron: '0 0 * * SUN', Duration: 1d}",
            "After: job",
            "After job: that one is in Maintenance whenever it is due, so it never ends OK",
        ),
        (
            "At: '02:30', Timezone: UTC, Maintenance: {Cron: '0 2 * * *', Duration: 1h}",
            "After: job",
            "After job: that one is in Maintenance whenever it is due",
        ),
        (
            daily,
            "After: job, Timezone: UTC, Only: Mon-Fri 08:00-18:00",
            "After job: no run of that one can end within the hours of Only here",
        ),
        (
            "Interval: 60, Timeout: 60, Timezone: UTC, Only: Mon",
            "After: job, Timezone: UTC, Only: Sat",
            "After job: no run of that one can end within the hours of Only here",
        ),
    ] {
        let found = after(cause, own);
        assert!(found.len() == 1 && found[0].contains(reason), "{cause} {own}: {found:?}");
    }
    for (cause, own) in [
        (daily, "After: job, Timezone: UTC, Only: Mon-Fri 03:00-18:00"),
        (daily, "After: [job, chained]"),
        ("At: '02:30'", "After: job, Interval: 1h, Only: Mon-Fri 08:00-18:00"),
        ("At: '02:30', Timezone: UTC, Timeout: 2d", "After: job, Timezone: UTC, Only: 08:00-18:00"),
        ("Timeout: 1h", "After: job"),
        ("Interval: 60, Timeout: 60, Timezone: UTC, Only: Mon", "After: job, Timezone: UTC, Only: Tue"),
        ("Interval: 60, Timeout: 60, Timezone: UTC, Only: Mon", "After: job, Timezone: UTC, Only: Mon 23:00-23:01"),
        ("Interval: 60, Timeout: 2h, Timezone: UTC, Only: 08:00-09:00", "After: job, Timezone: UTC, Only: 10:00-11:00"),
    ] {
        assert_eq!(after(cause, own), [""; 0], "{cause} {own}");
    }
}

#[test]
fn a_serial_group_with_one_plugin_and_nearly_the_name_of_another_is_a_warning() {
    let groups = |of_a: &str, of_b: &str| {
        told_of("", &format!("  a: {{Command: x, SerialGroup: {of_a}}}\n  b: {{Command: x, SerialGroup: {of_b}}}"))
    };
    let found = groups("disk_io", "Disk-IO");
    assert!(
        found.len() == 2
            && found[0]
                .contains("SerialGroup disk_io has no other plugin, so nothing waits for it; did you mean Disk-IO?"),
        "{found:?}"
    );
    assert_eq!((groups("disk", "disk"), groups("disk1", "disk2")), (Vec::new(), Vec::new()));
}

#[test]
fn misspelt_members_and_words_for_lists_and_times_stay_parameters() {
    for (parameters, reason) in [
        (
            "Escalate: {after: 30m, action: Tell}",
            "Escalate has after, which is none of After, Action; did you mean After?",
        ),
        (
            "Escalate: {After: 30m, Actoin: Tell}",
            "Escalate has Actoin, which is none of After, Action; did you mean Action?",
        ),
        ("Escalate: [{After: 30m, Action: Tell}, {AFTER: 1h, Action: Tell}]", "did you mean After?"),
        (
            "Maintenance: [{cron: '0 3 * * *', duration: 1h}]",
            "Maintenance has cron, which is none of Cron, Duration, Timezone; did you mean Cron?",
        ),
        ("Maintenance: {Cron: '0 3 * * *', duration: 1h}", "did you mean Duration?"),
        ("Maintenance: {Cron: '0 3 * * *', Duration: 1h, TimeZone: UTC}", "did you mean Timezone?"),
        ("Escalation: {After: 30m, Action: Tell}", "did you mean `Escalate`"),
        ("escalate: {After: 30m, Action: Tell}", "did you mean Escalate?"),
        ("RetryInterval: true", "RetryInterval has to be a time such as 30s or 5m, not True"),
        ("Action: Tell, Repeat: yes", "Repeat has to be a time such as 30s or 5m, not True"),
        ("Action: Tell, ActionGroup: on", "ActionGroup has to be a time such as 30s or 5m, not True"),
        ("Only: true", "Only has to be hours of the week"),
        ("Only: yes", "not True"),
        ("Maintenance: on", "Maintenance has to be a list of windows"),
        ("Cron: yes", "Cron has to be a pattern"),
        ("At: true", "At has to be a time of day"),
        ("Missed: yes", "Missed has to be skip or once, not True"),
        ("DependsOn: true", "DependsOn has to be the name of a plugin"),
        ("After: yes", "After has to be the name of a plugin"),
        ("Retries: true", "Retries has to be a whole number"),
        ("FlapThreshold: on", "FlapThreshold has to be a whole number"),
        ("SerialGroup: yes", "SerialGroup has to be a name"),
        ("Actions: true", "Actions has to be a list of entries of actions"),
        ("ActionOn: true", "ActionOn has to be one of"),
        ("OnParentBad: no", "OnParentBad has to be run or skip"),
        ("RepeatInterval: 1h", "did you mean `Repeat`"),
        ("NotifyOn: change", "did you mean `ActionOn`"),
        ("QuietHours: '22:00-06:00'", "did you mean `Maintenance`"),
        ("MaintenanceWindows: '0 3 * * *'", "did you mean `Maintenance`"),
        ("CatchUp: once", "did you mean `Missed: once`"),
    ] {
        expect(parameters, reason);
        let folder = Folder::with(&format!(
            "{ACTIONS}templates: {{BasePlugin: {{}}}}\nplugins:\n  p: {{Command: x, {parameters}}}"
        ));
        assert_eq!(names(&folder.config()), ["p"], "{parameters}");
    }
}

#[test]
fn a_cluster_that_counts_no_other_plugin_is_a_warning() {
    let cluster = |plugins: &str| {
        let found = told_of(
            "",
            &format!(
                "  all: {{Check: cluster, Interval: 60, Plugins: {plugins}}}\n  web1: {{Command: x, Interval: 60}}\n  \
                 idle: {{Command: x, Enabled: false}}"
            ),
        );
        found.into_iter().filter(|text| text.contains("Plugin all")).collect::<Vec<_>>()
    };
    for (plugins, reason) in [
        ("[all]", "Plugins names all, which is this plugin itself, so each run is an ERROR; correct it"),
        ("'x*'", "Plugins names x*, which fits no other plugin of this configuration, so each run is an ERROR"),
        ("'al?'", "Plugins names al?, which fits no other plugin"),
        ("[web1, idle]", "Plugins names idle, which is switched off, so each run is an ERROR"),
        ("web2", "which is no plugin of this configuration, so each run is an ERROR; did you mean web1?"),
    ] {
        let found = cluster(plugins);
        assert!(found.len() == 1 && found[0].contains(reason), "{plugins}: {found:?}");
    }
    for quiet in ["[web1]", "'*'", "'web?'", "'*1'"] {
        assert_eq!(cluster(quiet), [""; 0], "{quiet}");
    }
}

#[test]
fn settings_that_cannot_do_what_they_say_are_warnings() {
    let top = |top: &str| told_of(&format!("{top}\n"), "  p: {Command: x}");
    for (settings, reason) in [
        ("history_disk: 1G", "history_disk sets nothing, because there is no journal without a state_dir"),
        ("durability: fsync", "durability sets nothing, because there is no journal"),
        ("otlp: {endpoint: 'http://c:4318/metrics'}", "otlp.endpoint ends with /metrics, behind which smokerd adds"),
    ] {
        let found = top(settings);
        assert!(found.len() == 1 && found[0].contains(reason), "{settings}: {found:?}");
    }
    assert_eq!(top("history_disk: 1G\nstate_dir: /var/lib/smokerd"), [""; 0]);
    let told = |port: u16| told_of(&format!("otlp: {{endpoint: 'http://c:{port}'}}\n"), "  p: {Command: x}");
    let found = told(4317);
    assert!(found.len() == 1 && found[0].contains("otlp.endpoint has the port 4317"), "{found:?}");
    assert_eq!(told(4318), [""; 0]);
    let settings = |otlp: &str| {
        Folder::with(&format!("otlp: {otlp}\ntemplates: {{BasePlugin: {{}}}}\nplugins:\n  p: {{Command: x}}"))
    };
    let fault = settings("{endpoint: 'http://c:4318/v1'}").error();
    assert!(fault.contains("leave out /v1, since /v1/metrics and /v1/logs are added to it"), "{fault}");
    let fault = settings("{endpoint: 'http://c:4318', interval: yes}").error();
    assert!(fault.contains("otlp.interval has to be a time from 1s to 1d, not True"), "{fault}");
}
