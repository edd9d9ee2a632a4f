//! What a host that is taken over tries, beyond what the server refuses: the server sends answers to any subject that a request names, and holds that
//! against no permission.

use std::fs;

use smoker_nats::connect::Connect;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::nats::{Bridge, NatsServer};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

use crate::nats::client::NatsClient;
use crate::nats::permissions::permitted;

const FORCE: &str =
    "POST /processes HTTP/1.1\r\nHost: x\r\nContent-Length: 34\r\n\r\n{\"process\": {\"plugins\": [\"a\"]}}   ";

#[test]
fn what_the_server_is_made_to_send_is_neither_a_request_nor_a_presence() {
    let sandbox = Sandbox::new();
    let Some(server) = NatsServer::with(&permitted(&sandbox)) else { return };
    let seed = |name: &str| sandbox.path(&format!("nats/{name}.nk"));
    let connect = |name: &str| Connect { servers: server.url(), nkey: Some(seed(name)), ..Connect::default() };
    let operator = NatsClient::with(&connect("operators/operator"));
    operator.make_streams();
    let daemon = Daemon::start(Config::new().top("socket: '{{DIR}}/socket'").plugin("a", "Command: echo a"));
    let seed_of_web2 = seed("hosts/web2").display().to_string();
    let bridge = Bridge::with(&server.url(), &daemon.path("socket"), "web2", &["--nkey", &seed_of_web2]);
    wait::until_true("web2 to be there", || operator.present().iter().any(|host| host.presence.daemon));

    let web1 = NatsClient::with(&connect("hosts/web1"));
    let (fleet, stream) = (&web1.fleet, web1.fleet.results_stream());
    let presence = r#"{"name": "web2", "version": "forged", "since": "", "daemon": true, "groups": ["forged"]}"#;
    for (plugin, text, target) in [
        ("x", FORCE, fleet.host("web2")),
        ("y", presence, fleet.present("web2")),
        ("z", "{}", fleet.result("web2", "a")),
    ] {
        let own = fleet.result("web1", plugin);
        web1.publish(&own, text);
        wait::until_true("its own result", || operator.stored().iter().any(|stored| stored.subject == own));
        // The newest of its own results, to be sent there.
        web1.publish_with_reply(&format!("$JS.API.DIRECT.GET.{stream}.{own}"), "", &target);
        // The acknowledgement of a result, to be sent there.
        web1.publish_with_reply(&fleet.result("web1", "ack"), "{}", &target);
    }
    wait::until_true("a forged request to be dropped", || bridge.log().contains("a request that nobody has published"));
    // What is stored shows that the server does so; no client takes it for the host's.
    wait::until_true("a forged result", || {
        operator.stored().iter().any(|stored| stored.subject == fleet.result("web2", "a"))
    });
    assert!(daemon.results("a").is_empty(), "nobody has forced a run");
    let file = sandbox.path("results.jsonl").display().to_string();
    let seed_of_operator = seed("operators/operator").display().to_string();
    let _sink = Bridge::sink(&server, &["sink", "file", &file, "--nkey", &seed_of_operator]);
    web1.publish(&fleet.result("web1", "last"), "{}");
    let taken = || fs::read_to_string(&file).unwrap_or_default();
    wait::until_true("the results to be taken", || taken().contains("\"plugin\":\"last\""));
    assert!(!taken().contains("\"host\":\"web2\",\"plugin\":\"a\",\"result\":{}"), "{}", taken());
    assert!(operator.present().iter().all(|host| host.presence.version != "forged" && host.presence.groups.is_empty()));
}
