//! Hosts that are reached through a NATS server: what becomes of each answer.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::Value;
use smoker_tests::wait;

use crate::corpus::host;
use crate::fake::Fake;
use crate::fake_nats::{Bridge, FakeNats};
use crate::run::{CHECK, Done, Run, SMOKERCLI};

fn smokercli(server: &str, arguments: &[&str]) -> Done {
    Run::of(SMOKERCLI).args(["--nats", server]).args(arguments).done()
}

#[test]
fn an_answer_in_many_parts_is_the_same_as_over_http() {
    let fake = Fake::start(&host("server2"));
    let direct = Run::of(SMOKERCLI).args(["-s", fake.address(), "-o", "json"]).done();
    for size in [7, 1 << 18] {
        let server = FakeNats::start(&[("web1", Bridge::Whole(size), fake.address())]);
        let done = smokercli(&server.url(), &["-s", "web1", "-o", "json"]);
        assert_eq!((done.code, &done.stdout), (Some(0), &direct.stdout), "{}", done.stderr);
    }
}

#[test]
fn a_run_is_forced_and_its_results_are_those_over_http() {
    let fakes = [Fake::start(&host("server2")), Fake::start(&host("server2"))];
    let direct = Run::of(SMOKERCLI).args(["-s", fakes[0].address(), "-f", "-o", "json"]).done();
    let server = FakeNats::start(&[("web1", Bridge::Whole(100), fakes[1].address())]);
    let done = smokercli(&server.url(), &["-s", "web1", "-f", "-o", "json"]);
    assert_eq!((done.code, &done.stdout), (direct.code, &direct.stdout), "{}", done.stderr);
    assert!(fakes[1].requests().iter().any(|request| request["method"] == "POST"), "{:?}", fakes[1].requests());
}

#[test]
fn what_is_not_an_answer_of_the_host_is_unreachable_with_the_reason() {
    let fake = Fake::start(&host("server2"));
    let server = FakeNats::start(&[
        ("good", Bridge::Whole(1000), fake.address()),
        ("lossy", Bridge::Lossy, fake.address()),
        ("other", Bridge::OfAnother, fake.address()),
        ("silent", Bridge::Silent, ""),
    ]);
    let arguments = ["-s", "good", "lossy", "other", "silent", "gone", "--timeout", "2s", "-o", "ndjson", "-e"];
    let done = smokercli(&server.url(), &arguments);
    assert_eq!(done.code, Some(69), "{}", done.stderr);
    let lines: Vec<Value> = done.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for (host, words) in [
        ("lossy", "the answer cannot be put together: part 1 is missing, part 2 came"),
        ("other", "the answer is that of another host, \"another\""),
        ("silent", "timed out"),
        ("gone", "no smoker-bridge of this host is connected to the NATS server"),
    ] {
        let of_host: Vec<_> = lines.iter().filter(|line| line["host"] == host).collect();
        let [line] = *of_host else { panic!("{host}: {}", done.stdout) };
        assert_eq!(line["status"], "UNREACHABLE", "{line}");
        assert!(line["error"].as_str().is_some_and(|error| error.contains(words)), "{line}");
    }
    assert!(done.stderr.contains("5 hosts: 4 UNREACHABLE"), "{}", done.stderr);
}

#[test]
fn a_name_is_one_token_whatever_it_has() {
    let fake = Fake::start(&host("server2"));
    let server = FakeNats::start(&[("Web-1%2Eexample%2Eorg", Bridge::Whole(1000), fake.address())]);
    let done = smokercli(&server.url(), &["-s", "Web-1.example.org", "https://web1", "-o", "ndjson"]);
    assert!(done.stdout.contains("leave the scheme away"), "{}", done.stdout);
    assert!(done.stderr.contains("2 hosts: 1 UNREACHABLE"), "{}", done.stderr);
}

