//! The last results of 1,000 hosts that are known by their keys, over TLS with keys on both sides, beside those of as many over plain http.

use std::net::TcpListener;

use crate::SMOKERCLI;
use crate::pairs::{FEW, Pairs, by_turns};
use crate::simulator::Simulator;
use crate::stopwatch::{self, Cost};
use crate::table::{Goal, Row, Table};
use crate::tls::keys::Keys;

/// Groups of 250 hosts.
const GROUPS: u32 = 4;

/// Fills in its rows.
pub(crate) fn measure(table: &mut Table) {
    let costs = costs();
    let pairs = |figure: fn(&Cost) -> f64| Pairs::of(costs.as_ref().map_err(Clone::clone)?, |cost| Ok(figure(cost)));
    let name = "1000 hosts over TLS with keys on both sides; over plain http";
    table.add(Row::of_pairs(name, "ms", Goal::Under(1_500.0, "ms"), pairs(|cost| cost.wall)));
    table.add(Row::of_pairs("  user+sys", "ms", Goal::None, pairs(|cost| cost.processor)));
    table.add(Row::of_pairs("  resident memory", "MiB", Goal::None, pairs(|cost| cost.memory)));
}

fn costs() -> Result<Vec<(Cost, Cost)>, String> {
    TcpListener::bind("127.0.1.1:0").map_err(|_| "only 127.0.0.1 can be used here, not all of 127.0.0.0/8")?;
    let keys = Keys::make()?;
    let (secure, plain) = (Simulator::start_over_tls(&keys.state())?, Simulator::start()?);
    let hosts = (1..=GROUPS).flat_map(|group| (1..=250).map(move |host| format!("127.0.{group}.{host}")));
    keys.know(hosts.map(|host| format!("{host}:{}", secure.port)))?;
    let home = keys.home();
    let ask = |port: u16| {
        let range = format!("127.0.[1-{GROUPS}].[1-250]:{port}");
        stopwatch::cost_in(&home, 1, SMOKERCLI, &["-s", &range, "-e"])
    };
    by_turns(FEW, || ask(secure.port), || ask(plain.port))
}
