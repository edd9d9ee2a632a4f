//! The real client shows what the real daemon has of the past, and what comes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value as Json;
use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::wait;

/// What `turns` prints, one line a run.
const ANSWERS: &str = r#"fine
{"status": "ERROR", "messages": {"info": ["x"], "warn": [], "error": ["broken\u001b[2J"]}}
{"status": "WARN", "messages": {"info": [], "warn": ["soon"], "error": []}}
"#;

fn smokercli(daemon: &Daemon, line: &str) -> Output {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(binary::path("smokercli"));
    command.args(["-s", &daemon.address().to_string()]).args(line.split_whitespace());
    cli::run(command.env("HOME", home.path()).env("NO_COLOR", "1").current_dir(home.path()))
}

#[test]
fn the_past_is_shown_as_lines_as_a_table_and_for_programs() {
    let config = Config::new()
        .top("state_dir: '{{DIR}}/state'")
        .file("answers", ANSWERS)
        .plugin(
            "turns",
            "Command: echo x >> {{DIR}}/runs; sed -n \"$(wc -l < {{DIR}}/runs)p\" {{DIR}}/answers\nCategory: odd",
        )
        .plugin("fine", "Command: 'true'\nHistory: 1");
    let daemon = Daemon::start(config);
    for name in ["turns", "fine", "turns", "fine", "turns"] {
        let _ = daemon.run(name);
    }
    let run = |line: &str| {
        let output = smokercli(&daemon, line);
        output.expect_code(0);
        output.stdout
    };
    // Behind the time: plugin, state and the worst message.
    let after_time = |text: &str| text.lines().skip(1).map(|line| line[24..].to_owned()).collect::<Vec<_>>();
    let shown = after_time(&run("--history"));
    let expected = ["turns [WARN] soon", "fine [OK]", "turns [ERROR] broken\\x1b[2J", "fine [OK]", "turns [OK] fine"];
    assert_eq!(shown, expected);
    assert_eq!(after_time(&run("--history -p turns --error")), [expected[2]]);
    assert_eq!(after_time(&run("--history --category odd -o minimal")), ["turns [WARN]", "turns [ERROR]"]);
    assert_eq!(after_time(&run("--history --nook --since 1h -p turns,fine")), [expected[0], expected[2]]);
    assert!(run("--history -o long").contains("fine [OK] (force, 0.0"));

    let table = run("--history -o table");
    let rows: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().skip(1).collect()).collect();
    assert_eq!(rows[0], ["PLUGIN", "RUNS", "BAD", "STATUS", "PAST"]);
    assert_eq!(rows[1..], [vec!["fine", "2", "0", "OK", ".."], vec!["turns", "3", "2", "WARN", ".EW"]]);

    let lines = run("--history -o ndjson -p turns");
    let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((lines.len(), &lines[0]["plugin"], &lines[2]["result"]["status"]), (3, &"turns".into(), &"OK".into()));
    let host = lines[0]["host"].as_str().expect("a name");
    let json: Json = serde_json::from_str(&run("--history -o json")).expect("JSON");
    assert_eq!(json[host]["results"].as_array().map(Vec::len), Some(5));

    for (line, code, part) in [
        ("--history -o junit", 1, "no such format"),
        ("--history --since sometime", 2, "yesterday"),
        ("--history -p none", 1, "No plugins found"),
        ("--history -f", 2, "cannot be used with"),
        ("--since 1h", 2, "--history"),
    ] {
        let output = smokercli(&daemon, line);
        output.expect_code(code);
        assert!((output.stdout.clone() + &output.stderr).contains(part), "{line}: {output:?}");
    }
}

/// The lines that a client prints while it watches.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(daemon: &Daemon, arguments: &[&str]) -> Self {
        Self::start_all(&[daemon], arguments)
    }

    fn start_all(daemons: &[&Daemon], arguments: &[&str]) -> Self {
        let mut command = Command::new(binary::path("smokercli"));
        command
            .arg("-s")
            .args(daemons.iter().map(|daemon| daemon.address().to_string()))
            .arg("--watch")
            .args(arguments);
        command.env("HOME", daemons[0].path("")).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let stdout = child.stdout.take().expect("it is piped");
        let (sender, lines) = channel();
        thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { child, lines }
    }

    /// Plugin and status of the next line that has a result, or the state of the host.
    fn next(&self) -> (String, String) {
        let line = self.lines.recv_timeout(wait::DEADLINE).expect("a further line");
        let line: Json = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
        let status = if line["error"].is_string() { &line["status"] } else { &line["result"]["status"] };
        (text(&line["plugin"]), text(status))
    }

    /// Interrupts it; returns the exit code and the further lines.
    fn interrupt(mut self) -> (Option<i32>, Vec<String>) {
        let pid = Pid::from_raw(self.child.id().try_into().expect("a number of a process"));
        kill(pid, Signal::SIGINT).expect("it runs");
        let code = self.child.wait().expect("it ends").code();
        (code, self.lines.iter().collect())
    }
}

#[test]
fn watched_daemons_of_one_host_name_are_told_apart() {
    let daemons = [0, 1].map(|_| Daemon::start(Config::new().plugin("fine", "Command: 'true'")));
    for daemon in &daemons {
        let _ = daemon.run("fine");
    }
    let watching = Watching::start_all(&daemons.each_ref(), &[]);
    let mut hosts = [0, 1].map(|_| {
        let line = watching.lines.recv_timeout(wait::DEADLINE).expect("a further line");
        let line: Json = serde_json::from_str(&line).expect("JSON");
        line["host"].as_str().expect("a name").to_owned()
    });
    hosts.sort();
    assert!(hosts[1].starts_with(&format!("{} (127.0.0.1:", hosts[0])), "{hosts:?}");
}

#[test]
fn a_fleet_is_watched_through_a_restart_without_a_gap() {
    let config = Config::new()
        .top("state_dir: '{{DIR}}/state'")
        .plugin("fine", "Command: 'true'\nCategory: odd")
        .plugin("bad", "Command: 'false'");
    let mut daemon = Daemon::start(config);
    let _ = daemon.run("fine");
    let all = Watching::start(&daemon, &[]);
    let expect = |watching: &Watching, plugin: &str, status: &str| {
        assert_eq!(watching.next(), (plugin.to_owned(), status.to_owned()));
    };
    // What there is, then what comes.
    expect(&all, "fine", "OK");
    let _ = daemon.run("bad");
    expect(&all, "bad", "ERROR");
    // Begun now: a result that comes while a watch begins may be there and come.
    let bad = Watching::start(&daemon, &["--error", "-p", "bad,fine"]);
    expect(&bad, "bad", "ERROR");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    expect(&all, "", "UNREACHABLE");
    daemon.try_start().expect("it starts again");
    for _ in 0..2 {
        let _ = daemon.run("bad");
    }
    for _ in 0..2 {
        expect(&all, "bad", "ERROR");
    }
    assert_eq!(all.interrupt(), (Some(0), Vec::new()));
    expect(&bad, "", "UNREACHABLE");
    for _ in 0..2 {
        expect(&bad, "bad", "ERROR");
    }
    assert_eq!(bad.interrupt(), (Some(0), Vec::new()));

    for (line, code, part) in [("--watch -o junit", 1, "no such format"), ("--watch -f", 2, "cannot be used with")] {
        let output = smokercli(&daemon, line);
        output.expect_code(code);
        assert!(output.stderr.contains(part), "{line}: {output:?}");
    }
}