#[test]
fn a_server_that_is_not_there_is_one_error_with_the_next_step() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("nats://ann:secret@{}", listener.local_addr().expect("an address"));
    drop(listener);
    for arguments in [&["-s", "web1"][..], &[], &["-g", "prod"]] {
        let done = smokercli(&url, arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{}", done.stderr);
        let words = ["ERROR: --nats: cannot connect to nats://127.0.0.1:", "see whether a NATS server listens there"];
        assert!(words.iter().all(|words| done.stderr.contains(words)), "{}", done.stderr);
        assert!(!done.stderr.contains("secret") && done.stderr.lines().count() == 1, "{}", done.stderr);
    }
}

#[test]
fn the_environment_and_the_configuration_name_the_server() {
    let fake = Fake::start(&host("server2"));
    let server = FakeNats::start(&[("web1", Bridge::Whole(1000), fake.address())]);
    let arguments = ["--nats", "-s", "web1"];
    let by_variable = Run::of(SMOKERCLI).env("SMOKER_NATS_URL", &server.url()).args(arguments).done();
    assert_eq!(by_variable.code, Some(0), "{}", by_variable.stderr);
    let config = format!("nats: {{url: '{}'}}\n", server.url());
    let by_file = Run::of(SMOKERCLI).config(&config).args(arguments).done();
    assert_eq!((by_file.code, &by_file.stdout), (Some(0), &by_variable.stdout), "{}", by_file.stderr);
    let wrong = Run::of(SMOKERCLI).config("nats: {ulr: a}\n").args(arguments).done();
    assert_eq!(wrong.code, Some(1));
    assert!(wrong.stderr.contains("nats has the unknown key ulr"), "{}", wrong.stderr);
}

#[test]
fn options_of_one_way_do_not_go_with_the_other() {
    for arguments in [
        &["--nats", "nats://x", "--socket", "/x"][..],
        &["--nats", "nats://x", "--proxy", "env"],
        &["--nats", "nats://x", "--token-file", "/x"],
        &["--creds", "/x", "-s", "a"],
        &["--fleet", "x", "-s", "a"],
        &["hosts", "-s", "a"],
    ] {
        let done = Run::of(SMOKERCLI).args(arguments).done();
        assert_eq!(done.code, Some(2), "{arguments:?}: {}", done.stderr);
    }
}

/// The line of a host, or its lines where it has some.
fn lines_of<'a>(lines: &'a [Value], host: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["host"] == host).collect()
}

#[test]
fn a_hostile_answer_is_never_that_of_a_host() {
    let fake = Fake::start(&host("server2"));
    let direct = Run::of(SMOKERCLI).args(["-s", fake.address(), "-o", "ndjson"]).done();
    let server = FakeNats::start(&[
        ("twice", Bridge::Twice, fake.address()),
        ("swapped", Bridge::Swapped, fake.address()),
        ("mixed", Bridge::Mixed, fake.address()),
        ("endless", Bridge::Endless, fake.address()),
        ("late", Bridge::Late(Duration::from_secs(7)), fake.address()),
    ]);
    let arguments = ["-s", "twice", "swapped", "mixed", "endless", "late", "--timeout", "5s", "-o", "ndjson", "-e"];
    let done = smokercli(&server.url(), &arguments);
    assert_eq!(done.code, Some(69), "{}", done.stderr);
    let lines: Vec<Value> = done.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for (host, words) in [
        ("swapped", "part 0 is missing, part"),
        ("mixed", "parts of two answers came"),
        ("endless", "parts of the answer came, and its end did not"),
        ("late", "timed out"),
    ] {
        let of_host = lines_of(&lines, host);
        let [line] = *of_host else { panic!("{host}: {}", done.stdout) };
        assert_eq!(line["status"], "UNREACHABLE", "{line}");
        assert!(line["error"].as_str().is_some_and(|error| error.contains(words)), "{line}");
    }
    // One whole answer is an answer; what comes behind it is dropped.
    let of_good = lines.iter().filter(|line| line["status"] != "UNREACHABLE").count();
    assert_eq!(of_good, direct.stdout.lines().count(), "{}", done.stdout);
}

