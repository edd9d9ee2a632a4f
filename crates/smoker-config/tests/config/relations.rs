//! `Retries`, `RetryInterval`, `FlapThreshold`, `DependsOn`, `OnParentBad`, `After` and `SerialGroup`.

use std::time::Duration;

use smoker_config::config;
use smoker_model::plugin::{OnParentBad, PluginName};

use crate::support::{Folder, names, plugin};

fn of(parameters: &str) -> Folder {
    Folder::with_plugins(&format!(
        "  p: {{Command: x, {parameters}}}\n  database: {{Command: x}}\n  idle: {{Command: x, Enabled: false}}"
    ))
}

#[test]
fn the_rules_of_a_plugin_are_read() {
    let config = of("Interval: 60, Retries: 3, RetryInterval: 10s, FlapThreshold: 30, DependsOn: [database, idle], OnParentBad: Run, After: database, SerialGroup: disk").config();
    let rules = &plugin(&config, "p").rules;
    assert_eq!(
        (rules.retries, rules.retry_interval, rules.flap_threshold),
        (Some(3), Some(Duration::from_secs(10)), Some(30))
    );
    assert_eq!(
        (&*rules.depends_on, rules.on_parent_bad),
        (&["database", "idle"].map(PluginName::from)[..], OnParentBad::Run)
    );
    assert_eq!((&*rules.after, rules.serial_group.as_deref()), (&["database".into()][..], Some("disk")));
}

#[test]
fn what_cannot_be_meant_stays_a_parameter_of_the_users_own() {
    for (parameters, reason) in [
        ("Retries: often", "Retries has to be a whole number from 1 to 1000, not 'often'"),
        ("Retries: 0", "not 0"),
        ("RetryInterval: 0", "RetryInterval has to be a time above 0, not 0"),
        ("RetryInterval: soon", "RetryInterval has to be a number of seconds or a duration such as 500ms"),
        ("FlapThreshold: 101", "FlapThreshold has to be a whole number from 1 to 100, not 101"),
        ("DependsOn: 5", "DependsOn has to be the name of a plugin, or a list of names, not 5"),
        ("DependsOn: [database, {a: 1}]", "not a mapping"),
        ("OnParentBad: stop", "OnParentBad has to be run or skip, not 'stop'"),
        ("After: true", "After has to be the name of a plugin, or a list of names, not True"),
        ("SerialGroup: [a]", "SerialGroup has to be a name, not a list"),
    ] {
        let folder = of(parameters);
        let problems = folder.problems();
        let told: Vec<_> = problems.iter().filter(|problem| problem.starts_with("Warning")).collect();
        let [told] = told.as_slice() else { panic!("{parameters}: {problems:?}") };
        assert!(told.contains(reason) && told.ends_with("; it is a plain parameter and sets nothing"), "{told}");
        let config = folder.config();
        let key = parameters.split(':').next().expect("a key");
        assert!(plugin(&config, "p").parameters.contains_key(key), "{parameters}");
    }
}

#[test]
fn names_of_no_plugin_set_nothing_and_are_told() {
    for (parameters, told, left) in [
        (
            "DependsOn: databse",
            "DependsOn databse: there is no such plugin, so it sets nothing; did you mean database?",
            0,
        ),
        (
            "After: [database, x1]",
            "After x1: there is no such plugin, so it sets nothing; name a plugin of this daemon",
            1,
        ),
        ("After: 10 minutes", "After 10 minutes: there is no such plugin, so it sets nothing", 0),
    ] {
        let folder = of(parameters);
        let problems = folder.problems();
        let expected = format!("Plugin p: {told}");
        assert!(problems.iter().any(|it| it.starts_with("Warning") && it.contains(&expected)), "{problems:?}");
        let config = folder.config();
        let p = plugin(&config, "p");
        assert_eq!(p.rules.depends_on.len() + p.rules.after.len(), left, "{parameters}");
        assert!(p.parameters.contains_key(parameters.split(':').next().expect("a key")), "{parameters}");
    }
}

#[test]
fn the_review_knows_rules_that_set_nothing() {
    let review = |parameters: &str| -> Vec<String> {
        let folder = of(parameters);
        config::review(&folder.configuration(), &|_| None).iter().map(ToString::to_string).collect()
    };
    for (parameters, advice) in [
        (
            "Interval: 60, RetryInterval: 10s",
            "RetryInterval sets nothing, because no result is ever soft; set Retries to 2 or more",
        ),
        ("Interval: 60, RetryInterval: 10s, Retries: 1", "RetryInterval sets nothing"),
        ("Retries: 3", "Retries sets nothing, because it runs on request only, and such runs are no attempts"),
        ("OnParentBad: run", "OnParentBad sets nothing, because it depends on no plugin; set DependsOn"),
    ] {
        let told = review(parameters);
        assert!(told.iter().any(|line| line.contains(advice)), "{parameters}: {told:?}");
    }
    for quiet in [
        "At: '02:30', RetryInterval: 10s, Retries: 2",
        "After: database, Retries: 2",
        "OnParentBad: run, DependsOn: database",
    ] {
        assert!(!review(quiet).iter().any(|line| line.contains("sets nothing")), "{quiet}");
    }
    assert_eq!(plugin(&of("Retries: 3").config(), "p").rules.retries, None);
}

