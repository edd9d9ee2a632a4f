//! `smokercli roll`: batches, the budget, the record, and going on from it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::run::{Done, Run, SMOKERCLI};

/// A host with one plugin in this status.
fn host(name: &str, status: &str) -> Value {
    let result =
        json!({"status": status, "messages": null, "componentResults": null, "lastRun": "2026-01-01T00:00:00"});
    let plugin = json!({"plugin": {"name": "disk", "links": {"self": "/plugins/disk"}, "nextRun": null, "parameters": {},
                                   "lastResult": result, "forcedResult": result}});
    let links = json!([{"rel": "plugins", "href": "/plugins"}, {"rel": "processes", "href": "/processes"}]);
    json!({"about": {"about": {"host": name, "links": links}}, "plugins": {"plugins": {"items": [plugin]}},
           "forced": {"disk": plugin}})
}

/// Hosts `h1`, `h2` and so on in an inventory, and a folder that lives as long as they do.
pub(crate) struct Fleet {
    pub(crate) fakes: Vec<Fake>,
    pub(crate) folder: tempfile::TempDir,
}

impl Fleet {
    pub(crate) fn of(statuses: &[&str]) -> Self {
        let name = |number: usize| format!("h{}", number + 1);
        let fakes: Vec<_> =
            statuses.iter().enumerate().map(|(number, status)| Fake::start(&host(&name(number), status))).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let line = |(number, fake): (usize, &Fake)| {
            format!("{} ansible_host=127.0.0.1 smoker_port={}\n", name(number), fake.port())
        };
        let inventory: String = fakes.iter().enumerate().map(line).collect();
        fs::write(folder.path().join("hosts.ini"), format!("[prod]\n{inventory}")).expect("written");
        Self { fakes, folder }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub(crate) fn roll(&self, arguments: &[&str]) -> Done {
        let (inventory, record, log) = (self.path("hosts.ini"), self.path("record"), self.path("log"));
        let run = format!("echo {{host}} >> {log}");
        let ours = ["roll", "--inventory", &inventory, "-g", "prod", "--state", &record, "--run", &run];
        let gate = ["--gate", "within 1500ms, every 100ms"];
        Run::of(SMOKERCLI).args(ours).args(gate).args(arguments.iter().copied()).done()
    }

    pub(crate) fn resume(&self, arguments: &[&str]) -> Done {
        let record = self.path("record");
        Run::of(SMOKERCLI).args(["roll", "--resume", &record]).args(arguments.iter().copied()).done()
    }

    /// The hosts on which the command has run, sorted within what was run at once.
    pub(crate) fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        events(Path::new(&self.path("record")))
    }
}

