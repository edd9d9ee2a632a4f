//! Several hosts, of which some fail.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::corpus::host;
use crate::fake::Fake;
use crate::run::{Done, Run, SMOKERCLI};

fn smokercli(arguments: &[&str]) -> Done {
    Run::of(SMOKERCLI).args(arguments).done()
}

#[test]
fn a_host_that_cannot_be_asked_is_listed_with_its_reason_and_counted() {
    let (down, up) = (Fake::start(&host("fail-refuse")), Fake::start(&host("server2")));
    let done = smokercli(&["-s", down.address(), up.address()]);
    let first: Vec<_> = done.stdout.lines().take(3).collect();
    assert_eq!(first[0], format!("{:<34} [UNREACHABLE]", down.address()));
    assert!(first[1].starts_with("  [error] can't open resource http://127.77.0.1:"), "{first:?}");
    assert_eq!(first[2], " ");
    assert_eq!(done.code, Some(0));
    assert!(done.stderr.contains("2 hosts: 1 UNREACHABLE, 1 OK"), "{}", done.stderr);
}

#[test]
fn a_daemon_that_is_too_old_for_the_past_is_a_failure_with_its_reason() {
    let old = Fake::start(&host("server2"));
    for format in ["normal", "table", "ndjson"] {
        let done = smokercli(&["-s", old.address(), "--history", "-o", format]);
        assert_eq!(done.code, Some(1));
        assert!(done.stdout.contains("older than smokerd 3.0; upgrade it"), "{}", done.stdout);
    }
}

#[test]
fn pages_of_the_past_that_lead_nowhere_are_a_failure_with_the_reason() {
    let entry = json!({"sequence": 1, "plugin": "p", "result": {"status": "OK"}});
    for (results, requests, part) in [
        (json!([]), 3, "a page without results has the nextCursor \"7\""),
        (json!([entry]), 4, "a second page has the nextCursor \"7\""),
    ] {
        let mut looping = host("server2");
        looping["past"] = json!({"results": results, "nextCursor": "7"});
        let fake = Fake::start(&looping);
        let done = smokercli(&["-s", fake.address(), "--history"]);
        assert_eq!((done.code, fake.requests().len()), (Some(1), requests), "{}", done.stdout);
        assert!(done.stdout.contains(part), "{}", done.stdout);
    }
}

#[test]
fn a_host_shows_so_much_of_the_past_whatever_plugins_are_named() {
    let entry = |number: u64| json!({"sequence": number, "plugin": "p", "result": {"status": "OK"}});
    let mut host = host("server2");
    host["past"] = json!({"results": (0..30_000).map(entry).collect::<Vec<_>>(), "nextCursor": null});
    let fake = Fake::start(&host);
    let done = smokercli(&[
        "-s",
        fake.address(),
        "--history",
        "-o",
        "ndjson",
        "-p",
        "git-refresh",
        "-p",
        "varnish",
        "-p",
        "fsmount",
    ]);
    assert_eq!((done.code, done.stdout.lines().count()), (Some(0), 60_000), "{}", done.stderr);
    assert!(done.stderr.contains("are shown; name a later --since, or fewer plugins"), "{}", done.stderr);
}