#[test]
fn circles_are_errors_with_the_way() {
    let errors = |folder: &Folder| -> Vec<String> {
        let problems = folder.problems().into_iter().filter(|problem| problem.starts_with("Error"));
        problems.filter_map(|problem| Some(problem.split_once(": Plugin ")?.1.to_owned())).collect()
    };
    let folder = Folder::with_plugins(
        "  a: {Command: x, DependsOn: [d, b]}\n  b: {Command: x, DependsOn: c}\n  c: {Command: x, DependsOn: a}\n  d: {Command: x}\n  e: {Command: x, DependsOn: a}\n  f: {Command: x, After: f}",
    );
    assert_eq!(
        errors(&folder),
        [
            "a not loaded: DependsOn goes in a circle: a -> b -> c -> a; break it",
            "b not loaded: DependsOn goes in a circle: b -> c -> a -> b; break it",
            "c not loaded: DependsOn goes in a circle: c -> a -> b -> c; break it",
            "f not loaded: After goes in a circle: f -> f; break it",
        ]
    );
    assert_eq!(names(&folder.config()), ["d", "e"]);
    // Once `b` is bad, `a` is skipped, after which alone `b` runs.
    let folder = |rest: &str| {
        Folder::with_plugins(&format!("  a: {{Command: x, DependsOn: b}}\n  b: {{Command: x, After: [a, a]{rest}}}"))
    };
    assert_eq!(
        errors(&folder("")),
        [
            "a not loaded: DependsOn and After go in a circle: a -> b -> a; break it",
            "b not loaded: DependsOn and After go in a circle: b -> a -> b; break it",
        ]
    );
    let config = folder(", Interval: 1h").config();
    assert_eq!(plugin(&config, "b").rules.after.len(), 1);
}

/// It would take minutes if the way back was looked for from each of them.
#[test]
fn a_long_chain_is_read_at_once() {
    let link = |at: usize| format!("  p{at}: {{Command: x, Interval: 60, DependsOn: p{}}}\n", at + 1);
    let chain: String = (0..20_000).map(link).collect();
    let folder = Folder::with_plugins(&format!(
        "{chain}  p20000: {{Command: x, Interval: 60, DependsOn: last}}\n  last: {{Command: x, Interval: 60, DependsOn: last}}"
    ));
    let config = folder.config();
    assert_eq!((config.plugins.len(), config.left_out.len()), (20_001, 1));
}

#[test]
fn causes_that_never_run_by_themselves_are_warnings() {
    let told = |parameters: &str| -> Vec<String> {
        let problems = of(parameters).problems().into_iter().filter(|problem| problem.starts_with("Warning"));
        problems.filter_map(|problem| Some(problem.split_once(": Plugin p: ")?.1.to_owned())).collect()
    };
    for (parameters, expected) in [
        ("After: idle", "After idle: that one is switched off or does not load, so this plugin never runs by itself"),
        ("After: [database, idle]", "After idle: that one is switched off or does not load, so no run follows it"),
        (
            "Interval: 60, DependsOn: database",
            "DependsOn database: that one runs on request only, so once bad it stays so",
        ),
    ] {
        let told = told(parameters);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{parameters}: {told:?}");
    }
    for quiet in ["After: database", "DependsOn: database", "Interval: 60, DependsOn: idle"] {
        assert_eq!(told(quiet), [""; 0], "{quiet}");
    }
}

#[test]
fn a_cause_of_which_nobody_is_told_is_a_warning() {
    let problems = |database: &str| {
        let text = format!(
            "actions: {{tell: {{Command: y}}}}\ntemplates: {{BasePlugin: {{}}}}\nplugins:\n  p: {{Command: x, DependsOn: [idle, database], Action: tell}}\n  \
             quiet: {{Command: x, DependsOn: database}}\n  database: {{Command: x{database}}}\n  idle: {{Command: x, Enabled: false}}\n"
        );
        let problems = Folder::with(&text).problems();
        problems.into_iter().filter(|problem| !problem.starts_with("Info")).collect::<Vec<_>>()
    };
    let found = problems("");
    let [found] = found.as_slice() else { panic!("{found:?}") };
    assert!(found.contains("Plugin p: while database is ERROR the actions of this plugin are held"), "{found}");
    assert_eq!(problems(", Action: tell"), [""; 0]);
    let of_recoveries = problems(", Action: tell, ActionOn: recovery");
    assert!(of_recoveries.iter().any(|it| it.contains("database has only some for recoveries: nobody is told")));
}
