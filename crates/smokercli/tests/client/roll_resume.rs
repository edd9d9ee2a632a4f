//! `smokercli roll --resume`: from a record alone, in its folder, and after a terminal was closed; hosts that have two names.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::roll::{Fleet, named, until};
use crate::run::{Run, SMOKERCLI};

/// A terminal that is closed sends a signal.
#[test]
fn a_closed_terminal_loses_nothing() {
    let fleet = Fleet::of(&["OK"; 3]);
    let (inventory, record) = (fleet.path("hosts.ini"), fleet.path("record"));
    let (begun, go, ended) = (fleet.path("begun"), fleet.path("go"), fleet.path("ended"));
    let run = format!("echo {{host}} >> {begun}; until [ -e {go} ]; do sleep 0.05; done; echo {{host}} >> {ended}");
    let line = ["roll", "--inventory", &inventory, "--state", &record, "--steps", "1,100%", "--run", &run];
    let (mut child, terminal, _home) =
        Run::of("env").args(["--default-signal=HUP", SMOKERCLI]).args(line).start_on_terminal();
    until("a command to begin", || fs::read_to_string(&record).is_ok_and(|text| text.contains("\"runBegun\"")));
    drop(terminal);
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a pid")), Signal::SIGHUP).expect("it runs");
    fs::write(&go, "").expect("written");
    assert!(child.wait().expect("it ends").code().is_some_and(|code| code > 0));
    let events = fleet.events();
    assert_eq!(events.last().expect("an event")["event"], "interrupted", "{events:?}");
    assert_eq!((named(&events, "runEnded").len(), named(&events, "gateEnded").len() < 2), (1, true), "{events:?}");
    let done = fleet.resume(&["--gate", "within 5s, every 100ms"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stdout.ends_with("done: 3 hosts, 0 bad\n"), "{}", done.stdout);
    assert_eq!(fs::read_to_string(&ended).expect("a file").lines().count(), 3);
}

/// `| head -1` ends a roll as a terminal does that is closed.
#[test]
fn a_reader_that_has_gone_ends_the_roll_behind_the_commands_that_run() {
    let fleet = Fleet::of(&["OK"; 3]);
    let (inventory, record, log, go) =
        (fleet.path("hosts.ini"), fleet.path("record"), fleet.path("log"), fleet.path("go"));
    let run = format!("echo {{host}} >> {log}; until [ -e {go} ]; do sleep 0.02; done");
    let line = ["roll", "--inventory", &inventory, "--state", &record, "--steps", "1,100%", "--run", &run];
    let (mut child, _home) = Run::of(SMOKERCLI).args(line).start();
    until("a command to begin", || fleet.log().len() == 1);
    drop(child.stdout.take());
    std::fs::write(&go, "").expect("written");
    let done = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code() == Some(1) && said.contains("nobody reads standard output"), "{said}");
    assert_eq!(
        (fleet.log(), fleet.events().last().expect("an event")["event"].as_str()),
        (vec!["h1".to_owned()], Some("interrupted"))
    );
    let done = fleet.resume(&["--gate", "within 5s, every 100ms"]);
    assert_eq!(done.code, Some(0), "{done:?}");
}

