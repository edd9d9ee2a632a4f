//! Hosts that are reached through a NATS server: what becomes of each answer.

use std::net::TcpListener;

use serde_json::Value;

use crate::corpus::host;
use crate::fake::Fake;
use crate::fake_nats::{Bridge, FakeNats};
use crate::run::{Done, Run, SMOKERCLI};

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
