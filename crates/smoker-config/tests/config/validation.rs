//! Which plugins load, what they become, and why others do not load.

use std::path::Path;
use std::time::Duration;

use smoker_config::problem::Severity;
use smoker_model::plugin::{AccountId, Execution, RunAs, StdinMode, Trigger};
use smoker_model::value::Value;

use crate::support::{Folder, names, plugin, text};

/// A plugin `p` of these parameters beside one that always loads.
fn beside_a_good_one(parameters: &str) -> Folder {
    Folder::with_plugins(&format!("  p: {{{parameters}}}\n  good: {{Command: 'true'}}"))
}

#[test]
fn every_reason_not_to_load_is_reported_with_its_place() {
    let number = "Timeout has to be a number of seconds above 0, not";
    let units =
        "Timeout has to be a number of seconds above 0 or a duration such as 500ms, 5s, 10m, 1h30m or 1.5h, not";
    let zero = "Timeout parameter can't be 0: it has to be a number of seconds above 0, not";
    let time = "has to be a number of seconds or a duration such as 500ms, 5s, 10m, 1h30m or 1.5h, not";
    let cases = [
        ("Command: x, Timeout: 0", 19, format!("{zero} 0")),
        ("Command: x, Timeout: -0.5", 19, format!("{zero} -0.5")),
        ("Command: x, Timeout: false", 19, format!("{zero} False")),
        ("Command: x, Timeout: .nan", 19, format!("{zero} nan")),
        ("Command: x, Timeout: '10'", 19, format!("{number} the text '10': write it without quotes")),
        ("Command: x, Timeout: 5 min", 19, format!("{units} '5 min'; write 5m")),
        ("Command: x, Timeout: later", 19, format!("{units} 'later'")),
        ("Command: x, Timeout: null", 19, format!("{number} nothing")),
        ("Command: x, Timeout: []", 19, format!("{number} a list")),
        ("Command: x, Timeout: {}", 19, format!("{number} a mapping")),
        ("Command: x, Timeout: 2024-01-02", 19, format!("{number} a date")),
        ("Category: x", 3, "Command or Module parameter has to be set".to_owned()),
        ("", 3, "Command or Module parameter has to be set".to_owned()),
        ("Command: ''", 7, "Command or Module parameter has to be set".to_owned()),
        ("Parser: p", 3, "Command or Module parameter has to be set".to_owned()),
        ("Command: x, Module: m", 19, "Command and Module parameters cannot be set together".to_owned()),
        ("Module: m, Parser: p", 18, "Parser can be used only with Command parameter".to_owned()),
        ("Command: x, Interval: '10'", 19, format!("Interval {time} the text '10': write it without quotes")),
        ("Command: x, Interval: soon", 19, format!("Interval {time} 'soon'")),
        ("Command: x, Interval: 5min", 19, format!("Interval {time} '5min'; write 5m")),
        ("Command: x, Interval: [1]", 19, format!("Interval {time} a list")),
        (
            "Command: x, Interval: -5",
            19,
            "Interval is -5; write the seconds between its runs, or 0 for runs on request only".to_owned(),
        ),
        ("Command: x, 8080: web", 19, "the name of its parameter 8080 has to be text; write it in quotes".to_owned()),
        ("Command: x, on: web", 19, "the name of its parameter true has to be text; write it in quotes".to_owned()),
    ];
    for (parameters, column, reason) in cases {
        let folder = beside_a_good_one(parameters);
        assert_eq!(names(&folder.config()), ["good"], "{parameters}");
        let expected = format!("Error smokerd.yaml:4:{column}: Plugin p not loaded: {reason}");
        assert_eq!(folder.problems(), [expected], "{parameters}");
    }
}

