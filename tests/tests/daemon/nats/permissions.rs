//! What a host may do: its own.

use std::fs;

use smoker_nats::connect::Connect;
use smoker_tests::binary;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::nats::{Bridge, NatsServer};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

use crate::nats::client::NatsClient;

/// What `smokercli trust nats-config` writes for two hosts, as lines for a server, and the folder of the seeds.
pub(super) fn permitted(sandbox: &Sandbox) -> String {
    let folder = sandbox.path("nats");
    let mut command = sandbox.command(&binary::path("smokercli"));
    command
        .args(["trust", "nats-config", "--fleet", "test", "-s", "web[1-2]", "-g", "web=web1", "--folder"])
        .arg(&folder);
    command.env("HOME", sandbox.path(""));
    cli::run(&mut command).expect_code(0);
    let text = fs::read_to_string(folder.join("nats.conf")).expect("a configuration");
    text.split_once("authorization").map(|(_, section)| format!("authorization{section}")).expect("its section")
}

#[test]
fn a_host_does_what_is_its_own_and_nothing_else() {
    let sandbox = Sandbox::new();
    let lines = permitted(&sandbox);
    assert_eq!(permitted(&sandbox), lines, "seeds stay what they are");
    let Some(server) = NatsServer::with(&lines) else { return };
    let seed = |name: &str| sandbox.path(&format!("nats/{name}.nk"));
    let connect = |name: &str| Connect { servers: server.url(), nkey: Some(seed(name)), ..Connect::default() };
    let operator = NatsClient::with(&connect("operators/operator"));
    operator.make_streams();

    let daemon = Daemon::start(Config::new().top("socket: '{{DIR}}/socket'").plugin("a", "Command: echo a"));
    let seed_of_web1 = seed("hosts/web1").display().to_string();
    let start =
        |name: &str| Bridge::with(&server.url(), &daemon.path("socket"), name, &["--nkey", &seed_of_web1, "-g", "web"]);
    let _bridge = start("web1");
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for subject in [operator.fleet.host("web1"), operator.fleet.group("web"), operator.fleet.group("all")] {
        let answer = wait::until("an answer", || operator.ask(&subject, request, &["web1"]));
        assert!(answer["web1"].starts_with("HTTP/1.1 200 "), "{answer:?}");
    }
    let _ = daemon.run("a");
    wait::until_true("its result", || operator.stored().len() == 1);
    wait::until_true("its presence", || operator.present().len() == 1);

    // With the seed of web1, as web2.
    let other = start("web2");
    let said = |text: &str| wait::until_true(text, || other.log().to_ascii_lowercase().contains(text));
    said("permissions violation for subscription to \"smoker.v1.test.host.web2\"");
    said("permissions violation for publish to \"smoker.v1.test.present.web2\"");
    let web1 = NatsClient::with(&connect("hosts/web1"));
    web1.publish(&web1.fleet.result("web2", "a"), "{}");
    web1.publish(&web1.fleet.present("web2"), "{}");
    web1.publish(&web1.fleet.result("web1", "b"), "{\"sequence\": 7}");
    wait::until_true("its own result", || operator.stored().len() == 2);
    assert!(operator.stored().iter().all(|stored| stored.subject.starts_with("smoker.v1.test.result.web1.")));
    assert_eq!(operator.present().len(), 1);
    assert_eq!(operator.ask(&operator.fleet.host("web2"), request, &["web2"]), None);
}
