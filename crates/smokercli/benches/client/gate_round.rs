//! A gate that is through after one round of many hosts, all of them simulated on this machine, beside the bare requests.

use std::net::TcpListener;

use crate::SMOKERCLI;
use crate::again;
use crate::mode::BARE_ROUNDS;
use crate::pairs::{FEW, by_turns};
use crate::simulator::Simulator;
use crate::statistics::median;
use crate::stopwatch;
use crate::table::{Goal, Row, Table};

/// Fills in its row.
pub(crate) fn measure(table: &mut Table) {
    let goal = Goal::Under(300.0, "ms");
    table.add(Row::alone("1000 hosts, a round of a gate; above the bare requests", "ms", goal, overhead(1_000)));
}

/// What the client adds to the requests, which are the same: of each host both pages, a forced run, and behind that both pages once more.
fn overhead(hosts: u32) -> Result<f64, String> {
    TcpListener::bind("127.0.1.1:0").map_err(|_| "only 127.0.0.1 can be used here, not all of 127.0.0.0/8")?;
    let simulator = Simulator::start()?;
    let port = simulator.port.to_string();
    let range = format!("127.0.[1-{}].[1-250]:{port}", hosts / 250);
    let (bare, count) = (again::program()?, hosts.to_string());
    let gate = ["gate", "-s", &range, "--no-progress", "-o", "minimal"];
    let ours = || stopwatch::cost(1, SMOKERCLI, &gate).map(|cost| cost.wall);
    let limit = || stopwatch::cost(1, &bare, &[BARE_ROUNDS, &count, &port]).map(|cost| cost.wall);
    let pairs = by_turns(FEW, ours, limit)?;
    Ok(median(&pairs.iter().map(|(ours, limit)| ours - limit).collect::<Vec<_>>()))
}