/// What runs once a day is not lost behind what runs each second.
#[test]
fn a_baseline_of_the_past_has_what_ran_seldom_and_tells_what_is_missing() {
    let entry = |plugin: &str| json!({"sequence": 1, "plugin": plugin, "result": {"status": "OK", "messages": null}});
    let mut host = host("server2");
    host["past"] = json!({"results": (0..50_000).map(|_| entry("varnish")).collect::<Vec<_>>(), "nextCursor": "7"});
    host["past_of"] = json!({
        "git-refresh": {"results": [entry("git-refresh")], "nextCursor": null},
        "fsmount": {"results": [], "nextCursor": null, "incomplete": true},
    });
    let fake = Fake::start(&host);
    let done = smokercli(&["baseline", "-s", fake.address(), "--at", "1h"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    for (plugin, is_there) in [("varnish", true), ("git-refresh", true), ("fsmount", false)] {
        assert_eq!(done.stdout.contains(&format!("\"{plugin}\"")), is_there, "{}", done.stdout);
    }
    assert!(done.stderr.contains("results may be missing"), "{}", done.stderr);
}

#[test]
fn past_results_are_lines_of_csv() {
    let mut up = host("server2");
    let text = "a \"b\", c";
    up["past"] = json!({"results": [
        {"sequence": 2, "plugin": "p,q", "trigger": "timer", "triggeredBy": null, "planned": "P", "started": "S", "attempt": 1,
         "generation": 1, "result": {"status": "WARN", "duration": 0.5, "exitStatus": 1, "messages": {"warn": [text]}}},
        {"sequence": 1, "plugin": "p,q", "trigger": "timer", "interrupted": true, "result": {"status": "ERROR"}},
    ], "nextCursor": null});
    let (up, down) = (Fake::start(&up), Fake::start(&host("fail-refuse")));
    let done = smokercli(&["-s", up.address(), down.address(), "--history", "-o", "csv"]);
    let lines: Vec<_> = done.stdout.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "host,plugin,status,sequence,trigger,triggeredBy,planned,started,attempt,generation,interrupted,duration,exitStatus,\
             signal,message",
            "server2,\"p,q\",WARN,2,timer,,P,S,1,1,,0.5,1,,\"a \"\"b\"\", c\"",
            "server2,\"p,q\",ERROR,1,timer,,,,,,true,,,,",
        ]
    );
    assert!(lines[3].contains(",,UNREACHABLE,,,,,,,,,,,,") && lines.len() == 4, "{lines:?}");
    let done = smokercli(&["-s", up.address(), down.address(), "--history", "-o", "table"]);
    let row: Vec<_> = done.stdout.lines().nth(1).unwrap_or_default().split_whitespace().collect();
    assert_eq!(row, ["server2", "p,q", "1", "1", "WARN", "iW"], "an interrupted run is no bad one");
    let done = smokercli(&["-s", up.address(), down.address(), "-o", "csv"]);
    let lines: Vec<_> = done.stdout.lines().collect();
    assert_eq!(lines[0], "host,plugin,status,lastRun,duration,message");
    assert!(lines.iter().any(|line| line.contains(",,UNREACHABLE,,,")), "{lines:?}");
}

#[test]
fn no_host_is_asked_for_the_past_in_a_format_that_has_no_form_for_it() {
    let fake = Fake::start(&host("server2"));
    for format in ["tap", "tap14", "xml", "junit"] {
        let done = smokercli(&["-s", fake.address(), "--history", "-o", format]);
        assert_eq!(done.code, Some(1));
        assert!(done.stderr.contains("--history has no such format; use minimal"), "{}", done.stderr);
    }
    assert_eq!(fake.requests(), Vec::<Value>::new());
}

#[test]
fn one_host_alone_is_not_summed_up() {
    let up = Fake::start(&host("server2"));
    assert_eq!(smokercli(&["-s", up.address()]).stderr, "");
}

#[test]
fn only_hosts_that_cannot_be_asked_are_a_failure() {
    let down = Fake::start(&host("fail-http500"));
    for (arguments, code) in [(vec![], 1), (vec!["-e"], 69), (vec!["-l"], 1), (vec!["-o", "json"], 1)] {
        let done = smokercli(&[&["-s", down.address()], &*arguments].concat());
        assert_eq!(done.code, Some(code), "{arguments:?}");
        assert!(done.stderr.contains("ERROR: No plugins found"));
        assert_eq!(done.stdout.contains("UNREACHABLE"), !arguments.contains(&"-l"), "{arguments:?}");
    }
}

#[test]
fn a_host_that_dies_while_its_run_is_polled_does_not_hide_the_others() {
    let mut dying = host("server1");
    dying["fail"] = json!("refuse");
    dying["fail_at"] = json!("poll");
    let (dying, up) = (Fake::start(&dying), Fake::start(&host("server2")));
    let done = smokercli(&["-s", dying.address(), up.address(), "-f", "-o", "json", "-e"]);
    let report: Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(report["server1"]["status"], "UNREACHABLE");
    assert_eq!(report["server1"]["plugins"], json!({}));
    let reason = report["server1"]["error"].as_str().expect("a reason");
    assert!(reason.starts_with("Polling on /processes/1 failed after 3 retries"), "{reason}");
    assert_eq!(report["server2"]["status"], "OK");
    assert_eq!(done.code, Some(69));
    let polls = dying.requests().iter().filter(|request| request["path"] == "/processes/1").count();
    assert_eq!(polls, 4);
}

