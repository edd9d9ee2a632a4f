//! The last results of one host, against `curl` of the plugins page alone.

use crate::SMOKERCLI;
use crate::pairs::{MANY, Pairs, by_turns};
use crate::simulator::Simulator;
use crate::stopwatch::{self, Cost};
use crate::table::{Goal, Row, Table};

/// How many calls one sample takes.
const CALLS: u32 = 20;

/// Fills in its rows.
pub(crate) fn measure(table: &mut Table) {
    let costs = costs();
    let pairs = |figure: fn(&Cost) -> f64| Pairs::of(costs.as_ref().map_err(Clone::clone)?, |cost| Ok(figure(cost)));
    let goal = Goal::AtMost(1.0);
    table.add(Row::of_pairs("one host, 2 requests; `curl`, 1 request", "ms", goal, pairs(|cost| cost.wall)));
    table.add(Row::of_pairs("  user+sys", "ms", goal, pairs(|cost| cost.processor)));
    table.add(Row::of_pairs("  resident memory", "MiB", Goal::None, pairs(|cost| cost.memory)));
}

fn costs() -> Result<Vec<(Cost, Cost)>, String> {
    let simulator = Simulator::start()?;
    let host = format!("127.0.0.1:{}", simulator.port);
    let page = format!("http://{host}/plugins");
    let ours = || stopwatch::cost(CALLS, SMOKERCLI, &["-s", &host]);
    let limit = || stopwatch::cost(CALLS, "curl", &["--silent", "--fail", &page]);
    limit().map_err(|reason| format!("{reason}; install curl"))?;
    by_turns(MANY, ours, limit)
}