#[test]
fn an_answer_without_end_fills_no_memory() {
    let server = FakeNats::start(&[("flood", Bridge::Flood, "")]);
    let done = smokercli(&server.url(), &["-s", "flood", "--timeout", "10m", "-o", "ndjson", "-e"]);
    assert_eq!(done.code, Some(69), "{}", done.stderr);
    let words = [r#""status":"UNREACHABLE""#, "the answer is larger than"];
    assert!(words.iter().all(|words| done.stdout.contains(words)), "{}", done.stdout);
}

#[test]
fn a_connection_that_ends_within_an_answer_leaves_the_host_unreachable() {
    let fake = Fake::start(&host("server2"));
    let server = FakeNats::start(&[("cut", Bridge::Cut, fake.address())]);
    let done = smokercli(&server.url(), &["-s", "cut", "--timeout", "2s", "-o", "ndjson", "-e"]);
    assert_eq!(done.code, Some(69), "{}", done.stderr);
    assert!(done.stdout.contains(r#""status":"UNREACHABLE""#), "{}", done.stdout);
}

#[test]
fn a_check_asks_through_a_server_and_what_is_no_answer_is_unknown() {
    let fake = Fake::start(&host("server2"));
    let server = FakeNats::start(&[
        ("web1", Bridge::Whole(100), fake.address()),
        ("mixed", Bridge::Mixed, fake.address()),
        ("silent", Bridge::Silent, ""),
    ]);
    for arguments in [&["varnish"][..], &["--force", "varnish"], &["--category", "system"]] {
        let direct = Run::of(CHECK).args(["-H", fake.address()]).args(arguments).done();
        let done = Run::of(CHECK).args(["-H", "web1", "--nats", &server.url()]).args(arguments).done();
        assert_eq!((done.code, &done.stdout), (direct.code, &direct.stdout), "{arguments:?}: {}", done.stderr);
    }
    for (host, limit, words) in [
        ("mixed", "60s", "parts of two answers came"),
        ("silent", "2s", "UNKNOWN"),
        ("gone", "60s", "no smoker-bridge of this host is connected"),
    ] {
        let done = Run::of(CHECK).args(["-H", host, "--nats", &server.url(), "-t", limit, "varnish"]).done();
        assert_eq!(done.code, Some(3), "{host}: {}", done.stdout);
        assert!(done.stdout.starts_with("UNKNOWN: ") && done.stdout.contains(words), "{host}: {}", done.stdout);
    }
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("nats://{}", listener.local_addr().expect("an address"));
    drop(listener);
    for arguments in [&["-H", "web1", "--nats", &url, "varnish"][..], &["--nats", &url, "varnish"]] {
        let done = Run::of(CHECK).args(arguments).done();
        assert_eq!(done.code, Some(3), "{arguments:?}: {}", done.stdout);
        assert!(done.stdout.starts_with("UNKNOWN: --nats"), "{}", done.stdout);
    }
}

#[test]
fn a_shell_completes_plugins_of_hosts_behind_a_server() {
    let fake = Fake::start(&host("server2"));
    let server = FakeNats::start(&[("web1", Bridge::Whole(1000), fake.address()), ("silent", Bridge::Silent, "")]);
    let completed = |hosts: &str, fleet: &str| {
        let line = format!("smokercli --nats {}{fleet} {hosts} -p U", server.url());
        Run::of(SMOKERCLI).args(["--complete", "plugins", "--complete-line", &line]).done()
    };
    // A shell waits for a second, in which a busy machine may not get an answer.
    wait::until_true("a name to be completed", || completed("-s web1 silent", "").stdout.contains("varnish\n"));
    for (hosts, fleet) in [("", ""), ("-s silent", ""), ("-s web1", " --fleet other")] {
        let done = completed(hosts, fleet);
        assert_eq!((done.code, done.stdout.as_str(), done.stderr.as_str()), (Some(0), "", ""), "{hosts} {fleet}");
    }
}
