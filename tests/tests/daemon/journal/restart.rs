//! What comes back after the daemon was stopped and started again.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeDelta};
use nix::sys::signal::Signal;
use serde_json::Value as Json;
use smoker_tests::binary;
use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::wait;

/// With a journal in the folder of its configuration.
pub(super) fn with_journal() -> Config {
    Config::new().top("state_dir: {{DIR}}/state")
}

/// Stops it in order and starts it again.
fn restart(daemon: &mut Daemon) {
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0, "{}", daemon.console());
    daemon.try_start().expect("it starts again");
}

/// What `smokerd --journal TASK` prints, and its exit code.
pub(super) fn journal(daemon: &Daemon, task: &str) -> (String, i32) {
    let config = daemon.path("smokerd.yaml").display().to_string();
    let output = cli::smokerd(&daemon.sandbox, &["--journal", task, "-c", &config]);
    (output.text(), output.code)
}

pub(super) fn segments(daemon: &Daemon) -> Vec<PathBuf> {
    let entries = fs::read_dir(daemon.path("state/results")).expect("there is a journal");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "log"));
    paths.sort();
    paths
}

fn time(text: &Json) -> NaiveDateTime {
    let text = text.as_str().unwrap_or_else(|| panic!("{text} is no time"));
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn restarts_do_not_put_the_first_run_of_a_plugin_off() {
    let config = with_journal()
        .plugin("later", "Command: echo later\nInterval: 1h")
        .plugin("soon", "Command: echo soon\nInterval: 6\nSplay: 0");
    let mut daemon = Daemon::start(config);
    let next = |daemon: &Daemon| time(&daemon.plugin("later")["plugin"]["nextRun"]);
    let first = next(&daemon);
    // A page shows a plan before the journal has it: it acknowledges no run.
    let is_written = || {
        let bytes = fs::read(segments(&daemon).first()?).ok()?;
        ["later", "soon"].iter().all(|name| bytes.windows(name.len()).any(|part| part == name.as_bytes())).then_some(())
    };
    wait::until("the plans of both in the journal", is_written);
    let restarts = (0..200).find(|_| {
        // A crash keeps it, too.
        daemon.signal(Signal::SIGKILL);
        let _ = daemon.wait_for_exit();
        daemon.try_start().expect("it starts again");
        let moved = (next(&daemon) - first).abs();
        assert!(moved < TimeDelta::milliseconds(50), "{moved}");
        thread::sleep(Duration::from_millis(1500));
        !daemon.results("soon").is_empty()
    });
    assert!(restarts.is_some_and(|count| count < 8), "{restarts:?}");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let (text, code) = journal(&daemon, "dump");
    assert!(code == 0 && text.contains(r#""kind":"plan","plugin":"later""#), "{text}");
    // What is dropped of a full journal is not this.
    assert_eq!(journal(&daemon, "compact").1, 0);
    daemon.try_start().expect("it starts again");
    assert!((next(&daemon) - first).abs() < TimeDelta::milliseconds(50));
}

#[test]
fn results_and_processes_survive_a_restart() {
    let often = "Command: echo often\nInterval: 0.2\nSplay: 0";
    let config = |often: &str| {
        let config = with_journal().plugin("forced", "Command: 'echo \"$$\"; exit 1'\nHistory: 3");
        config.plugin("none", "Command: echo none\nHistory: 0").plugin("often", often)
    };
    let mut daemon = Daemon::start(config(often));
    for _ in 0..4 {
        let _ = daemon.run("forced");
    }
    let process = daemon.force(&["forced", "none", "forced"]);
    let _ = daemon.finish(&process);
    let _ = daemon.wait_for_results("often", 3);
    // An hour: the plan goes on from the last run, and is not made from zero.
    daemon.write(&config("Command: echo often\nInterval: 1h\nSplay: 0"));
    let before = (daemon.plugin("forced")["results"].clone(), daemon.get(&process).json());
    restart(&mut daemon);
    let after = (daemon.plugin("forced")["results"].clone(), daemon.get(&process).json());
    assert_eq!(before, after);
    assert_eq!(before.0.as_array().map(Vec::len), Some(3));
    assert_ne!(daemon.force(&["none"]), process, "its number goes on");
    let often = daemon.plugin("often")["plugin"].clone();
    let (last, next) = (time(&often["lastResult"]["lastRun"]), time(&often["nextRun"]));
    let ahead = next - last;
    assert!((TimeDelta::minutes(59)..=TimeDelta::minutes(60)).contains(&ahead), "{ahead}: {often}");
    // Another number, so that the old one was not given again.
    let (text, code) = journal(&daemon, "verify");
    assert!(code == 0 && text.contains(" records in 1 segment, "), "{text}");
    let (text, code) = journal(&daemon, "compact");
    assert!(code == 1 && text.contains("stop it first"), "{text}");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let (text, code) = journal(&daemon, "dump");
    let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    assert_eq!((code, of("begin"), of("end"), of("process")), (0, 2, 2, 6), "{text}");
    let result = lines.iter().find(|line| line["plugin"] == "forced" && line["kind"] == "result").expect("a result");
    let known =
        (&result["trigger"], &result["status"], &result["exitStatus"], &result["attempt"], &result["generation"]);
    assert_eq!(format!("{known:?}"), r#"(String("force"), String("ERROR"), Number(1), Number(1), Number(1))"#);
    assert!(
        result["duration"].as_f64().is_some_and(|it| it > 0.0)
            && time_of(result, "planned") <= time_of(result, "started")
    );
    // A bit of the first record that has a result: the daemon says so, keeps a copy, and goes on.
    let segment = segments(&daemon).remove(0);
    let mut bytes = fs::read(&segment).expect("a segment");
    let at = bytes.windows(8).position(|part| part == b"\"status\"").expect("a result");
    bytes[at] ^= 1;
    fs::write(&segment, bytes).expect("writable");
    assert_eq!(journal(&daemon, "verify").1, 3);
    daemon.try_start().expect("it starts");
    let log = daemon.log();
    assert!(log.contains("is damaged") && log.contains("results-00000001.damaged"), "{log}");
    assert_eq!(daemon.plugin("forced")["results"], before.0);
    assert_eq!(segments(&daemon).len(), 2);
    let (text, code) = journal(&daemon, "dump");
    assert!(code == 3 && text.contains("is damaged") && text.contains(r#""kind":"result""#), "{text}");
    let (text, code) = journal(&daemon, "repair");
    assert!(code == 1 && text.contains("stop it first"), "{text}");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let (text, code) = journal(&daemon, "repair");
    assert!(code == 0 && text.contains("results-00000001.log") && text.contains("*.damaged"), "{text}");
    let (text, code) = journal(&daemon, "verify");
    assert!(code == 0 && text.contains("results-00000001.damaged"), "{text}");
    daemon.try_start().expect("it starts");
    assert_eq!(daemon.plugin("forced")["results"], before.0);
}

/// The numbers of all records, as `dump` prints them.
fn sequences(daemon: &Daemon) -> Vec<u64> {
    let (text, code) = journal(daemon, "dump");
    assert_eq!(code, 0, "{text}");
    let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).expect("JSON"));
    lines.map(|line| line["sequence"].as_u64().expect("a number")).collect()
}

#[test]
fn numbers_leave_some_out_behind_a_record_that_was_not_finished_also_when_it_was_cut_off_by_hand() {
    let mut daemon = Daemon::start(with_journal().plugin("a", "Command: echo a"));
    let _ = daemon.run("a");
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    let segment = segments(&daemon).remove(0);
    let mut bytes = fs::read(&segment).expect("a segment");
    bytes.truncate(bytes.len() - 3);
    fs::write(&segment, bytes).expect("writable");
    let newest = *sequences(&daemon).last().expect("some");
    assert_eq!(journal(&daemon, "compact").1, 0);
    assert!(journal(&daemon, "verify").0.lines().count() == 2, "nothing can be seen of it any more");
    daemon.try_start().expect("it starts");
    let _ = daemon.run("a");
    let after: Vec<_> = sequences(&daemon).into_iter().filter(|number| *number > newest).collect();
    assert!(after.len() > 1 && after.iter().all(|number| *number > newest + 100_000), "{newest} {after:?}");
    // In order, no more are left out.
    restart(&mut daemon);
    let last = *after.last().expect("some");
    let _ = daemon.run("a");
    assert!(sequences(&daemon).iter().all(|number| *number < last + 100), "{last}");
}

#[test]
fn a_plugin_comes_back_with_its_results() {
    let with = |more: &str| with_journal().plugin("stays", "Command: 'true'").plugin("other", more);
    let good = "Command: echo other\nInterval: 1h\nHistory: 3";
    let daemon = Daemon::start(with(good));
    for _ in 0..5 {
        let _ = daemon.run("other");
    }
    let shown = |daemon: &Daemon| {
        let page = daemon.plugin("other");
        (page["results"].clone(), time(&page["plugin"]["nextRun"]))
    };
    let before = shown(&daemon);
    assert_eq!(before.0.as_array().map(Vec::len), Some(3));
    for without in [with("Interval: 5"), with_journal().plugin("stays", "Command: 'true'")] {
        let _ = daemon.reload(&without);
        assert_eq!(daemon.get("/plugins/other").status, 404);
        let _ = daemon.reload(&with(good));
        let after = shown(&daemon);
        assert_eq!(after.0, before.0, "it was not loaded, or removed");
        assert!((after.1 - before.1).abs() < TimeDelta::milliseconds(50), "its plan goes on");
    }
}

#[test]
fn a_second_daemon_with_the_same_state_is_refused_and_the_first_goes_on() {
    let first = Daemon::start(with_journal().plugin("a", "Command: echo a"));
    let state = first.path("state").display().to_string();
    let config = Config::new().top(&format!("state_dir: '{state}'")).plugin("a", "Command: echo a");
    for boot in [Boot::of(config.clone()), Boot::in_background(config)] {
        let mut second = boot.prepare();
        let error = second.try_start().expect_err("it is refused");
        let expected = format!("state_dir {state} is used by another smokerd (process {})", first.pid());
        assert!(error.contains(&expected) || second.console().contains(&expected), "{error}: {}", second.console());
    }
    first.run("a").expect_ok(&["a"]);
}

fn time_of(line: &Json, key: &str) -> String {
    line[key].as_str().unwrap_or_else(|| panic!("no {key} in {line}")).to_owned()
}

#[test]
fn without_a_journal_nothing_is_written_and_what_cannot_be_one_is_reported() {
    let mut daemon = Daemon::start(Config::new().top("state_dir: none").plugin("a", "Command: echo a"));
    let _ = daemon.run("a");
    assert!(!daemon.path("state").exists());
    assert!(journal(&daemon, "verify").0.contains("state_dir is not configured"));
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    // A file in the place of the journal's folder: runs go on, and the log has the reason.
    DirBuilder::new().mode(0o700).create(daemon.path("state")).expect("a folder");
    fs::write(daemon.path("state/results"), "").expect("writable");
    daemon.write(&with_journal().plugin("a", "Command: echo a"));
    daemon.try_start().expect("it starts");
    daemon.run("a").expect_ok(&["a"]);
    let log = daemon.log();
    assert!(log.contains("results are kept in memory only until this is mended"), "{log}");
}

/// An alarm at each restart for each bad plugin would be one that nobody reads.
#[test]
fn a_status_that_a_restart_brings_back_is_no_change() {
    let mut daemon = Daemon::start(with_journal().plugin("a", "Command: test -e {{DIR}}/good"));
    let _ = daemon.run("a");
    restart(&mut daemon);
    let _ = daemon.run("a");
    fs::write(daemon.path("good"), "").expect("writable");
    let _ = daemon.run("a");
    let changed = || Some(daemon.log()).filter(|log| log.contains("Plugin a: ERROR -> OK"));
    let log = wait::until("the change in the log", changed);
    assert_eq!(log.matches("not run yet -> ERROR").count(), 1, "{log}");
}

#[test]
fn a_run_that_the_end_of_the_daemon_has_ended_is_made_again_once_where_missed_says_so() {
    let config = |interval: &str| {
        let command = |name: &str| format!("Command: 'echo run >> {{{{DIR}}}}/{name}; exec sleep 600'\nTimeout: 600");
        let timed = |name: &str| format!("{}\nInterval: {interval}\nSplay: 0", command(name));
        with_journal()
            .plugin("once", &format!("{}\nMissed: once", timed("once")))
            .plugin("skip", &format!("{}\nMissed: skip", timed("skip")))
            .plugin("usual", &timed("usual"))
            .plugin("first", "Command: echo first")
            .plugin("barrier", "Command: echo barrier")
            .plugin("then", &format!("{}\nAfter: first\nMissed: once", command("then")))
    };
    for signal in [Signal::SIGKILL, Signal::SIGTERM] {
        let mut daemon = Daemon::start(config("0.2"));
        let runs =
            |daemon: &Daemon, name: &str| fs::read_to_string(daemon.path(name)).map_or(0, |text| text.lines().count());
        let end = |daemon: &mut Daemon| {
            // Its result is shown when the journal has all that came before it.
            let _ = daemon.run("barrier");
            daemon.signal(signal);
            let _ = daemon.wait_for_exit();
        };
        let _ = daemon.run("first");
        let names = ["once", "skip", "usual", "then"];
        wait::until_true("all runs", || names.iter().all(|name| runs(&daemon, name) == 1));
        // What ends the daemon comes back once for each time, and the plan is that of before.
        daemon.write(&config("1h"));
        for _ in 0..3 {
            end(&mut daemon);
            daemon.try_start().expect("it starts again");
            wait::until_true("the run again", || ["once", "then"].iter().all(|name| runs(&daemon, name) == 2));
        }
        let _ = daemon.force(&names);
        wait::until_true("forced runs", || names.map(|name| runs(&daemon, name)) == [3, 2, 2, 3]);
        for (name, trigger) in [("once", "timer"), ("then", "after")] {
            let page = daemon.get(&format!("/plugins/{name}/results")).json();
            let runs = page["results"].as_array().expect("results");
            assert_eq!(runs.len(), 2, "{signal}: {page}");
            for run in runs {
                assert_eq!((&run["trigger"], &run["interrupted"]), (&trigger.into(), &true.into()), "{signal}: {run}");
                assert_eq!(run["planned"], runs[0]["planned"], "{signal}: {page}");
            }
        }
    }
}

/// The last result of a plugin whose runs are skipped is not known to hold, before and after a restart.
#[test]
fn a_run_that_waits_for_another_plugin_goes_on_waiting_after_a_restart() {
    let config = |interval: &str| {
        let web = format!("Command: 'echo run >> {{{{DIR}}}}/web'\nInterval: {interval}\nSplay: 0\nDependsOn: [Db]");
        with_journal().plugin("Db", "Command: test -e {{DIR}}/good").plugin("Web", &web)
    };
    let mut daemon = Daemon::start(config("0.2"));
    let runs = |daemon: &Daemon| fs::read_to_string(daemon.path("web")).map_or(0, |text| text.lines().count());
    wait::until_true("a run", || runs(&daemon) > 0);
    assert_eq!(daemon.run("Db").status(), "ERROR");
    let skipped = |daemon: &Daemon| daemon.plugin("Web")["plugin"]["skipped"].clone();
    wait::until_true("runs to be skipped", || skipped(&daemon)["parent"] == "Db");
    let _ = daemon.run("Db");
    daemon.write(&config("1h"));
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    daemon.try_start().expect("it starts again");
    wait::until_true("the same after the crash", || skipped(&daemon)["parent"] == "Db");
    // What is rewritten of a journal keeps it, too.
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    assert_eq!(journal(&daemon, "compact").1, 0);
    daemon.try_start().expect("it starts again");
    wait::until_true("the same after the stop", || skipped(&daemon)["parent"] == "Db");
    let before = runs(&daemon);
    fs::write(daemon.path("good"), "").expect("writable");
    assert_eq!(daemon.run("Db").status(), "OK");
    wait::until_true("the run that was skipped", || runs(&daemon) == before + 1);
    wait::until_true("its end", || skipped(&daemon).is_null());
}

#[test]
fn a_run_after_another_that_had_not_begun_takes_place_after_a_restart_where_missed_says_so() {
    let follower = |name: &str, rest: &str| format!("Command: echo run >> {{{{DIR}}}}/{name}\nAfter: first{rest}");
    let config = with_journal()
        .plugin("first", "Command: echo first")
        .plugin("then", &follower("then", "\nSerialGroup: g\nMissed: once"))
        .plugin("later", &follower("later", "\nSerialGroup: g"))
        .plugin("blocker", "Command: sleep 600\nTimeout: 600\nSerialGroup: g");
    let mut daemon = Daemon::start(config);
    let runs = |daemon: &Daemon| {
        ["then", "later"].map(|name| fs::read_to_string(daemon.path(name)).map_or(0, |text| text.lines().count()))
    };
    let _ = daemon.run("first");
    wait::until_true("both", || ["then", "later"].iter().all(|name| daemon.results(name).len() == 1));
    let _ = daemon.force(&["blocker"]);
    wait::until_true("the group to be taken", || {
        journal(&daemon, "dump").0.contains(r#""kind":"started","plugin":"blocker""#)
    });
    let _ = daemon.run("first");
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    daemon.try_start().expect("it starts again");
    wait::until_true("the run of before", || runs(&daemon) == [2, 1]);
    wait::until_true("its result", || daemon.results("then").len() == 2);
    // Once is enough.
    restart(&mut daemon);
    let _ = daemon.run("first");
    wait::until_true("the next runs", || runs(&daemon)[1] == 2);
    wait::until_true("both results", || daemon.results("then").len() == 3);
    assert_eq!(runs(&daemon), [3, 2]);
}

/// A crash right behind the start of a job must not make it take place twice.
#[test]
fn the_start_of_a_job_is_in_the_journal_before_its_process_begins() {
    let dump = format!(
        "'{} --journal dump -c {{{{DIR}}}}/smokerd.yaml > {{{{DIR}}}}/seen.new; mv {{{{DIR}}}}/seen.new {{{{DIR}}}}/seen'",
        binary::path("smokerd").display()
    );
    let config =
        with_journal().plugin("first", "Command: echo first").plugin("job", &format!("Command: {dump}\nAfter: first"));
    let daemon = Daemon::start(config);
    for _ in 0..5 {
        let _ = daemon.run("first");
        wait::until_true("the job to look at the journal", || daemon.path("seen").exists());
        let seen = fs::read_to_string(daemon.path("seen")).expect("what it saw");
        let of_job = |kind: &str| seen.matches(&format!(r#""kind":"{kind}","plugin":"job""#)).count();
        assert_eq!(of_job("started"), of_job("result") + 1, "{seen}");
        fs::remove_file(daemon.path("seen")).expect("it is there");
        wait::until_true("its result", || daemon.results("job").len() == of_job("started"));
    }
}