#[test]
fn a_quick_run_is_not_waited_for_by_the_second() {
    let mut quick = host("server2");
    quick["poll_202"] = json!(3);
    let fake = Fake::start(&quick);
    let start = Instant::now();
    let done = smokercli(&["-s", fake.address(), "-f"]);
    assert_eq!(done.code, Some(0));
    // Four polls with the original's pause of a second between them would take three.
    assert!(start.elapsed() < Duration::from_millis(2500), "{:?}", start.elapsed());
    let posts = fake.requests().iter().filter(|request| request["method"] == "POST").count();
    assert_eq!(posts, 1);
}

#[test]
fn plugins_that_give_no_result_are_reported() {
    let fake = Fake::start(&host("typed-vanish"));
    let done = smokercli(&["-s", fake.address(), "-f"]);
    assert!(done.stderr.contains("Host app01: no result of "), "{}", done.stderr);
}

#[test]
fn hosts_come_from_ranges_and_files_each_once_and_in_order() {
    let fake = Fake::start(&host("server2"));
    let run = Run::of(SMOKERCLI);
    let port = fake.port();
    let file = run.file("hosts", &format!("# ours\n127.0.0.1:{port}  # again\n\n127.0.0.[1-2]:{port}\n"));
    let file = file.display().to_string();
    let range = format!("127.0.0.[2-3]:{port}");
    let done = run.args(["-s", &range, "--hosts-file", &file, "-o", "json"]).done();
    let report: Value = serde_json::from_str(&done.stdout).expect("JSON");
    let names: Vec<_> = report.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(names, [format!("127.0.0.2:{port}"), format!("127.0.0.3:{port}"), "server2".to_owned()]);
}

#[test]
fn a_hosts_file_without_hosts_never_means_localhost() {
    let run = Run::of(SMOKERCLI);
    let empty = run.file("empty", "# nobody\n").display().to_string();
    let done = run.args(["--hosts-file", &empty]).done();
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("names no host"), "{}", done.stderr);
}

#[test]
fn of_two_daemons_with_one_name_the_second_has_its_address_behind_it() {
    let (a, b) = (Fake::start(&host("twin-a")), Fake::start(&host("twin-b")));
    let done = smokercli(&["-s", a.address(), b.address(), "-l"]);
    assert_eq!(done.stdout, format!("twin/only-on-a\ntwin (127.0.0.1:{})/only-on-b\n", b.port()));
    let second = smokercli(&["-s", a.address(), b.address(), "-p", "only-on-b", "-o", "minimal"]);
    assert!(second.stdout.starts_with(&format!("twin (127.0.0.1:{})", b.port())), "{}", second.stdout);
}

#[test]
fn time_limits_are_kept() {
    let hanging = Fake::start(&host("plugins-hang"));
    let start = Instant::now();
    let done = smokercli(&["-s", hanging.address(), "--timeout", "0.3"]);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(done.stdout.contains("/plugins: timed out"), "{}", done.stdout);
}

#[test]
fn proxies_of_the_environment_count_only_when_asked_for() {
    let fake = Fake::start(&host("server2"));
    let run = || Run::of(SMOKERCLI).env("http_proxy", "http://127.77.0.1:9/").args(["-s", fake.address(), "-l"]);
    assert_eq!(run().done().code, Some(0));
    assert_eq!(run().args(["--proxy", "env"]).done().code, Some(1));
    let proxied = smokercli(&["-s", "smoker.invalid:1", "-l", "--proxy", &format!("http://{}", fake.address())]);
    assert_eq!(fake.requests().last().expect("a request")["path"], "http://smoker.invalid:1/");
    assert_eq!(proxied.code, Some(1));
}

#[test]
fn an_answer_cannot_send_us_to_another_host() {
    let other = Fake::start(&host("server2"));
    let mut sly = host("server1");
    sly["about"]["about"]["links"][0]["href"] = json!(format!("http://{}/plugins", other.address()));
    let sly = Fake::start(&sly);
    let done = smokercli(&["-s", sly.address()]);
    assert!(done.stdout.contains("which is elsewhere"), "{}", done.stdout);
    assert_eq!(other.requests(), Vec::<Value>::new());
}

