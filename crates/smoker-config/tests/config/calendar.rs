//! `Cron`, `At`, `Timezone`, `Missed`, `Only` and `Maintenance`.

use std::time::Duration;

use smoker_config::config;
use smoker_model::calendar::cron::CronPattern;
use smoker_model::plugin::{MissedRuns, RunRules, Trigger};

use crate::support::{Folder, names, plugin};

fn of(parameters: &str) -> Folder {
    Folder::with_plugins(&format!("  p: {{Command: x, {parameters}}}\n  good: {{Command: x}}"))
}

/// The one problem of a plugin, without its place.
fn problem(parameters: &str) -> String {
    let problems = of(parameters).problems();
    let [problem] = problems.as_slice() else { panic!("{parameters}: {problems:?}") };
    problem.split_once(": Plugin p").unwrap_or_else(|| panic!("{problem}")).1.to_owned()
}

#[test]
fn times_of_the_calendar_become_the_trigger() {
    for (parameters, patterns, zone, splay) in [
        ("Cron: '30 2 * * *'", &["30 2 * * *"][..], None, 0),
        ("Cron: '@daily', Interval: 60", &["@daily"], None, 0),
        (
            "Cron: ['0 2 L * *', '0 3 * * MON#1'], Timezone: Europe/Prague",
            &["0 2 L * *", "0 3 * * MON#1"],
            Some("Europe/Prague"),
            0,
        ),
        ("At: '02:30', Splay: 10m", &["30 2 * * *"], None, 600),
        ("At: [2:05, '23:59'], Timezone: UTC", &["5 2 * * *", "59 23 * * *"], Some("UTC"), 0),
        ("Cron: '0 12 * * *', At: '9:00'", &["0 12 * * *", "0 9 * * *"], None, 0),
    ] {
        let config = of(parameters).config();
        let Some(Trigger::Calendar { schedule, splay: read }) = &plugin(&config, "p").trigger else {
            panic!("{parameters}")
        };
        let read_patterns: Vec<_> = schedule.patterns.iter().map(CronPattern::text).collect();
        assert_eq!((read_patterns.as_slice(), schedule.zone.name()), (patterns, zone), "{parameters}");
        assert_eq!(*read, Duration::from_secs(splay), "{parameters}");
    }
    let config = of(
        "Cron: '@hourly', Missed: Once, Only: [Mon-Fri 08:00-18:00, Sat], Maintenance: {Cron: '@weekly', Duration: 2h}",
    )
    .config();
    let rules = &plugin(&config, "p").rules;
    assert_eq!((rules.missed, rules.only.as_ref().map(|only| only.spans.len())), (MissedRuns::Once, Some(2)));
    assert_eq!(rules.maintenance[0].duration, Duration::from_secs(7200));
    assert_eq!(config.problems, []);
    assert_eq!(plugin(&config, "good").rules, RunRules::default());
    assert!(!plugin(&config, "good").parameters.contains_key("Cron"), "what is not configured is no parameter");
}

#[test]
fn maintenance_that_leaves_no_time_is_a_warning() {
    for (parameters, reason) in [
        (
            "Interval: 1h, Maintenance: [{Cron: '0 0 * * *', Duration: 12h}, {Cron: '0 10 * * *', Duration: 14h}], Timezone: UTC",
            "Maintenance has a window at any time, so nothing is ever checked; make it shorter",
        ),
        (
            "At: '02:30', Maintenance: {Cron: '0 2 * * *', Duration: 1h}",
            "Maintenance has all times of Cron and At, so nothing is ever checked; correct one of them",
        ),
    ] {
        let problem = problem(parameters);
        assert!(problem.ends_with(reason), "{problem}");
        assert_eq!(names(&of(parameters).config()), ["p", "good"]);
    }
}

#[test]
fn maintenance_that_leaves_a_time_is_taken() {
    for parameters in [
        "Interval: 1h, Maintenance: {Cron: '0 0 1 * *', Duration: 30d}, Timezone: UTC",
        "At: '02:30', Maintenance: {Cron: '0 2 * * SUN', Duration: 1h}",
        "Cron: '* * * * *', Maintenance: {Cron: '0 * * * *', Duration: 59m}",
    ] {
        assert_eq!(of(parameters).problems(), [""; 0], "{parameters}");
    }
}

#[test]
fn what_is_meant_and_wrong_is_refused_with_its_place() {
    for (parameters, reason) in [
        (
            "Cron: '0 22-2 * * *'",
            "Cron '0 22-2 * * *' is no pattern of cron: '22-2' ends before it begins; write two ranges, with a comma between them",
        ),
        (
            "Cron: '5/15 * * * *'",
            "Cron '5/15 * * * *' is no pattern of cron: '5/15' has a step and no range; write 5-59/15",
        ),
        (
            "Maintenance: {Cron: '0 0 30 2 *', Duration: 1h}",
            "Maintenance has a window whose Cron never comes; correct the day or the month",
        ),
        ("Cron: '0 0 30 2 *'", "Cron 0 0 30 2 * never comes, so it would never run; correct the day or the month"),
        ("Cron: '61 * * * *'", "Cron '61 * * * *' is no pattern of cron: "),
        (
            "Cron: '0 30 2 * * *'",
            "it has to have 5 fields, minute, hour, day, month and weekday, not 6 (there are no seconds)",
        ),
        ("Cron: '@reboot'", "it is none of @yearly"),
        ("At: '25:00'", "At is '25:00': no clock shows 25:00; write 00:00 to 23:59"),
        (
            "At: '02:30', Timezone: Europe/Pragu",
            "Timezone: 'Europe/Pragu' is no time zone that this machine knows; did you mean Europe/Prague?",
        ),
        ("Only: Mon-Fri 08:00", "Only 'Mon-Fri 08:00' is not understood: '08:00' has no end, as in `08:00-18:00`"),
        (
            "At: '02:30', Only: 08:00-18:00",
            "Only has none of its times of Cron and At, so it would never run; correct one of them",
        ),
        ("Maintenance: [{Cron: '0 3 * * *'}]", "Maintenance has a window without Duration, such as 2h"),
        (
            "Maintenance: [{Cron: '0 3 * *', Duration: 1h}]",
            "Maintenance has a window whose Cron '0 3 * *' is no pattern of cron: it has to have 5 fields",
        ),
        (
            "Maintenance: [{Cron: '0 3 * * *', Duration: 0}]",
            "Maintenance has a window whose Duration is no time above 0",
        ),
        (
            "Maintenance: [{Cron: '0 3 * * *', Duration: 1h, Zone: UTC}]",
            "Maintenance has a window with Zone, which is none of Cron, Duration and Timezone",
        ),
    ] {
        let folder = of(parameters);
        assert_eq!(names(&folder.config()), ["good"], "{parameters}");
        let told = problem(parameters);
        assert!(told.starts_with(" not loaded: ") && told.contains(reason), "{parameters}: {told}");
    }
}