#[test]
fn all_faults_of_a_plugin_are_reported_at_once() {
    let folder = beside_a_good_one("Timeout: 10 sec, Interval: soon, Action: Tel, on: 1, Module: m, Command: x");
    let problems = folder.problems();
    let reasons = ["parameter true has to be text", "Action Tel", "Timeout has", "set together", "Interval has"];
    assert_eq!(problems.len(), reasons.len(), "{problems:?}");
    for reason in reasons {
        let is_told = |problem: &&String| problem.starts_with("Error") && problem.contains(reason);
        assert_eq!(problems.iter().filter(is_told).count(), 1, "{reason}: {problems:?}");
    }
    // What a template that is not there would have said is not missed.
    let folder = beside_a_good_one("Template: Nowhere, Timeout: 0");
    let problems = folder.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].contains("Template Nowhere") && problems[1].contains("Timeout"), "{problems:?}");
}

#[test]
fn settings_sections_and_plugins_are_reported_at_once() {
    let folder = Folder::with("bind_port: x\nallow: y\ntemplates: {BasePlugin: {}}\nplugins: {p: {Timeout: 0}}\n");
    let error = folder.load().expect_err("it has no plugin");
    let faults: Vec<_> = error.faults().map(|(_, text)| text.to_owned()).collect();
    assert!(faults[0].contains("bind_port has to be") && faults[1].contains("allow has to be"), "{faults:?}");
    assert!(faults[2].contains("No plugins loaded!"), "{faults:?}");
    assert_eq!(error.problems().len(), 2, "{:?}", error.problems());
}

#[test]
fn a_body_has_to_be_a_mapping_and_a_name_has_to_be_text() {
    let folder = Folder::with_plugins(
        "  null: {Command: x}\n  123: {Command: x}\n  on: {Command: x}\n  empty:\n  text: abc\n  list: [1]\n  number: 5\n  \
         equals:\n    MaintenanceLock = /x\n  '456': {Command: x}\n  y: {Command: x}\n  a/b c%: {Command: x}",
    );
    let config = folder.config();
    assert_eq!(names(&config), ["456", "y", "a/b c%"]);
    assert_eq!(
        folder.problems(),
        [
            "Error smokerd.yaml:4:3: Plugin null not loaded: its name has to be text; write it in quotes",
            "Error smokerd.yaml:5:3: Plugin 123 not loaded: its name has to be text; write it in quotes",
            "Error smokerd.yaml:6:3: Plugin true not loaded: its name has to be text, and YAML reads words such as on, off, yes and no as true or false; write it in quotes",
            "Error smokerd.yaml:7:3: Plugin empty not loaded: the plugin is empty; it needs parameters such as `Command: uptime`",
            "Error smokerd.yaml:8:9: Plugin text not loaded: the plugin has to be a mapping of parameters, not text",
            "Error smokerd.yaml:9:9: Plugin list not loaded: the plugin has to be a mapping of parameters, not a list",
            "Error smokerd.yaml:10:11: Plugin number not loaded: the plugin has to be a mapping of parameters, not a number",
            "Error smokerd.yaml:12:5: Plugin equals not loaded: the plugin has to be a mapping of parameters, not text; use a colon: `MaintenanceLock: /x`",
        ]
    );
    assert!(config.problems.iter().all(|problem| problem.severity == Severity::Error && problem.plugin.is_some()));
}

#[test]
fn commands_modules_and_parsers() {
    let folder = Folder::with_plugins(
        "  a: {Command: echo, Parser: p.q, Module: false}\n  b: {Module: m, Command: null, Parser: ''}\n  c: {Command: [echo, hi]}",
    );
    let config = folder.config();
    let execution = |name: &str| plugin(&config, name).invocation.execution.clone();
    assert_eq!(execution("a"), Execution::Command { command: text("echo"), parser: Some("p.q".to_owned()) });
    assert_eq!(execution("b"), Execution::Module("m".to_owned()));
    let list = Value::List(vec![text("echo"), text("hi")]);
    assert_eq!(execution("c"), Execution::Command { command: list, parser: None });
    assert_eq!(
        folder.problems(),
        [
            "Warning smokerd.yaml:6:7: Plugin c: Command has to be text, not a list; each run will be an ERROR; put quotes around the command (`[` begins a list in YAML)"
        ]
    );
}

