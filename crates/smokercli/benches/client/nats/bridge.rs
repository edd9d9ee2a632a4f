//! `GET /plugins` through a real `smoker-bridge` to a daemon of one page, with the same bytes of a bare responder as the limit.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use smoker_tests::nats::{Bridge, NatsServer};
use smoker_tests::wait;

use crate::again::{self, Serving};
use crate::mode::STUB_DAEMON;
use crate::nats::bare_client::BareClient;
use crate::nats::bare_fleet::get;
use crate::nats::server;
use crate::pairs::{MANY, Pairs};
use crate::table::{Goal, Row, Table};

/// How long the bridge may take to be there.
const START: Duration = Duration::from_secs(20);

/// A real bridge and a bare responder, on one server.
#[derive(Debug)]
struct Sides {
    server: NatsServer,
    _daemon: Serving,
    _bridge: Bridge,
    _bare: Serving,
}

/// Fills in its rows.
pub(crate) fn measure(table: &mut Table) {
    let sides = start();
    for (name, count, at_once) in [
        ("GET /plugins through smoker-bridge; bare request and reply", 2_000, 1),
        ("  the same, 16 at a time", 8_000, 16),
    ] {
        let pairs = sides.as_ref().map_err(Clone::clone).and_then(|sides| sides.pairs(count, at_once));
        table.add(Row::of_pairs(name, "requests/s", Goal::AtLeast(0.5), pairs));
    }
}

fn start() -> Result<Sides, String> {
    let server = server::start()?;
    let socket = server.path("daemon");
    let mut command = again::command(STUB_DAEMON)?;
    command.arg(&socket);
    let daemon = Serving::start(command)?;
    // Results have a row of their own where there are any: this is about requests.
    let bridge = Bridge::with(&server.url(), &socket, "real", &["--results", "false"]);
    // It answers with the same bytes as h0.
    let bare = server::start_bridges(&server, 1, None);
    let sides = Sides { _daemon: daemon, _bridge: bridge, _bare: bare?, server };
    wait::within(START, || sides.rate("real", 1, 1).ok()).ok_or("the bridge does not answer")?;
    Ok(sides)
}

impl Sides {
    fn pairs(&self, count: u32, at_once: u32) -> Result<Pairs, String> {
        Pairs::measure(MANY, || self.rate("real", count, at_once), || self.rate("h0", count, at_once))
    }

    /// How many requests a host answers in a second.
    fn rate(&self, host: &str, count: u32, at_once: u32) -> Result<f64, String> {
        time(self.server.address(), host, count, at_once)
            .map(|time| f64::from(count) / time.as_secs_f64())
            .map_err(|error| format!("{host} does not answer: {error}"))
    }
}

fn time(server: SocketAddr, host: &str, count: u32, at_once: u32) -> std::io::Result<Duration> {
    let mut client = BareClient::connect(server)?;
    let begin = Instant::now();
    client.ask(count, at_once, |_| format!("smoker.v1.test.host.{host}"), get("/plugins").as_bytes())?;
    Ok(begin.elapsed())
}