/// What a rollback has undone is not done: a roll that goes on has to put it there again.
#[test]
fn what_on_bad_has_undone_runs_again() {
    let fleet = Fleet::of(&["OK", "ERROR", "OK"]);
    let log = fleet.path("log");
    let on_bad = format!("echo back {{touched}} >> {log}");
    let done = fleet.roll(&["--steps", "2,100%", "--on-bad", &on_bad]);
    assert_eq!(done.code, Some(69), "{done:?}");
    assert_eq!(fleet.log().last().map(String::as_str), Some("back h1,h2"), "{:?}", fleet.log());
    let done = fleet.resume(&["--allow-bad", "1"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let record = fleet.path("record");
    assert!(done.stdout.starts_with(&format!("record: {record}\nbegun by ")), "{}", done.stdout);
    assert!(done.stdout.contains(": smokercli roll --inventory "), "{}", done.stdout);
    assert!(done.stdout.contains("a command of --on-bad has run for h1, h2: theirs runs again"), "{}", done.stdout);
    let mut behind: Vec<_> = fleet.log().into_iter().skip_while(|line| !line.starts_with("back")).skip(1).collect();
    behind.sort();
    assert_eq!(behind, ["h1", "h2", "h3"]);
}

#[test]
fn filters_that_are_typed_now_take_the_place_of_those_of_the_record() {
    let fleet = Fleet::of(&["OK"]);
    assert_eq!(fleet.roll(&["-p", "mended"]).code, Some(69));
    let done = fleet.resume(&["-p", "disk"]);
    assert_eq!(done.code, Some(0), "{done:?}");
}

/// A pipe such as `| head -1`, whose reader is gone, is a terminal that is gone.
#[test]
fn nothing_begins_of_which_nobody_reads() {
    let fleet = Fleet::of(&["OK", "OK"]);
    let (inventory, record, run) = (fleet.path("hosts.ini"), fleet.path("record"), "echo {host} >> log");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let line = ["roll", "--inventory", &inventory, "--state", &record, "--run", run, "--gate", "every 100ms"];
    let mut command = std::process::Command::new(SMOKERCLI);
    command.args(line).env("HOME", fleet.path("")).current_dir(fleet.path("")).stdout(writer);
    let done = command.output().expect("it runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.code() == Some(1) && said.contains("nobody reads standard output"), "{done:?}");
    assert_eq!(fleet.log().len(), 0);
    assert_eq!(fleet.events().last().expect("an event")["event"], "interrupted");
    let done = fleet.resume(&[]);
    assert_eq!((done.code, fleet.log().len()), (Some(0), 2), "{done:?}");
}

/// What is typed again is no error, and what is not the same any more is told.
#[test]
fn a_record_says_which_hosts_a_roll_goes_on_with() {
    let fleet = Fleet::of(&["OK", "ERROR", "OK", "OK"]);
    let record = fleet.path("record");
    assert_eq!(fleet.roll(&["--steps", "2,100%"]).code, Some(69));
    let command = format!("smokercli roll --resume {record}\n");
    for (arguments, words) in [
        (["--steps", "1,100%"].as_slice(), "batches that end at host 1, 4, on record 2, 4"),
        (&["--steps", "2,100%", "--limit", "h1", "h3"], "not there any more: h2, h4"),
        (&["--exclude-hosts", "h4"], "not there any more: h4"),
    ] {
        let done = fleet.roll(&[&["--resume", &record], arguments].concat());
        assert!(done.code == Some(2) && done.stderr.contains(words), "{arguments:?}: {done:?}");
        assert!(done.stderr.ends_with(&command), "{done:?}");
    }
    let inventory = fleet.path("hosts.ini");
    let text = fs::read_to_string(&inventory).expect("an inventory");
    fs::write(&inventory, text.replace("h4 ", "h9 ")).expect("written");
    let done = fleet.resume(&[]);
    assert_eq!(done.code, Some(69), "{done:?}");
    assert!(done.stderr.contains("hosts have changed since the roll was begun (new: h9; not there any more: h4)"));
    fs::remove_file(&inventory).expect("it is there");
    let done = fleet.resume(&[]);
    assert!(done.code == Some(69) && done.stderr.contains("it is not known whether the hosts"), "{done:?}");
    fs::write(&inventory, text).expect("written");
    let done = fleet.roll(&["--steps", "2,100%", "--resume", &record, "--allow-bad", "1"]);
    assert!(done.code == Some(0) && !done.stderr.contains("the hosts have changed"), "{done:?}");
    let mut log = fleet.log();
    log.sort();
    assert_eq!(log, ["h1", "h2", "h3", "h4"]);
}

/// Names of files in the command line are those of the folder in which it was typed.
#[test]
fn a_roll_goes_on_in_the_folder_in_which_it_was_begun() {
    let fleet = Fleet::of(&["OK", "OK"]);
    let at = |folder: &str, words: &[&str]| {
        let line = format!("cd '{folder}' && exec {SMOKERCLI} roll \"$@\"");
        Run::of("sh").args(["-c", &line, "sh"]).args(words.iter().copied()).done()
    };
    let elsewhere = tempfile::tempdir().expect("a folder");
    let begun =
        ["--inventory", "hosts.ini", "--state", "a record", "--run", "sh deploy {host}", "--gate", "every 100ms"];
    let done = at(&fleet.path(""), &begun);
    assert_eq!(done.code, Some(69), "{done:?}");
    let resume = done.stdout.lines().last().and_then(|line| line.split_once("--resume ")).expect("a command").1;
    assert_eq!(resume, format!("'{}'", fleet.path("a record")));
    fs::write(fleet.path("deploy"), "echo $1 >> log").expect("written");
    let done = at(&elsewhere.path().display().to_string(), &["--resume", resume.trim_matches('\'')]);
    assert_eq!((done.code, fleet.log().len()), (Some(0), 2), "{done:?}");
}

/// A gate asks a daemon once, whatever its names are; a command is for each name, and one that is left out would be missed by nobody.
#[test]
fn two_names_of_one_address_are_no_hosts_of_a_roll() {
    let fleet = Fleet::of(&["OK"]);
    let (inventory, log) = (fleet.path("hosts.ini"), fleet.path("log"));
    let text = fs::read_to_string(&inventory).expect("written");
    let line = text.lines().find(|line| line.starts_with("h1 ")).expect("a host");
    fs::write(&inventory, format!("{text}{}\n", line.replace("h1 ", "twin "))).expect("written");
    let done = fleet.roll(&[]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("twin and h1 are two names of the daemon at one address"), "{done:?}");
    assert!(!std::path::Path::new(&log).exists() && !std::path::Path::new(&fleet.path("record")).exists());
    // Each of them can be named.
    for (arguments, asked) in
        [(["--limit", "twin"], "twin"), (["--exclude-hosts", "h1"], "twin"), (["--limit", "h1"], "h1")]
    {
        let line = ["--inventory", &inventory, "--list-hosts"];
        let done = Run::of(SMOKERCLI).args(line).args(arguments).done();
        assert_eq!((done.code, done.stdout), (Some(0), format!("{asked}\n")), "{arguments:?}");
    }
    let done = fleet.roll(&["--exclude-hosts", "h1"]);
    assert_eq!((done.code, fleet.log()), (Some(0), vec!["twin".to_owned()]), "{done:?}");
}

#[test]
fn a_record_that_is_a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("record");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let done = Run::of(SMOKERCLI).args(["roll", "--resume", &pipe.to_string_lossy()]).done();
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(done.stderr.contains("is no file; name the record of a roll"), "{}", done.stderr);
}