#[test]
fn intervals_and_the_spread_of_first_runs() {
    let seconds = Duration::from_secs_f64;
    let cases = [
        ("Interval: 60", Some(60.0), 60.0),
        ("Interval: 0.5", Some(0.5), 0.0),
        ("Interval: 9.9", Some(9.9), 0.0),
        ("Interval: 10", Some(10.0), 10.0),
        ("Interval: 30s", Some(30.0), 30.0),
        ("Interval: 1.5h", Some(5400.0), 5400.0),
        ("Interval: 1d", Some(86_400.0), 86_400.0),
        ("Interval: true", Some(1.0), 0.0),
        ("Interval: 0", None, 0.0),
        ("Interval: 0s", None, 0.0),
        ("Interval: null", None, 0.0),
        ("Interval: ''", None, 0.0),
        ("Interval: []", None, 0.0),
        ("Interval: .inf", None, 0.0),
        ("Interval: .nan", None, 0.0),
        ("Interval: 60, Splay: 10", Some(60.0), 10.0),
        ("Interval: 60, Splay: 0", Some(60.0), 0.0),
        ("Interval: 60, Splay: 2m", Some(60.0), 60.0),
        ("Interval: 60, Splay: -1", Some(60.0), 0.0),
        ("Interval: 60, Splay: null", Some(60.0), 60.0),
        ("Interval: 5, Splay: 5", Some(5.0), 5.0),
        ("Splay: 5", None, 0.0),
    ];
    for (parameters, interval, splay) in cases {
        let config = beside_a_good_one(&format!("Command: x, {parameters}")).config();
        let plugin = plugin(&config, "p");
        let expected = interval.map(|interval| Trigger::Every { interval: seconds(interval), splay: seconds(splay) });
        assert_eq!(plugin.trigger, expected, "{parameters}");
        assert_eq!(config.problems, [], "{parameters}");
    }
}

#[test]
fn what_makes_no_sense_but_does_no_harm_is_warned_of() {
    let cases = [
        ("History: '10'", "History has to be a whole number, not text; the default, 10, is used"),
        ("History: null", "History has to be a whole number, not nothing; the default, 10, is used"),
        ("History: 1.5", "History has to be a whole number, not 1.5; the default, 10, is used"),
        ("Parser: 5", "Parser has to be the dotted name of a Python module, not a number; each run will be an ERROR"),
        ("Serial: 'yes'", "Serial has to be true or false, not yes; false is used"),
        ("LeaveRunning: 1", "LeaveRunning has to be true or false, not 1; false is used"),
        ("Stdin: xml", "Stdin has to be json, not xml; it is a plain parameter, and the input is empty"),
        ("Stdin: true", "Stdin has to be json, not True; it is a plain parameter, and the input is empty"),
        (
            "MaintenanceLock: 5",
            "MaintenanceLock has to be the path of a file, not a number; it is a plain parameter and locks nothing",
        ),
        (
            "MaxMemory: 90",
            "MaxMemory is 90 bytes, with which no program starts (for a limit write a unit, such as 90M); it is a plain parameter and sets nothing",
        ),
        (
            "MaxOutput: 10",
            "MaxOutput is 10 bytes, less than a message; it is a plain parameter; the default, 1 MiB, is used",
        ),
        (
            "MaxOutput: -1",
            "MaxOutput has to be a whole number of bytes above 0 or a text such as 64K, 2M or 1G, not -1; the default, 1 MiB, is used",
        ),
        (
            "Splay: soon",
            "Splay has to be a number of seconds or a duration such as 500ms, 5s, 10m, 1h30m or 1.5h, not 'soon'; the default, 0 s, is used",
        ),
        ("Interval: 0.001", "Interval is raised to the shortest, 0.01 s"),
        ("uid: 1", "uid is set without gid; set both or neither; each run will be an ERROR"),
        ("gid: nogroup", "gid is set without uid; set both or neither; each run will be an ERROR"),
        ("uid: -1, gid: 1", "uid has to be a name or a number from 0, not -1; each run will be an ERROR"),
        ("uid: 1, gid: 1.5", "gid has to be a name or a number from 0, not 1.5; each run will be an ERROR"),
    ];
    for (parameter, expected) in cases {
        let folder = beside_a_good_one(&format!("Command: x, {parameter}"));
        assert_eq!(names(&folder.config()), ["p", "good"], "{parameter}");
        let problems = folder.problems();
        let [problem] = problems.as_slice() else { panic!("{parameter}: {problems:?}") };
        assert!(problem.starts_with("Warning smokerd.yaml:4:"), "{problem}");
        assert!(problem.ends_with(&format!(": Plugin p: {expected}")), "{problem}");
    }
}

