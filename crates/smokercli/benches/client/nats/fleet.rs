//! A forced run on 10,000 simulated hosts through a real NATS server, with the bare requests as the limit.

use crate::SMOKERCLI;
use crate::again;
use crate::mode::BARE_NATS;
use crate::nats::server::{self, through};
use crate::pairs::{FEW, Pairs, by_turns};
use crate::statistics::median;
use crate::stopwatch::{self, Cost};
use crate::table::{Goal, Row, Table};

/// How many hosts.
pub(super) const HOSTS: u32 = 10_000;

/// Fills in its rows.
pub(crate) fn measure(table: &mut Table) {
    let costs = costs();
    let pairs = |figure: fn(&Cost) -> f64| Pairs::of(costs.as_ref().map_err(Clone::clone)?, |cost| Ok(figure(cost)));
    let name = "10000 hosts through NATS, forced run; bare requests";
    table.add(Row::of_pairs(name, "ms", Goal::Under(3_000.0, "ms"), pairs(|cost| cost.wall)));
    let rate = |cost: &Cost| f64::from(HOSTS) / cost.wall * 1000.0;
    table.add(Row::of_pairs("  the same as a rate", "hosts/s", Goal::AtLeast(0.5), pairs(rate)));
    table.add(Row::of_pairs("  user+sys", "ms", Goal::None, pairs(|cost| cost.processor)));
    let peaks = costs.map(|costs| median(&costs.iter().map(|(ours, _)| ours.memory).collect::<Vec<_>>()));
    table.add(Row::alone("  resident memory", "MiB", Goal::None, peaks));
}

fn costs() -> Result<Vec<(Cost, Cost)>, String> {
    server::raise_open_files()?;
    let server = server::start()?;
    let _bridges = server::start_bridges(&server, HOSTS, None)?;
    let (url, address, count) = (server.url(), server.address().to_string(), HOSTS.to_string());
    let bare = again::program()?;
    let words = [&through(&url)[..], &["-g", "all", "-f", "-p", "true"]].concat();
    let ours = || stopwatch::cost(1, SMOKERCLI, &words);
    let limit = || stopwatch::cost(1, &bare, &[BARE_NATS, &address, &count]);
    by_turns(FEW, ours, limit)
}
