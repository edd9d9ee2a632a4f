//! Scheduled runs: when the first one comes, that none is late because of
//! another, and what a forced run does when it meets one.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use chrono::{Local, NaiveDateTime, TimeDelta};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::outcome::Outcome;
use smoker_tests::wait;

/// Fails (says `overlap`) when two runs of it meet; a run ends when the file `go` exists.
const LOCKED: &str = "Command: |-\n  \
    mkdir {{DIR}}/lock || { echo overlap; exit 0; }\n  \
    echo begun >> {{DIR}}/begun\n  \
    while ! test -e {{DIR}}/go; do sleep 0.05; done\n  \
    rmdir {{DIR}}/lock; echo alone";

fn time(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn begin(outcome: &Outcome) -> NaiveDateTime {
    time(outcome.last_run())
}

fn next_run(daemon: &Daemon, name: &str) -> NaiveDateTime {
    let page = daemon.plugin(name);
    time(page["plugin"]["nextRun"].as_str().unwrap_or_else(|| panic!("no nextRun in {page}")))
}

fn seconds(delta: TimeDelta) -> f64 {
    delta.as_seconds_f64()
}

/// Two clients force runs without a pause; each of their plugins always waits for the only slot.
#[test]
fn timed_runs_have_their_share_of_the_slots_however_many_runs_are_forced() {
    let config = Config::new()
        .top("nr_concurrent_plugins: 1")
        .plugin("a", "Command: sleep 0.1")
        .plugin("b", "Command: sleep 0.1")
        .plugin("timed", "Command: echo x >> {{DIR}}/timed\nInterval: 0.5\nSplay: 0");
    let daemon = Daemon::start(config);
    let _ = daemon.wait_for_file("timed");
    let runs = || fs::read_to_string(daemon.path("timed")).map_or(0, |text| text.lines().count());
    let before = runs();
    let end = Instant::now() + Duration::from_secs(6);
    thread::scope(|scope| {
        for name in ["a", "a", "b", "b"] {
            let daemon = &daemon;
            scope.spawn(move || {
                while Instant::now() < end {
                    let _ = daemon.run(name);
                }
            });
        }
    });
    let timed = runs() - before;
    assert!(timed >= 6, "{timed} of 12 runs that were due");
}

#[test]
fn a_plugin_with_an_interval_runs_by_itself() {
    let daemon = Daemon::start(Config::new().plugin("beat", "Command: echo tick\nInterval: 1"));
    let results = daemon.wait_for_results("beat", 2);
    for result in &results {
        result.expect_ok(&["tick"]);
        assert!(!result.forced());
    }
}

#[test]
fn the_next_run_is_shown_and_moves_on() {
    let daemon =
        Daemon::start(Config::new().plugin("beat", "Command: 'true'\nInterval: 1").plugin("idle", "Command: 'true'"));
    let first = next_run(&daemon, "beat");
    wait::until_true("the next run to move on", || next_run(&daemon, "beat") > first);
    let moved = next_run(&daemon, "beat") - first;
    let beats = seconds(moved);
    assert!((beats - beats.round()).abs() < 0.01, "planned times are whole intervals apart: {moved}");
    assert!(daemon.plugin("idle")["plugin"]["nextRun"].is_null(), "without an interval nothing is planned");
}

#[test]
fn runs_do_not_drift() {
    let daemon = Daemon::start(Config::new().plugin("slow", "Command: sleep 0.4\nInterval: 1"));
    let results = daemon.wait_for_results("slow", 5);
    let between = seconds(begin(&results[4]) - begin(&results[0])) / 4.0;
    assert!((0.9..1.15).contains(&between), "runs begin {between} s apart");
}

#[test]
fn intervals_have_units() {
    let config = Config::new()
        .base("Splay: 0")
        .plugin("seconds", "Command: 'true'\nInterval: 30s")
        .plugin("minutes", "Command: 'true'\nInterval: 5m")
        .plugin("hours", "Command: 'true'\nInterval: 1h")
        .plugin("number", "Command: 'true'\nInterval: 90")
        .plugin("fraction", "Command: 'true'\nInterval: 90.5");
    let before = Local::now().naive_local();
    let daemon = Daemon::start(config);
    let after = Local::now().naive_local();
    for (name, interval) in
        [("seconds", 30.0), ("minutes", 300.0), ("hours", 3600.0), ("number", 90.0), ("fraction", 90.5)]
    {
        let next = next_run(&daemon, name);
        assert!(seconds(next - before) >= interval, "{name}: {next} is not {interval} s after {before}");
        assert!(seconds(next - after) <= interval, "{name}: {next} is more than {interval} s after {after}");
    }
}

#[test]
fn an_interval_that_is_none_leaves_the_plugin_out() {
    let config =
        Config::new().plugin("days", "Command: 'true'\nInterval: 5 fortnights").plugin("good", "Command: 'true'");
    let daemon = Daemon::start(config);
    assert_eq!(daemon.get("/plugins/days").status, 404);
    assert_eq!(daemon.get("/plugins/good").status, 200);
    let log = daemon.log();
    assert!(log.contains("days") && log.contains("Interval"), "{log}");
}

#[test]
fn first_runs_are_spread_the_same_way_each_time() {
    let names: Vec<_> = (0..20).map(|number| format!("p{number}")).collect();
    let config = names
        .iter()
        .fold(Config::new().base("Interval: 1h\nSplay: 600"), |config, name| config.plugin(name, "Command: 'true'"));
    let offsets = || {
        let before = Local::now().naive_local();
        let daemon = Daemon::start(config.clone());
        let after = Local::now().naive_local();
        let nexts: Vec<_> = names.iter().map(|name| next_run(&daemon, name)).collect();
        for (name, next) in names.iter().zip(&nexts) {
            assert!(seconds(*next - before) >= 3000.0, "{name}: only the last 600 s before load + 1 h: {next}");
            assert!(seconds(*next - after) <= 3600.0, "{name}: not after load + 1 h: {next}");
        }
        nexts.iter().map(|next| seconds(*next - nexts[0])).collect::<Vec<_>>()
    };
    let (first, second) = (offsets(), offsets());
    for (one, other) in first.iter().zip(&second) {
        assert!((one - other).abs() < 1.0, "another start has the same order: {first:?} {second:?}");
    }
    let mut sorted = first.clone();
    sorted.sort_by(f64::total_cmp);
    assert!(sorted[19] - sorted[0] > 100.0, "twenty names are spread over 600 s: {sorted:?}");
}

#[test]
fn the_splay_is_the_interval_unless_that_is_short() {
    let names: Vec<_> = (0..10).map(|number| format!("p{number}")).collect();
    let spread = |interval: &str| {
        let config =
            names.iter().fold(Config::new().base(interval), |config, name| config.plugin(name, "Command: 'true'"));
        let daemon = Daemon::start(config);
        let mut nexts: Vec<_> = names.iter().map(|name| next_run(&daemon, name)).collect();
        nexts.sort();
        seconds(nexts[9] - nexts[0])
    };
    assert!(spread("Interval: 600") > 60.0);
    assert!(spread("Interval: 9") < 1.0);
    assert!(spread("Interval: 600\nSplay: 0") < 1.0);
}

#[test]
fn a_hanging_plugin_delays_no_other() {
    let config = Config::new()
        .plugin("hang", "Command: sleep 300\nInterval: 1\nTimeout: 300")
        .plugin("ignorant", "Command: trap '' TERM; while :; do sleep 1; done\nInterval: 1\nTimeout: 1")
        .plugin("quick", "Command: 'true'\nInterval: 1");
    let daemon = Daemon::start(config);
    let results = daemon.wait_for_results("quick", 5);
    let whole = seconds(begin(&results[4]) - begin(&results[0]));
    assert!((3.6..4.6).contains(&whole), "five runs took {whole} s");
    daemon.run("quick").expect_ok(&[]);
}

#[test]
fn an_overlap_is_skipped_and_counted() {
    let config = Config::new().plugin("slow", &format!("{LOCKED}\nInterval: 0.5\nTimeout: 60"));
    let daemon = Daemon::start(config);
    let _ = daemon.wait_for_file("begun");
    // Several times pass while the first run goes on.
    let planned = next_run(&daemon, "slow");
    wait::until_true("three times to pass", || seconds(next_run(&daemon, "slow") - planned) >= 1.5);
    assert_eq!(fs::read_to_string(daemon.path("begun")).expect("written"), "begun\n");
    expect_line(&daemon.log(), &["slow", "skipped"]);
    fs::write(daemon.path("go"), "").expect("writable");
    for result in daemon.wait_for_results("slow", 3) {
        result.expect_ok(&["alone"]);
    }
}

#[test]
fn a_forced_run_starts_beside_a_timed_one() {
    let config = Config::new().plugin("slow", &format!("{LOCKED}\nInterval: 0.5\nTimeout: 60"));
    let daemon = Daemon::start(config);
    let _ = daemon.wait_for_file("begun");
    daemon.run("slow").expect_ok(&["overlap"]);
}

#[test]
fn a_serial_plugin_never_runs_twice_at_a_time() {
    let config = Config::new().plugin("slow", &format!("{LOCKED}\nInterval: 0.5\nTimeout: 60\nSerial: true"));
    let daemon = Daemon::start(config);
    let _ = daemon.wait_for_file("begun");
    let process = daemon.force(&["slow"]);
    assert_eq!(daemon.get(&process).status, 202, "the forced run waits");
    fs::write(daemon.path("go"), "").expect("writable");
    let outcome = daemon.finish(&process).remove(0).1;
    outcome.expect_ok(&["alone"]);
    assert!(outcome.forced());
}

#[test]
fn forced_runs_go_before_timed_ones() {
    let blocker =
        "Command: echo $SMOKER_PLUGIN >> {{DIR}}/order; while ! test -e {{DIR}}/go; do sleep 0.05; done\nTimeout: 60";
    let quick = "Command: echo $SMOKER_PLUGIN >> {{DIR}}/order\nInterval: 0.5\nTimeout: 60";
    let config = Config::new()
        .top("nr_concurrent_plugins: 1")
        .plugin("blocker", blocker)
        .plugin("forced", "Command: echo $SMOKER_PLUGIN >> {{DIR}}/order")
        .plugin("t1", quick)
        .plugin("t2", quick)
        .plugin("t3", quick);
    let daemon = Daemon::start(config);
    let _ = daemon.force(&["blocker"]);
    wait::until_true("the blocker to have the one place", || {
        fs::read_to_string(daemon.path("order")).is_ok_and(|order| order.ends_with("blocker\n"))
    });
    // Each scheduled plugin comes to its time and has to wait.
    let planned = ["t1", "t2", "t3"].map(|name| (name, next_run(&daemon, name)));
    for (name, first) in planned {
        wait::until_true("a scheduled plugin to be due", || next_run(&daemon, name) > first);
    }
    let process = daemon.force(&["forced"]);
    fs::write(daemon.path("go"), "").expect("writable");
    let _ = daemon.finish(&process);
    let order = fs::read_to_string(daemon.path("order")).expect("written");
    let after = order.lines().skip_while(|name| *name != "blocker").nth(1);
    assert_eq!(after, Some("forced"), "{order}");
}

#[test]
fn no_more_than_nr_concurrent_plugins_run_at_a_time() {
    let names: Vec<_> = (0..6).map(|number| format!("p{number}")).collect();
    let count = "Command: touch {{DIR}}/run.$$; ls {{DIR}} | grep -c '^run\\.'; sleep 0.3; rm {{DIR}}/run.$$";
    let config =
        names.iter().fold(Config::new().top("nr_concurrent_plugins: 2"), |config, name| config.plugin(name, count));
    let daemon = Daemon::start(config);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let process = daemon.force(&names);
    let most = daemon.finish(&process).iter().map(|(_, outcome)| outcome.info()[0].parse().expect("a number")).max();
    assert_eq!(most, Some(2));
}

#[test]
fn history_keeps_the_newest_results() {
    let config =
        Config::new().plugin("beat", "Command: echo x >> {{DIR}}/all; wc -l < {{DIR}}/all\nInterval: 0.2\nHistory: 3");
    let daemon = Daemon::start(config);
    let results = wait::until("more results than are kept", || {
        let results = daemon.results("beat");
        let newest = results.last()?.info()[0].parse::<usize>().ok()?;
        (newest >= 6).then_some(results)
    });
    let numbers: Vec<usize> = results.iter().map(|result| result.info()[0].parse().expect("a number")).collect();
    let newest = numbers[numbers.len() - 1];
    assert_eq!(numbers, [newest - 2, newest - 1, newest]);
}

#[test]
fn a_clock_of_many_plugins_is_not_late() {
    let names: Vec<_> = (0..50).map(|number| format!("p{number}")).collect();
    let config = names
        .iter()
        .fold(Config::new().base("Interval: 1\nSplay: 1"), |config, name| config.plugin(name, "Command: 'true'"));
    let daemon = Daemon::start(config);
    for name in &names {
        let results = daemon.wait_for_results(name, 3);
        let whole = Duration::from_secs_f64(seconds(begin(&results[2]) - begin(&results[0])));
        assert!(whole < Duration::from_secs(3), "{name}: three runs took {whole:?}");
    }
}