#[test]
fn the_rest_of_a_specification() {
    let folder = Folder::with_plugins(
        "  a: {Command: x, History: 3, Serial: true, MaxOutput: 64K, Stdin: Json, MaintenanceLock: /x, Timeout: 0.5, uid: nobody, gid: '65534', LeaveRunning: yes}
  b: {Command: x, History: -1, Serial: null, Stdin: null, MaintenanceLock: null, Timeout: .inf, uid: null, gid: default}
  c: {Command: x, uid: 0}",
    );
    let config = folder.config();
    let (a, b, c) = (plugin(&config, "a"), plugin(&config, "b"), plugin(&config, "c"));
    assert_eq!((a.history, a.serial, a.invocation.max_output, a.invocation.stdin), (3, true, 65_536, StdinMode::Json));
    assert_eq!((a.invocation.leave_running, b.invocation.leave_running), (true, false));
    assert_eq!(a.maintenance_lock.as_deref(), Some(Path::new("/x")));
    assert_eq!(
        (a.invocation.timeout.duration, a.invocation.timeout.text.as_str()),
        (Duration::from_millis(500), "0.5")
    );
    let user = AccountId::Name("nobody".to_owned());
    assert_eq!(a.run_as, RunAs::Account { user, group: AccountId::Number(65534) });
    assert_eq!(
        (b.history, b.serial, b.invocation.max_output, b.invocation.stdin),
        (0, false, 1_048_576, StdinMode::Null)
    );
    assert_eq!((b.maintenance_lock.as_deref(), b.invocation.timeout.duration), (None, Duration::MAX));
    assert_eq!(b.run_as, RunAs::Daemon);
    assert_eq!(c.run_as, RunAs::Unusable("uid is set without gid; set both or neither".to_owned()));
    assert_eq!(a.parameters["MaxOutput"], text("64K"));
    assert!(!c.parameters.contains_key("MaxOutput"));
}

#[test]
fn very_near_misspellings_are_reported_once_where_they_stand() {
    let folder = Folder::with(
        "templates: {BasePlugin: {Timout: 5}, T: {interval: 5}}
actions: {A: {Comand: x, Command: x}}
plugins:
  p: {Comand: x, Command: x, UID: 5, Category: c, Mode: 1, Type: t, Component: d, id: 3}
  q: {Command: x, Intervall: 5, Action: A}
  r: {Command: x, Leave_Running: true}
",
    );
    let config = folder.config();
    assert_eq!(plugin(&config, "p").parameters["Timout"], Value::Int(5));
    let is_not_known = "is not known to the daemon; did you mean";
    assert_eq!(
        folder.problems(),
        [
            format!("Warning smokerd.yaml:1:26: Template BasePlugin: the parameter Timout {is_not_known} Timeout?"),
            format!("Warning smokerd.yaml:1:42: Template T: the parameter interval {is_not_known} Interval?"),
            format!("Warning smokerd.yaml:2:15: Action A: the parameter Comand {is_not_known} Command?"),
            format!("Warning smokerd.yaml:4:7: Plugin p: the parameter Comand {is_not_known} Command?"),
            format!("Warning smokerd.yaml:4:30: Plugin p: the parameter UID {is_not_known} uid?"),
            format!("Warning smokerd.yaml:5:19: Plugin q: the parameter Intervall {is_not_known} Interval?"),
            format!("Warning smokerd.yaml:6:19: Plugin r: the parameter Leave_Running {is_not_known} LeaveRunning?"),
        ]
    );
}
