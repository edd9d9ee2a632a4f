//! Colours, broken pipes, Ctrl-C.

use std::io::Read;
use std::process::Child;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use crate::corpus::host;
use crate::fake::Fake;
use crate::run::{Run, SMOKERCLI};

#[test]
fn colours_follow_the_terminal_the_environment_and_the_options() {
    let fake = Fake::start(&host("server2"));
    let run = |arguments: &[&str]| Run::of(SMOKERCLI).args(["-s", fake.address()]).args(arguments);
    let colored = |text: &str| text.contains('\u{1b}');
    assert!(!colored(&run(&[]).done().stdout));
    assert!(colored(&run(&[]).done_on_terminal().stdout));
    assert!(colored(&run(&["--color", "always"]).done().stdout));
    assert!(colored(&run(&[]).env("CLICOLOR_FORCE", "1").done().stdout));
    assert!(!colored(&run(&[]).env("CLICOLOR_FORCE", "0").done().stdout));
    assert!(!colored(&run(&[]).env("NO_COLOR", "1").done_on_terminal().stdout));
    assert!(!colored(&run(&[]).env("TERM", "dumb").done_on_terminal().stdout));
    assert!(!colored(&run(&["--color", "never"]).done_on_terminal().stdout));
    assert!(!colored(&run(&["--color", "always", "--no-colors"]).done_on_terminal().stdout));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let fake = Fake::start(&host("server2"));
    let (mut child, _home) = Run::of(SMOKERCLI).args(["-s", fake.address(), "-o", "full"]).start();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("UTF-8");
    assert_eq!((child.wait().expect("it ends").code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn more_than_a_moments_work_shows_how_far_it_is() {
    let (up, hanging) = (Fake::start(&host("server2")), Fake::start(&host("fail-hang")));
    let run = |timeout| Run::of(SMOKERCLI).args(["-s", up.address(), hanging.address(), "--timeout", timeout]);
    let bar = run("1").done_with_errors_on_terminal().stderr;
    assert!(bar.contains("1/2 hosts, "), "{bar:?}");
    let lines = run("6").done().stderr;
    assert!(lines.contains("INFO: 1 of 2 hosts done, "), "{lines:?}");
    let silent = run("1").args(["--no-progress"]).done_with_errors_on_terminal().stderr;
    assert!(!silent.contains("1/2 hosts"), "{silent:?}");
}

#[test]
fn an_older_daemon_is_watched_by_asking_it_again() {
    let fake = Fake::start(&host("server2"));
    let (child, _home) = Run::of(SMOKERCLI).args(["-s", fake.address(), "--watch"]).start();
    // The events that it does not have, and its two pages twice.
    fake.wait_for_requests(5);
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fake.requests()[0]["path"], "/events");
    let lines: Vec<_> = stdout.lines().collect();
    assert!(
        !lines.is_empty() && lines.iter().all(|line| line.starts_with("{\"host\":\"server2\",\"plugin\":\"")),
        "{stdout}"
    );
    let mut once = lines.clone();
    once.dedup();
    assert_eq!(once, lines, "nothing has run between");
}

#[test]
fn ctrl_c_prints_what_is_known() {
    let (up, hanging) = (Fake::start(&host("server2")), Fake::start(&host("plugins-hang")));
    let (child, _home) = Run::of(SMOKERCLI).args(["-s", up.address(), hanging.address()]).start();
    // Two requests each: by then one host is known, and the other has been asked for its plugins.
    up.wait_for_requests(2);
    hanging.wait_for_requests(2);
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(130));
    assert!(stdout.contains("[UNREACHABLE]\n  [error] interrupted before it answered\n"), "{stdout}");
}

#[test]
fn a_table_is_drawn_while_changes_never_pause() {
    let mut busy = host("server2");
    busy["event"] = json!({"plugin": "p", "result": {"status": "OK"}});
    let fake = Fake::start(&busy);
    let (mut child, mut terminal, _home) =
        Run::of(SMOKERCLI).args(["-s", fake.address(), "--watch"]).start_on_terminal();
    let mut drawn = String::new();
    let mut part = [0; 4096];
    while !drawn.contains("\u{1b}[J") {
        let read = terminal.read(&mut part).expect("the table is drawn");
        drawn.push_str(&String::from_utf8_lossy(&part[..read]));
    }
    interrupt(&child);
    child.wait().expect("it ends");
    // The stream of events ends at last, and the host cannot be asked then.
    assert!(drawn.contains("server2") && !drawn.contains("UNREACHABLE"), "{drawn:?}");
}

#[test]
fn ctrl_c_does_not_show_a_past_that_has_not_arrived_as_an_empty_one() {
    let past = |name| {
        let mut spec = host(name);
        spec["past"] = json!({"results": [], "nextCursor": null});
        spec
    };
    let mut hanging = past("server1");
    hanging["fail"] = json!("hang");
    hanging["fail_at"] = json!("past");
    let (up, hanging) = (Fake::start(&past("server2")), Fake::start(&hanging));
    let run =
        Run::of(SMOKERCLI).args(["-s", up.address(), hanging.address(), "--history", "-o", "json", "--parallel", "1"]);
    let (child, _home) = run.start();
    // Its two pages, then the past, which is asked for behind that of the other.
    hanging.wait_for_requests(3);
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(report["server1"], json!({"status": "UNREACHABLE", "error": "interrupted before it answered"}));
    assert_eq!(report["server2"], json!({"results": []}));
}

#[test]
fn ctrl_c_in_a_forced_run_shows_no_older_result() {
    let mut slow = host("server1");
    slow["fail"] = "hang".into();
    slow["fail_at"] = "poll".into();
    let (up, slow) = (Fake::start(&host("server2")), Fake::start(&slow));
    let (child, _home) = Run::of(SMOKERCLI).args(["-s", up.address(), slow.address(), "-f"]).start();
    up.wait_for_requests(4);
    slow.wait_for_requests(4);
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(130));
    assert!(stdout.contains(&format!("{:<34} [UNREACHABLE]", "server1")), "{stdout}");
    assert!(!stdout.contains("fsmount                          [ERROR]"), "{stdout}");
}

fn interrupt(child: &Child) {
    let pid = i32::try_from(child.id()).expect("a process id");
    kill(Pid::from_raw(pid), Signal::SIGINT).expect("it runs");
}