fn events(record: &Path) -> Vec<Value> {
    let text = fs::read_to_string(record).expect("a record");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

pub(crate) fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

#[test]
fn batches_follow_each_other_and_everything_is_on_record() {
    let fleet = Fleet::of(&["OK"; 5]);
    let dry = fleet.roll(&["--steps", "1,50%,100%", "--dry-run"]);
    let shown = "a roll over 5 hosts in 3 batches\n  1: h1\n  2: h2, h3\n  3: h4, h5\n";
    assert_eq!((dry.code, dry.stdout.as_str(), fleet.log().len()), (Some(0), shown, 0), "{}", dry.stderr);
    let done = fleet.roll(&["--steps", "1,50%,100%"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stdout.ends_with("done: 5 hosts, 0 bad\n"), "{}", done.stdout);
    let mut log = fleet.log();
    assert_eq!(log[0], "h1");
    log[1..3].sort();
    log[3..5].sort();
    assert_eq!(log, ["h1", "h2", "h3", "h4", "h5"]);
    let events = fleet.events();
    let kinds: Vec<_> =
        events.iter().filter_map(|event| event["event"].as_str()).filter(|it| !it.starts_with("run")).collect();
    let batch = ["batchBegun", "gateBegun", "gateEnded"];
    assert_eq!(kinds, [["begun"].as_slice(), &batch, &batch, &batch, &["finished"]].concat());
    assert_eq!((named(&events, "runBegun").len(), named(&events, "runEnded").len()), (5, 5));
    assert!(events.iter().all(|event| event["time"].as_str().is_some_and(|time| time.ends_with('Z'))), "{events:?}");
    assert_eq!(named(&events, "runEnded")[0]["failure"], Value::Null);
    // Nothing is left to do, and a second roll has to have a record of its own.
    assert!(fleet.resume(&[]).stderr.contains("has come to its end"));
    let again = fleet.roll(&[]);
    assert!(again.code == Some(1) && again.stderr.contains("--resume"), "{again:?}");
    assert_eq!(fleet.log().len(), 5);
    assert_eq!(fleet.fakes.len(), 5);
}

#[test]
fn a_roll_stops_when_too_many_hosts_are_bad_and_goes_on_when_they_are_good() {
    let mut fleet = Fleet::of(&["OK", "ERROR", "OK", "OK"]);
    let undo = format!("echo undo {{host}} of {{touched}} >> {}", fleet.path("undone"));
    let done = fleet.roll(&["--steps", "2,100%", "--on-bad", &undo]);
    assert_eq!(done.code, Some(69), "{done:?}");
    assert!(done.stdout.contains("h2 is bad: ") && done.stdout.contains("2 hosts are untouched"), "{}", done.stdout);
    assert_eq!(fs::read_to_string(fleet.path("undone")).expect("done"), "undo h2 of h1,h2\n");
    assert_eq!(fleet.log().len(), 2);
    let events = fleet.events();
    assert_eq!(named(&events, "gateEnded")[0]["bad"][0]["host"], "h2");
    assert_eq!((named(&events, "stopped").len(), named(&events, "onBadEnded").len()), (1, 1));
    // With room for one bad host it goes on, and runs nothing twice but what a command of `--on-bad` has undone.
    let done = fleet.resume(&["--allow-bad", "1"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stdout.ends_with("done: 4 hosts, 1 bad\n"), "{}", done.stdout);
    let mut log = fleet.log();
    log.sort();
    assert_eq!(log, ["h1", "h1", "h2", "h2", "h3", "h4"]);
    fleet.fakes.clear();
}

#[test]
fn a_command_that_fails_makes_a_host_bad_and_runs_again() {
    let fleet = Fleet::of(&["OK", "OK", "OK", "OK"]);
    let run = format!(
        "echo {{host}} >> {}; echo sorry; [ {{host}} != h2 ] || [ -e {} ]",
        fleet.path("log"),
        fleet.path("mended")
    );
    let done = fleet.roll(&["--steps", "2,100%", "--run", &run]);
    assert_eq!(done.code, Some(69), "{done:?}");
    assert!(
        done.stdout.contains("h2: the command failed after") && done.stdout.contains("\n    sorry\n"),
        "{}",
        done.stdout
    );
    fs::write(fleet.path("mended"), "").expect("written");
    // A line that a crash has cut off.
    let text = fs::read_to_string(fleet.path("record")).expect("a record");
    fs::write(fleet.path("record"), text + "{\"time\":\"20").expect("written");
    let done = fleet.resume(&[]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let mut log = fleet.log();
    log.sort();
    assert_eq!(log, ["h1", "h2", "h2", "h3", "h4"]);
}

/// A host that the baseline does not know has to be good, also when it is a batch of its own; and a command runs again as it was
/// typed, URLs and all.
#[test]
fn new_hosts_are_no_error_and_commands_are_kept_as_they_are() {
    let fleet = Fleet::of(&["OK", "ERROR", "OK"]);
    let inventory = fleet.path("hosts.ini");
    let baseline = fleet.path("before.json");
    let line = ["baseline", "--inventory", &inventory, "--limit", "h2", "h3", "-o", &baseline];
    assert_eq!(Run::of(SMOKERCLI).args(line).done().code, Some(0));
    let (log, gate) = (fleet.path("log"), format!("within 5s, every 100ms, against {baseline}"));
    let run = format!("echo http://user:word@{{host}}/ >> {log}; [ -e {} ]", fleet.path("go"));
    let done = fleet.roll(&["--steps", "1,100%", "--run", &run, "--gate", &gate]);
    assert_eq!(done.code, Some(69), "{done:?}");
    fs::write(fleet.path("go"), "").expect("written");
    let done = fleet.resume(&[]);
    // The known failure of h2 does not count.
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(fleet.log().iter().all(|line| line.starts_with("http://user:word@h")), "{:?}", fleet.log());
    assert_eq!(fleet.log().len(), 4);
}

/// A command knows hosts by the names that the inventory has: a file of a host may be named after it.
#[test]
fn names_of_hosts_are_as_they_are_written() {
    let fleet = Fleet::of(&["OK", "OK"]);
    let inventory = fleet.path("hosts.ini");
    let text =
        fs::read_to_string(&inventory).expect("written").replace("h1 ", "Web01 ").replace("h2 ", "DB-2.Example.org ");
    fs::write(&inventory, text).expect("written");
    let done = fleet.roll(&["--steps", "1,2"]);
    assert_eq!(
        (done.code, fleet.log()),
        (Some(0), vec!["Web01".to_owned(), "DB-2.Example.org".to_owned()]),
        "{done:?}"
    );
}

#[test]
fn what_is_not_understood_is_refused_before_anything_is_done() {
    let fleet = Fleet::of(&["OK"; 3]);
    for (arguments, word) in [
        (["--run", "deploy"].as_slice(), "{host}"),
        (&["--run", "deploy {host} {hosts}"], "one of them"),
        (&["--steps", "5,1%"], "rising order"),
        (&["--steps", "x"], "no number"),
        (&["--gate", "5m"], "is no option"),
        (&["--gate", "withn 5m"], "--within"),
        (&["--allow-bad", "x"], "number of hosts"),
        (&["--run-parallel", "0"], "above 0"),
        (&["--gate", "error"], "chooses by state"),
        (&["--gate", "fail-on WARN,review"], "goes on or stops"),
        (&["--gate", "within 5s, settel 2"], "\"settel 2\" is no option of smokercli gate; did you mean --settle?"),
        (&["--gate", "within 5s, foo 2"], "\"foo 2\" belongs to the part before"),
        (&["--gate", "within 5s, hosts web1"], "those of the roll"),
        (&["--gate", "timeout 1s"], "those of the roll"),
        (&["--gate", "allow-bad 1"], "one budget"),
        (&["--gate", "pretty json=x"], "no report"),
        (&["--on-bad", ""], "names no command"),
        (&["--against", "before.json"], "an option of the gate, which --gate takes without dashes"),
    ] {
        let done = fleet.roll(arguments);
        assert!(done.code == Some(2) && done.stderr.contains(word), "{arguments:?}: {done:?}");
    }
    // The baseline is read before anything is run.
    let done = fleet.roll(&["--gate", "against none.json"]);
    assert!(done.code == Some(1) && done.stderr.contains("smokercli baseline makes one, before"), "{done:?}");
    let evil = fleet.path("evil.ini");
    fs::write(&evil, "'x;reboot' smoker_host=127.0.0.1\n").expect("written");
    let line = ["roll", "--inventory", &evil, "--run", "ssh '{host}'", "--dry-run"];
    let done = Run::of(SMOKERCLI).args(line).done();
    assert!(done.code == Some(2) && done.stderr.contains("cannot be put into a command"), "{done:?}");
    let done = fleet.resume(&[]);
    assert!(done.code == Some(1) && done.stderr.contains("record"), "{done:?}");
    let done = Run::of(SMOKERCLI).args(["roll", "--resume"]).done();
    assert!(done.code == Some(1) && done.stderr.contains("no roll in"), "{done:?}");
    assert_eq!(fleet.log().len(), 0);
    assert!(!Path::new(&fleet.path("record")).exists());
}

#[test]
fn a_signal_lets_commands_end_and_a_second_one_ends_them() {
    let fleet = Fleet::of(&["OK"; 4]);
    let (begun, ended, go) = (fleet.path("begun"), fleet.path("ended"), fleet.path("go"));
    let run = format!("echo {{host}} >> {begun}; until [ -e {go} ]; do sleep 0.05; done; echo {{host}} >> {ended}");
    let lines = |path: &str| fs::read_to_string(path).unwrap_or_default().lines().count();
    let inventory = fleet.path("hosts.ini");
    let record = fleet.path("record");
    let start = |first: &[&str]| {
        let more = ["--run", &run, "--run-parallel", "2", "--gate", "within 5s, every 100ms"];
        Run::of(SMOKERCLI).args(["roll"]).args(first.iter().copied()).args(more).start()
    };
    let signal = |child: &Child| {
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
        kill(pid, Signal::SIGTERM).expect("it runs");
    };

    let (mut child, _home) = start(&["--inventory", &inventory, "-g", "prod", "--state", &record, "--steps", "100%"]);
    let mut said = BufReader::new(child.stderr.take().expect("piped")).lines();
    until("two commands to begin", || lines(&begun) == 2);
    signal(&child);
    let line = said.next().expect("a line").expect("text");
    assert!(line.contains("no further command begins"), "{line}");
    fs::write(&go, "").expect("written");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!((lines(&begun), lines(&ended)), (2, 2));
    assert_eq!(fleet.events().last().expect("an event")["event"], "interrupted");

    // What ran is not run again; what is left hangs until the second signal.
    fs::remove_file(&go).expect("it is there");
    let (mut child, _home) = start(&["--resume", &record]);
    let mut said = BufReader::new(child.stderr.take().expect("piped")).lines();
    until("two more commands to begin", || lines(&begun) == 4);
    for words in ["no further command begins", "the commands that run are ended"] {
        signal(&child);
        let line = said.next().expect("a line").expect("text");
        assert!(line.contains(words), "{line}");
    }
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert_eq!((lines(&begun), lines(&ended)), (4, 2));
    let events = fleet.events();
    let failures = named(&events, "runEnded").iter().filter(|event| event["failure"].is_string()).count();
    assert_eq!(failures, 2, "{events:?}");
    let mut hosts: Vec<_> = fs::read_to_string(&begun).expect("a file").lines().map(str::to_owned).collect();
    hosts.sort();
    assert_eq!(hosts, ["h1", "h2", "h3", "h4"]);
}

/// A gate that waits is ended by the first signal, and says nothing of its hosts.
#[test]
fn a_signal_ends_the_gate_and_the_roll_goes_on_with_it() {
    let fleet = Fleet::of(&["ERROR", "OK"]);
    let (inventory, record) = (fleet.path("hosts.ini"), fleet.path("record"));
    let line = ["roll", "--inventory", &inventory, "--state", &record, "--run", "true {host}", "--allow-bad", "1"];
    let (mut child, _home) = Run::of(SMOKERCLI).args(line).args(["--gate", "within 10m, every 100ms"]).start();
    until("the gate to begin", || fs::read_to_string(&record).is_ok_and(|text| text.contains("\"gateBegun\"")));
    kill(Pid::from_raw(i32::try_from(child.id()).expect("a pid")), Signal::SIGTERM).expect("it runs");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(named(&fleet.events(), "gateEnded").is_empty());
    let done = fleet.resume(&["--gate", "within 500ms, every 100ms"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stdout.ends_with("done: 2 hosts, 1 bad\n"), "{}", done.stdout);
    assert_eq!(named(&fleet.events(), "runBegun").len(), 2);
}

/// A canary may crash behind its own batch, while the others follow.
#[test]
fn a_host_that_becomes_bad_behind_its_batch_stops_the_roll() {
    let mut fleet = Fleet::of(&["OK", "OK", "OK"]);
    let (inventory, record, log, gone) =
        (fleet.path("hosts.ini"), fleet.path("record"), fleet.path("log"), fleet.path("gone"));
    let run = format!("echo {{host}} >> {log}; [ {{host}} = h1 ] || until [ -e {gone} ]; do sleep 0.02; done");
    let line = ["roll", "--inventory", &inventory, "--state", &record, "--run", &run, "--steps", "1,2,3"];
    let (child, _home) = Run::of(SMOKERCLI).args(line).args(["--gate", "within 1500ms, every 100ms"]).start();
    until("the second batch to begin", || fleet.log().len() == 2);
    drop(fleet.fakes.remove(0));
    fs::write(&gone, "").expect("written");
    let done = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(69), "{done:?}");
    assert!(stdout.contains("batch 2 of 3: the gate looks at h2, and again at h1\n"), "{stdout}");
    assert!(stdout.contains("\nh1 is bad: "), "{stdout}");
    assert_eq!(fleet.log(), ["h1", "h2"]);
}

pub(crate) fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_true() {
        assert!(begun.elapsed() < Duration::from_secs(60), "no {what} within 60 s");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn two_daemons_of_one_machine_are_two_hosts_by_names_of_their_own_only() {
    let fleet = Fleet::of(&["OK"; 2]);
    let hosts: Vec<_> = fleet.fakes.iter().map(Fake::address).collect();
    let roll = ["roll", "--run", "true {host}", "--dry-run", "-s"];
    let done = Run::of(SMOKERCLI).args(roll.into_iter().chain(hosts.iter().copied())).done();
    let reason = format!("{} and {} are both 127.0.0.1 to a command", hosts[0], hosts[1]);
    assert!(done.code == Some(2) && done.stderr.contains(&reason), "{done:?}");
    assert_eq!(fleet.roll(&["--dry-run"]).code, Some(0));
}

/// A filter that selects something elsewhere makes a baseline; here it selects nothing, before as now.
#[test]
fn a_gate_that_looks_at_nothing_stops_the_roll() {
    let fleet = Fleet::of(&["OK"]);
    let mut spec = host("h2", "OK");
    for plugin in ["/plugins/plugins/items/0", "/forced/disk"] {
        spec.pointer_mut(plugin).expect("a plugin")["plugin"]["parameters"] = json!({"Type": "smokeTest"});
    }
    let other = Fake::start(&spec);
    let (all, before) = (fleet.path("all.ini"), fleet.path("before.json"));
    let hosts = fs::read_to_string(fleet.path("hosts.ini")).expect("an inventory");
    let of_other = format!("h2 ansible_host=127.0.0.1 smoker_port={}\n", other.port());
    fs::write(&all, hosts + &of_other).expect("written");
    let made = Run::of(SMOKERCLI).args(["baseline", "--inventory", &all, "--smoke", "-o", &before]).done();
    assert_eq!(made.code, Some(0), "{made:?}");
    let done = fleet.roll(&["--smoke", "--gate", &format!("within 1s, every 100ms, against {before}")]);
    assert!(done.code == Some(69) && done.stdout.contains("h1 is bad: no plugin is selected on it"), "{done:?}");
}
