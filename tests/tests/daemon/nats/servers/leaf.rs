//! A site with a server of its own, a leaf node, as docs/fleet.md configures it.

use smoker_nats::connect::Connect;
use smoker_tests::documents::markdown;
use smoker_tests::machine::cable::Cable;
use smoker_tests::nats::{Bridge, NatsServer};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

use crate::nats::client::NatsClient;
use crate::nats::compared::{busy, expect_all, journal, stream};
use crate::nats::permissions::permitted;

/// The page.
const PAGE: &str = include_str!("../../../../../docs/fleet.md");

/// What a file of the page has behind the line that includes `nats.conf`.
fn documented(name: &str) -> String {
    let blocks = markdown::blocks(PAGE);
    let block = blocks.iter().find(|block| block.name.as_deref() == Some(name)).expect("it is on the page");
    block.text.strip_prefix("include nats.conf\n").expect("it includes the users").to_owned()
}

#[test]
fn a_site_that_is_cut_off_and_comes_back_loses_and_doubles_nothing() {
    let sandbox = Sandbox::new();
    let users = permitted(&sandbox);
    let store = "{{DIR}}/jetstream";
    // A hub tells sites its address, by which they would pass by what is cut.
    let cable = Cable::new();
    let advertised = format!("127.0.0.1:-1\", advertise: \"127.0.0.1:{}\"", cable.port());
    let hub = documented("hub.conf").replace("/var/lib/nats/jetstream", store).replace("0.0.0.0:7422\"", &advertised);
    let Some(hub) = NatsServer::with(&format!("{users}{hub}")) else { return };
    cable.lead_to(hub.leaf_port());
    let site = documented("site.conf").replace("nats.example.org:7422", &format!("127.0.0.1:{}", cable.port()));
    let Some(site) = NatsServer::with(&format!("{users}{site}")) else { return };
    let of = |server: &NatsServer, name: &str| {
        let nkey = Some(sandbox.path(&format!("nats/{name}.nk")));
        NatsClient::with(&Connect { servers: server.url(), nkey, ..Connect::default() })
    };
    let operator = of(&hub, "operators/operator");
    operator.make_streams();
    let daemon = busy();
    let seed = sandbox.path("nats/hosts/web1.nk").display().to_string();
    let bridge = Bridge::with(&site.url(), &daemon.path("socket"), "web1", &["--nkey", &seed, "-g", "web"]);
    let request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let answers = |client: &NatsClient, subject: &str| {
        let answer = client.ask(subject, request, &["web1"]);
        answer.is_some_and(|answer| answer["web1"].starts_with("HTTP/1.1 200 "))
    };
    let host = operator.fleet.host("web1");
    for subject in [&host, &operator.fleet.group("web"), &operator.fleet.group("all")] {
        wait::until_true("an answer through the leaf node", || answers(&operator, subject));
    }
    // Those of the site ask the streams of the hub, too.
    let at_site = of(&site, "operators/operator");
    assert!(answers(&at_site, &host));
    for client in [&operator, &at_site] {
        wait::until_true("its presence", || client.present().iter().any(|host| host.presence.name == "web1"));
        wait::until_true("its results", || stream(client, "web1").len() >= 3);
    }

    for _ in 0..2 {
        cable.cut();
        wait::until_true("the hub to see the cut", || operator.ask(&host, request, &["web1"]).is_none());
        let kept = journal(&daemon).len();
        wait::until_true("results in the meantime", || journal(&daemon).len() >= kept + 3);
        wait::until_true("why they wait", || bridge.log().contains("results wait in the journal: "));
        assert!(answers(&at_site, &host), "the site goes on by itself");
        cable.mend();
        wait::until_true("an answer through the leaf node again", || answers(&operator, &host));
        wait::until_true("results again", || stream(&operator, "web1").len() >= kept + 3);
    }
    expect_all(&daemon, &operator, "web1");
}