#[test]
fn the_address_of_a_page_is_no_address_of_a_daemon() {
    let fake = Fake::start(&host("server1"));
    let done = smokercli(&["-s", &format!("http://{}/plugins", fake.address())]);
    assert!(done.stdout.contains("no address of a daemon: write http://HOST:PORT"), "{}", done.stdout);
}

#[test]
fn answers_that_are_no_smokerds_say_so() {
    for (name, word) in [
        ("fail-emptyobj", "not the answer of a smokerd"),
        ("fail-wrongjson", "not the answer of a smokerd"),
        ("plugins-wrongjson", "not the answer of a smokerd"),
        ("plugins-empty", "the answer is empty"),
        ("poll-empty", "Polling on"),
        ("poll-notjson", "Polling on"),
    ] {
        let fake = Fake::start(&host(name));
        let done = smokercli(&["-s", fake.address(), "-f", "-o", "minimal"]);
        assert!(done.stdout.contains("[UNREACHABLE]") && done.stdout.contains(word), "{name}: {}", done.stdout);
        assert_eq!(done.code, Some(1), "{name}");
    }
}

#[test]
fn an_endless_answer_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().expect("a client");
        let _ = client.read(&mut [0; 4096]).expect("a request");
        let mut sent = 0;
        client.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n").expect("a reader");
        let blanks = vec![b' '; 1 << 20];
        while client.write_all(&blanks).is_ok() {
            sent += blanks.len();
        }
        sent
    });
    // On a machine under load, reading up to the bound may take longer than an answer may by default.
    let done = smokercli(&["-s", &address, "--timeout", "600"]);
    assert!(done.stdout.contains("the answer is larger than 64 MiB"), "{}", done.stdout);
    let sent = server.join().expect("an end");
    assert!(sent < 200 << 20, "{sent} bytes were taken");
}

#[test]
fn what_a_daemon_says_when_it_refuses_is_passed_on() {
    let mut refusing = host("server2");
    refusing["fail"] = json!("refused");
    refusing["fail_at"] = json!("post");
    let fake = Fake::start(&refusing);
    let done = smokercli(&["-s", fake.address(), "-f"]);
    assert!(done.stderr.contains("/processes: HTTP Error 400 Bad Request: Plugin names or filter have to be set\n"));
}

#[test]
fn verbose_tells_every_request() {
    let fake = Fake::start(&host("server2"));
    let done = smokercli(&["-s", fake.address(), "-v"]);
    for path in ["/", "/plugins"] {
        assert!(done.stderr.contains(&format!("INFO: GET http://{}{path} (", fake.address())), "{}", done.stderr);
    }
}

#[test]
fn a_broken_configuration_file_is_one_line() {
    let done = Run::of(SMOKERCLI).config("plugin_paths: [").done();
    assert_eq!(done.code, Some(1));
    assert_eq!(done.stderr.lines().count(), 1);
    assert!(done.stderr.contains(".smokercli.yaml is not valid YAML"), "{}", done.stderr);
}

#[test]
fn one_odd_value_does_not_cost_the_host() {
    use std::io::{Read, Write};
    for odd in ["NaN", "2e308", "\"caf\\udce9\"", "123456789012345678901234567890"] {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let pages = [
            r#"{"about": {"host": "h", "links": [{"rel": "plugins", "href": "/plugins"}]}}"#.to_owned(),
            format!(
                r#"{{"plugins": {{"items": [{{"plugin": {{"name": "p", "parameters": {{"X": {odd}}}, "lastResult": {{"status": "OK"}}}}}}]}}}}"#
            ),
        ];
        let serving = std::thread::spawn(move || {
            for page in pages {
                let (mut stream, _) = listener.accept().expect("a client");
                let _ = stream.read(&mut [0; 4096]);
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", page.len());
                stream.write_all((head + &page).as_bytes()).expect("a client that reads");
            }
        });
        let done = smokercli(&["-s", &address, "-l"]);
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), "p\n"), "{odd}: {}", done.stderr);
        serving.join().expect("two requests");
    }
}
