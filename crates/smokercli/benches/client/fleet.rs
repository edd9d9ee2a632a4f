//! The last results of many hosts, all of them simulated on this machine, with
//! the bare conversations as the limit.

use std::net::TcpListener;

use crate::SMOKERCLI;
use crate::again;
use crate::mode::BARE_FLEET;
use crate::pairs::{FEW, Pairs, by_turns};
use crate::simulator::Simulator;
use crate::statistics::median;
use crate::stopwatch::{self, Cost};
use crate::table::{Goal, Row, Table};

/// Fills in the rows of a fleet of this size.
pub(crate) fn measure_thousand(table: &mut Table) {
    add_rows(table, 1_000, Goal::Under(1_000.0, "ms"), Goal::Under(64.0, "MiB"));
}

/// As [`measure_thousand`], without goals.
pub(crate) fn measure_ten_thousand(table: &mut Table) {
    add_rows(table, 10_000, Goal::None, Goal::None);
}

fn add_rows(table: &mut Table, hosts: u32, wall: Goal, memory: Goal) {
    let costs = costs(hosts);
    let pairs = |figure: fn(&Cost) -> f64| Pairs::of(costs.as_ref().map_err(Clone::clone)?, |cost| Ok(figure(cost)));
    table.add(Row::of_pairs(&format!("{hosts} hosts; bare requests"), "ms", wall, pairs(|cost| cost.wall)));
    table.add(Row::of_pairs("  user+sys", "ms", Goal::None, pairs(|cost| cost.processor)));
    let peaks = costs.map(|costs| median(&costs.iter().map(|(ours, _)| ours.memory).collect::<Vec<_>>()));
    table.add(Row::alone("  resident memory", "MiB", memory, peaks));
}

fn costs(hosts: u32) -> Result<Vec<(Cost, Cost)>, String> {
    TcpListener::bind("127.0.1.1:0").map_err(|_| "only 127.0.0.1 can be used here, not all of 127.0.0.0/8")?;
    let simulator = Simulator::start()?;
    let port = simulator.port.to_string();
    // As `bare_fleet` counts them.
    let range = format!("127.0.[1-{}].[1-250]:{port}", hosts / 250);
    let (bare, count) = (again::program()?, hosts.to_string());
    let ours = || stopwatch::cost(1, SMOKERCLI, &["-s", &range]);
    let limit = || stopwatch::cost(1, &bare, &[BARE_FLEET, &count, &port]);
    by_turns(FEW, ours, limit)
}
