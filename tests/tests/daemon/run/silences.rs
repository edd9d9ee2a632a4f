//! Silences: actions are held, everybody sees why, and restarts change nothing.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::{binary, wait};

fn smokercli(daemon: &Daemon, words: &[&str]) -> Output {
    let mut command = Command::new(binary::path("smokercli"));
    command.args(words).args(["--no-progress", "--socket"]).arg(daemon.path("smokerd.sock"));
    command.env("HOME", daemon.path("")).env("USER", "ann");
    cli::run(&mut command)
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_silence_holds_actions_and_is_shown_everywhere_until_it_ends() {
    let config = Config::new()
        .top("socket: '{{DIR}}/smokerd.sock'\nstate_dir: {{DIR}}/state")
        .action("Tell", "Command: echo x >> {{DIR}}/told")
        .plugin("Web", "Command: echo down; exit 1\nAction: Tell\nCategory: web")
        .plugin("Disk", "Command: echo full; exit 1\nAction: Tell\nCategory: disk");
    let mut daemon = Daemon::start(config);
    let told = |daemon: &Daemon| fs::read_to_string(daemon.path("told")).map_or(0, |text| text.lines().count());
    assert_eq!((daemon.run("Web").status(), told(&daemon)), ("ERROR", 1));

    let mut listener = daemon.connect();
    listener.write(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is sent");
    listener.read_head().expect("events");
    let made = smokercli(&daemon, &["silence", "--for", "1h", "--reason", "deploy 1.2", "--category", "web"]);
    assert_eq!(made.code, 0, "{made:?}");
    expect_line(&made.stdout, &["silence 1 of Web until ", " by uid 0: deploy 1.2"]);
    let mut events = String::new();
    wait::until_true("the event", || {
        events += &String::from_utf8_lossy(&listener.read_chunk().expect("more"));
        events.contains("event: silence\ndata: {\"change\": \"made\", \"silence\": {\"id\": 1, ")
    });
    drop(listener);
    assert_eq!((daemon.run("Web").status(), told(&daemon)), ("ERROR", 1));
    assert_eq!((daemon.run("Disk").status(), told(&daemon)), ("ERROR", 2));
    expect_line(
        &daemon.log(),
        &["uid 0 on the socket: POST /silences: 201: silence 1 by uid 0 until", "deploy 1.2, plugins Web"],
    );

    // Filters would look as if they chose what is ended.
    for words in [&["--end", "all"][..], &["--end", "1"], &[]] {
        let refused = smokercli(&daemon, &[&["silence", "-p", "Disk"], words].concat());
        assert!(refused.code == 2 && refused.stderr.contains("choose what --for silences"), "{refused:?}");
    }

    // A crash changes nothing.
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    daemon.try_start().expect("it starts again");
    let page = daemon.plugin("Web")["plugin"]["silence"].clone();
    assert_eq!((&page["id"], &page["by"], &page["reason"]), (&1.into(), &"uid 0".into(), &"deploy 1.2".into()));
    assert!(daemon.plugin("Disk")["plugin"]["silence"].is_null());
    assert_eq!((daemon.run("Web").status(), told(&daemon)), ("ERROR", 2));
    let plain = ["minimal", "normal", "long", "full", "table", "tap", "tap14", "junit", "xml"];
    let data = ["json", "raw", "ndjson", "csv", "html", "markdown", "prometheus"];
    for format in plain.into_iter().chain(data) {
        let output = smokercli(&daemon, &["-o", format]);
        assert!(output.stdout.contains("deploy 1.2") && output.stdout.contains("uid 0"), "{format}: {output:?}");
    }
    let columns = smokercli(&daemon, &["--columns", "plugin,message"]);
    expect_line(&columns.stdout, &["Web", "silenced until ", " by uid 0: deploy 1.2; down"]);
    let nagios = cli::run(
        Command::new(binary::path("check_smoker_plugin")).arg("--socket").arg(daemon.path("smokerd.sock")).arg("Web"),
    );
    expect_line(&nagios.stdout, &["silenced until ", " by uid 0: deploy 1.2"]);
    for page in ["/ui/table", "/metrics"] {
        let text = daemon.get(page).text();
        assert_eq!(text.matches("deploy 1.2").count(), 1, "{page}: {text}");
    }
    let listed = smokercli(&daemon, &["silence"]);
    expect_line(&listed.stdout, &["silence 1 of Web until "]);
    let json = smokercli(&daemon, &["silence", "-o", "json"]);
    assert!(json.stdout.contains(r#""survivesRestart":true"#), "{json:?}");

    // Without the role, without an end, without a reason, of nothing.
    let refused = daemon.send(&smoker_tests::http::Request::post("/silences", r#"{"for": "1h", "reason": "x"}"#));
    assert!(refused.expect_error(401).contains("this needs admin"));
    let wrong = |words: &[&str]| {
        let output = smokercli(&daemon, &[&["silence"], words].concat());
        assert_ne!(output.code, 0, "{output:?}");
        output.text()
    };
    assert!(wrong(&["--for", "soon", "--reason", "x"]).contains("has to be a duration such as 500ms"));
    assert!(wrong(&["--for", "31d", "--reason", "x"]).contains("at most 30 days"));
    assert!(wrong(&["--for", "1h", "--reason", " "]).contains("reason is missing"));
    assert!(wrong(&["--for", "1h", "--reason", "x", "-p", "Nothing"]).contains("No plugins found"));
    assert!(wrong(&["--end", "7"]).contains("Silence 7 not found"));

    let ended = smokercli(&daemon, &["silence", "--end", "all"]);
    expect_line(&ended.stdout, &["ended silence 1 of Web by uid 0: deploy 1.2"]);
    assert!(daemon.plugin("Web")["plugin"]["silence"].is_null());
    assert_eq!((daemon.run("Web").status(), told(&daemon)), ("ERROR", 3));

    // One of all plugins that ends by itself.
    let made = smokercli(&daemon, &["silence", "--for", "1s", "--reason", "blink"]);
    expect_line(&made.stdout, &["silence 2 of all plugins until "]);
    wait::until_true("the silence to end", || daemon.get("/silences").json()["silences"] == serde_json::json!([]));
    assert_eq!((daemon.run("Disk").status(), told(&daemon)), ("ERROR", 4));
    expect_line(&daemon.log(), &["silence 2 of uid 0 has ended: blink"]);
}

/// What is not understood must not silence everything.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_silence_that_is_not_understood_is_none() {
    let config =
        Config::new().top("socket: '{{DIR}}/smokerd.sock'\nstate_dir: {{DIR}}/state").plugin("Web", "Command: 'true'");
    let mut daemon = Daemon::start(config);
    let post = |daemon: &Daemon, body: &str| {
        let mut command = Command::new("curl");
        command.args(["-s", "-d", body, "http://localhost/silences", "--unix-socket"]).arg(daemon.path("smokerd.sock"));
        cli::run(&mut command).stdout
    };
    let rest = r#""for": "1h", "reason": "x""#;
    for (member, reason) in [
        (
            r#""plugin": ["Web"]"#,
            "plugin is none of plugins, filter, all, for, until, reason, author; did you mean plugins?",
        ),
        (r#""category": "web""#, "category is none of"),
        (r#""plugins": []"#, "plugins is empty, so it chooses nothing; name plugins, give a filter, or write"),
        (r#""plugins": null"#, "plugins is null, so it chooses nothing"),
        (r#""filter": null"#, "filter is null, so it chooses nothing"),
        (r#""plugins": ["Web"], "filter": null"#, "filter is null"),
        (r#""filter": {"Category": null}"#, "filter has null for Category, which is no value to look for"),
        (r#""author": "ann""#, "it chooses no plugins; name plugins, give a filter, or write"),
        (r#""all": false"#, "all can only be true"),
        (r#""all": null"#, "all can only be true"),
        (r#""all": true, "plugins": ["Web"]"#, "it has all and plugins; leave one of them out"),
        (&format!(r#""filter": {{"Category": "{}"}}"#, "x".repeat(16 * 1024)), "bytes, and 16384 are allowed"),
        (r#""plugins": """#, "plugins is empty"),
        (r#""filter": {}"#, "filter is empty"),
    ] {
        for body in [format!("{{{rest}, {member}}}"), format!(r#"{{"silence": {{{rest}, {member}}}}}"#)] {
            let answer = post(&daemon, &body);
            assert!(answer.contains(reason), "{body}: {answer}");
        }
    }
    let beside = post(&daemon, &format!(r#"{{"silence": {{{rest}}}, "plugins": ["Web"]}}"#));
    assert!(beside.contains("plugins was found outside of the object `silence`, where it is not read"), "{beside}");
    assert_eq!(daemon.get("/silences").json()["silences"], serde_json::json!([]));
    let all = post(&daemon, &format!(r#"{{{rest}, "all": true}}"#));
    assert!(all.contains(r#""silenced": ["Web"]"#), "{all}");

    // Names that are given many times make no file that is not read again.
    let names = vec![r#""Web""#; 9000].join(",");
    for _ in 0..3 {
        let made =
            post(&daemon, &format!(r#"{{"for": "1h", "reason": "{}", "plugins": [{names}]}}"#, "x".repeat(1000)));
        assert!(made.contains(r#""plugins": ["Web"]"#), "{made}");
    }
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    daemon.try_start().expect("it starts again");
    assert_eq!(daemon.get("/silences").json()["silences"].as_array().map(Vec::len), Some(4));
}

/// The answer says whether a restart leaves it, and what could not be written is written when that is possible again.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_silence_that_cannot_be_written_is_written_later() {
    let config =
        Config::new().top("socket: '{{DIR}}/smokerd.sock'\nstate_dir: {{DIR}}/state").plugin("Web", "Command: 'true'");
    let mut daemon = Daemon::start(config);
    let file = daemon.path("state/silences");
    // A folder in its place.
    let _ = fs::remove_file(&file);
    fs::create_dir(&file).expect("a folder");
    let made = |daemon: &Daemon| smokercli(daemon, &["silence", "--for", "1h", "--reason", "x", "-o", "json"]);
    let first = made(&daemon);
    assert!(first.stdout.contains(r#""survivesRestart":false"#), "{first:?}");
    assert!(first.stdout.contains(r#""storage":"pending"#), "{first:?}");
    let listed = smokercli(&daemon, &["silence"]);
    expect_line(&listed.stdout, &["silence 1 of all plugins until ", "(is not written yet; "]);
    expect_line(&daemon.log(), &["silences: ", "unless they can be written later"]);
    fs::remove_dir(&file).expect("removed");
    wait::until_true("the file", || fs::read_to_string(&file).is_ok_and(|text| text.contains(r#""reason": "x""#)));

    // A number is not given again.
    assert_eq!(smokercli(&daemon, &["silence", "--end", "all"]).code, 0);
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    daemon.try_start().expect("it starts again");
    let second = made(&daemon);
    assert!(second.stdout.contains(r#""id":2"#) && second.stdout.contains(r#""survivesRestart":true"#), "{second:?}");
}

/// Many clients silence plugins at a time: each is answered for its own silence.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_silence_that_is_written_is_said_to_be_so_whatever_else_is_not() {
    let config =
        Config::new().top("socket: '{{DIR}}/smokerd.sock'\nstate_dir: {{DIR}}/state").plugin("Web", "Command: 'true'");
    let daemon = Daemon::start(config);
    let socket = daemon.path("smokerd.sock");
    let post = || {
        let begun = Instant::now();
        let mut command = Command::new("curl");
        command.args(["-s", "-d", r#"{"for": "1h", "reason": "x", "plugins": ["Web"]}"#]);
        command.args(["http://localhost/silences", "--unix-socket"]);
        (cli::run(command.arg(&socket)).stdout, begun.elapsed())
    };
    let answers: Vec<_> = std::thread::scope(|scope| {
        let posts: Vec<_> = (0..20).map(|_| scope.spawn(post)).collect();
        posts.into_iter().map(|post| post.join().expect("an answer")).collect()
    });
    for (answer, took) in &answers {
        let is_written = answer.contains(r#""survivesRestart": true, "storage": "written""#);
        // A disk may be slower than the 5 s that the answer waits for it.
        let is_late = answer.contains(r#""storage": "pending""#) && *took >= Duration::from_secs(5);
        assert!(is_written || is_late, "{answer} {took:?}");
    }
    wait::until_true("all to be written", || {
        let page = daemon.get("/silences").json();
        let silences = page["silences"].as_array().expect("a list");
        silences.len() == 20 && silences.iter().all(|silence| silence["storage"] == "written")
    });
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_silence_of_a_daemon_without_a_state_folder_ends_with_it() {
    let config = Config::new().top("socket: '{{DIR}}/smokerd.sock'").plugin("Web", "Command: 'true'");
    let daemon = Daemon::start(config);
    let made = smokercli(&daemon, &["silence", "--for", "1h", "--reason", "x"]);
    expect_line(&made.stdout, &["silence 1 of all plugins until ", "(ends with the daemon, which has no state_dir)"]);
    assert_eq!(daemon.get("/silences/1").json()["silence"]["storage"], "memory");
}