#[test]
fn what_cannot_be_meant_stays_a_parameter_of_the_users_own() {
    for (parameters, reason) in [
        ("Cron: nightly", "Cron has to be a pattern such as '30 2 * * *', or @daily, not 'nightly'"),
        ("Cron: 5", "not 5"),
        ("Cron: {a: 1}", "not a mapping"),
        ("At: noon", "At has to be a time of day such as \"02:30\", or a list of them, not 'noon'"),
        ("At: 9", "not 9"),
        ("Timezone: 'Mars/Olympus'", "Timezone 'Mars/Olympus' is no time zone that this machine knows"),
        ("Timezone: 2", "Timezone has to be a name such as Europe/Prague, not 2"),
        ("Missed: 3", "Missed has to be skip or once, not 3"),
        (
            "Only: errors",
            "Only has to be hours of the week such as 'Mon-Fri 08:00-18:00', or a list of them, not 'errors'",
        ),
        (
            "Maintenance: true",
            "Maintenance has to be a list of windows such as {Cron: '0 3 * * SUN', Duration: 2h}, not True",
        ),
        (
            "Maintenance: [{Duration: 2h}]",
            "Maintenance has to be a list of windows such as {Cron: '0 3 * * SUN', Duration: 2h}, and no window has a Cron",
        ),
        ("Maintenance: [[a]]", "Duration: 2h}, not a list of other things"),
        ("Timezone: PST", "PST' is no time zone that this machine knows; write a name such as Europe/Prague"),
        ("Timezone: GMT+2", "GMT+2' is no time zone that this machine knows; write a name such as Europe/Prague"),
    ] {
        let config = of(parameters).config();
        assert_eq!((names(&config), plugin(&config, "p").trigger.is_none()), (vec!["p", "good"], true), "{parameters}");
        let key = parameters.split(':').next().expect("a key");
        assert!(plugin(&config, "p").parameters.contains_key(key), "{parameters}");
        let told = problem(parameters);
        assert!(
            told.contains(reason) && told.ends_with("; it is a plain parameter and sets nothing"),
            "{parameters}: {told}"
        );
    }
    let folder = of("Timezone: Europe/Prague, At: 12:30");
    assert!(
        problem("At: 12:30")
            .contains("At is 750, which is how YAML reads 12:30, and counts as that; put the time in quotes")
    );
    assert!(plugin(&folder.config(), "p").trigger.is_some());
}

#[test]
fn the_review_knows_the_calendar() {
    let review = |parameters: &str| -> Vec<String> {
        let folder = of(parameters);
        config::review(&folder.configuration(), &|_| None).iter().map(ToString::to_string).collect()
    };
    for quiet in
        ["Cron: '@daily', Splay: 1h", "At: '02:30', Timezone: UTC, Missed: skip", "Interval: 60, Only: Mon-Fri"]
    {
        assert_eq!(review(quiet), [""; 0], "{quiet}");
    }
    for (parameters, advice) in [
        (
            "Cron: '@daily', Interval: 60",
            "Interval 60 does not count, since Cron says when it runs; remove one of them",
        ),
        ("Schedule: '@daily'", "did you mean `Cron` (a pattern such as '30 2 * * *') or `At` (a time of day)?"),
        ("TimePeriod: workhours", "did you mean `Only`, the hours of the week in which it runs"),
        ("Downtime: tonight", "did you mean `Maintenance`, windows in which it does not run"),
    ] {
        let told = review(parameters);
        assert!(told.iter().any(|line| line.contains(advice)), "{parameters}: {told:?}");
    }
    let folder = Folder::with(
        "templates: {BasePlugin: {}, Night: {At: '02:30', Only: Mon-Fri}}\nplugins:\n  often: {Command: x, Template: Night, Interval: 60}\n  \
         free: {Command: x, Template: Night, Interval: 60, At: [], Only: [], Maintenance: []}\n",
    );
    let told: Vec<_> = config::review(&folder.configuration(), &|_| None).iter().map(ToString::to_string).collect();
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(told.contains("often: Interval 60 does not count, since At of its template says when it runs; for the Interval write At: [] beside it"));
    assert!(!folder.problems().iter().any(|it| it.starts_with("Warning")), "{:?}", folder.problems());
    assert!(plugin(&folder.config(), "free").rules.only.is_none());
    // What loading reports as misspelt is not reported once more.
    for misspelt in ["maintenance: tonight", "timezone: UTC"] {
        let told = review(misspelt);
        assert!(!told.iter().any(|line| line.contains("is not known to smokerd")), "{misspelt}: {told:?}");
    }
}
