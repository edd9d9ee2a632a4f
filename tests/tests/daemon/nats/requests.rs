//! Requests and their answers.

use std::collections::BTreeMap;

use nix::sys::signal::Signal;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::nats::{Bridge, NatsServer};
use smoker_tests::wait;

use crate::nats::client::NatsClient;
use crate::nats::operator::{Operator, objects};

fn config() -> Config {
    Config::new().top("socket: '{{DIR}}/socket'").plugin("a", "Command: echo a")
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// The answers of these hosts, once all of them listen.
fn answers(client: &NatsClient, subject: &str, request: &str, hosts: &[&str]) -> BTreeMap<String, String> {
    wait::until(&format!("answers of {hosts:?}"), || client.ask(subject, request, hosts))
}

#[test]
fn hosts_are_asked_one_by_one_and_by_their_groups() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let daemons = [Daemon::start(config()), Daemon::start(config())];
    let socket = |at: usize| daemons[at].path("socket");
    let _one = Bridge::with(&server.url(), &socket(0), "web.1", &["-g", "web", "--label", "site=eu"]);
    let mut two = Bridge::with(&server.url(), &socket(1), "web.2", &["-g", "web", "-g", "big"]);
    let client = NatsClient::of(&server);
    let both = ["web.1", "web.2"];
    for group in ["web", "all"] {
        let answers = answers(&client, &client.fleet.group(group), &get("/plugins"), &both);
        for answer in answers.values() {
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\"name\": \"a\""), "{answer}");
        }
    }
    let alone = answers(&client, &client.fleet.group("big"), &get("/"), &both[1..]);
    assert_eq!(alone.len(), 1);

    let body = r#"{"process": {"plugins": ["a"]}}"#;
    let request =
        format!("POST /processes?wait=30s HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let forced = answers(&client, &client.fleet.host("web.1"), &request, &both[..1]);
    assert!(forced["web.1"].contains("\"forcedResult\""), "{forced:?}");
    assert_eq!((daemons[0].results("a").len(), daemons[1].results("a").len()), (1, 0));

    // The inventory has all that is known of them, and a host that has stopped is still in it.
    let version = env!("CARGO_PKG_VERSION");
    let known = || {
        let present = client.present();
        (present.len() == 2 && present.iter().all(|host| host.presence.daemon)).then_some(present)
    };
    let present = wait::until("both to be present", known);
    let shown: Vec<_> = present
        .iter()
        .map(|host| (host.presence.name.as_str(), host.presence.version.as_str(), host.presence.groups.join(" ")))
        .collect();
    assert_eq!(shown, [("web.1", version, "web".to_owned()), ("web.2", version, "web big".to_owned())]);
    assert_eq!(present[0].presence.labels.get("site").map(String::as_str), Some("eu"));
    assert_eq!(two.end(Signal::SIGTERM), 0, "{}", two.log());
    assert_eq!(client.ask(&client.fleet.host("web.2"), &get("/"), &both[1..]), None);
    assert_eq!(client.present().len(), 2);
}

#[test]
fn large_answers_come_in_parts() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let text = "x".repeat(20_000);
    let config =
        (0..60).fold(config(), |config, at| config.plugin(&format!("p{at}"), &format!("Command: 'true {text}'")));
    let daemon = Daemon::start(config);
    let _bridge = Bridge::start(&server, &daemon, "a");
    let client = NatsClient::of(&server);
    let answers = answers(&client, &client.fleet.host("a"), &get("/plugins"), &["a"]);
    let (head, body) = answers["a"].split_once("\r\n\r\n").expect("a head");
    assert!(body.len() > 1_200_000, "{}", body.len());
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    assert_eq!(length.and_then(|length| length.parse().ok()), Some(body.len()), "{head}");
}

#[test]
fn what_cannot_be_answered_is_said() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let mut daemon = Daemon::start(config());
    let bridge = Bridge::start(&server, &daemon, "a");
    let client = NatsClient::of(&server);
    let subject = client.fleet.host("a");
    let status = |request: &str| {
        let answer = answers(&client, &subject, request, &["a"]).remove("a").expect("its answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains("Content-Type: application/json") && body.starts_with("{\"message\": \""), "{answer}");
        head.get(9..12).expect("a status").to_owned()
    };
    assert_eq!(status(&get("/nothing")), "404");
    assert_eq!(status("hello"), "400");
    assert_eq!(status(&get("/events")), "501");

    // A daemon that is gone, and comes back.
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    assert_eq!(status(&get("/")), "502");
    wait::until_true("a line about it", || bridge.log().contains("The daemon cannot be asked at"));
    daemon.try_start().expect("it starts again");
    let answer = answers(&client, &subject, &get("/"), &["a"]);
    assert!(answer["a"].starts_with("HTTP/1.1 200 "), "{answer:?}");
}

/// Bridges and servers come and go in any order.
#[test]
fn a_bridge_waits_for_its_server() {
    let Some(mut server) = NatsServer::start() else { return };
    server.make_streams("test");
    server.kill();
    let daemon = Daemon::start(config());
    let bridge = Bridge::start(&server, &daemon, "a");
    wait::until_true("a line about it", || bridge.log().contains("cannot connect to nats://127.0.0.1"));
    server.restart();
    let client = NatsClient::of(&server);
    let _ = answers(&client, &client.fleet.host("a"), &get("/"), &["a"]);
    wait::until_true("its presence", || client.present().len() == 1);
}

#[test]
fn parts_are_no_larger_than_the_server_takes() {
    let Some(server) = NatsServer::with("max_payload: 65536") else { return };
    server.make_streams("test");
    let text = "x".repeat(20_000);
    let config =
        (0..20).fold(config(), |config, at| config.plugin(&format!("p{at}"), &format!("Command: 'true {text}'")));
    let daemon = Daemon::start(config);
    let bridge = Bridge::start(&server, &daemon, "a");
    let operator = Operator::of(server.url());
    let output = wait::until("the host to answer", || {
        let output = operator.smokercli("-s a -e -o ndjson");
        (output.code == 0).then_some(output)
    });
    assert_eq!(objects(&output.stdout).len(), 21, "{}", bridge.log());
}

/// A machine that was copied has the name of the other one.
#[test]
fn an_answer_is_that_of_one_of_two_bridges_with_one_name() {
    let Some(server) = NatsServer::start() else { return };
    server.make_streams("test");
    let config = |version: &str| {
        let text = version.repeat(20_000);
        (0..30).fold(config(), |config, at| config.plugin(&format!("p{at}"), &format!("Command: 'true {text}'")))
    };
    let daemons = ["1", "2"].map(|version| Daemon::start(config(version)));
    let _bridges = [0, 1].map(|at| Bridge::start(&server, &daemons[at], "a"));
    let client = NatsClient::of(&server);
    let _ = answers(&client, &client.fleet.host("a"), &get("/"), &["a"]);
    let operator = Operator::of(server.url());
    for _ in 0..4 {
        let output = operator.smokercli("-s a -e -o raw");
        let has = |version: &str| output.stdout.contains(&version.repeat(20_000));
        match output.code {
            0 => assert!(has("1") != has("2"), "one of them has answered, and only one"),
            69 => assert!(output.stdout.contains("two bridges") && !has("1") && !has("2"), "{}", output.stdout),
            code => panic!("{code}: {}", output.stderr),
        }
    }
}
