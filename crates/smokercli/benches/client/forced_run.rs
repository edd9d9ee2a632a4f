//! A forced run of one `true` by the client, against the requests that it
//! takes, sent over one open connection by somebody in a hurry: the daemon's own time.

use std::time::Duration;

use crate::SMOKERCLI;
use crate::boot;
use crate::forced;
use crate::pairs::{MANY, Pairs};
use crate::statistics::median;
use crate::stopwatch;
use crate::table::{Goal, Row, Table};

/// How many runs one sample takes.
const RUNS: u32 = 20;

/// How often somebody in a hurry asks.
const BEAT: Duration = Duration::from_micros(200);

/// Fills in its rows.
pub(crate) fn measure(table: &mut Table) {
    table.add(Row::of_pairs("forced run of `true`; bare POST and polls", "ms", Goal::None, runs()));
}

fn runs() -> Result<Pairs, String> {
    let daemon = boot::release_daemon()?;
    let daemon = daemon.start(&boot::plugins("", "Timeout: 60", 1, |_| "Command: 'true'".to_owned()))?;
    let host = daemon.address().to_string();
    let mut bare = daemon.connect()?;
    let request = forced::request(1);
    let ours = || stopwatch::cost(RUNS, SMOKERCLI, &["-s", &host, "-f"]).map(|cost| cost.wall);
    let limit = || {
        let times = (0..RUNS).map(|_| forced::run(&mut bare, &request, BEAT).map(|time| time.as_secs_f64() * 1000.0));
        times.collect::<Result<Vec<_>, _>>().map(|times| median(&times))
    };
    Pairs::measure(MANY, ours, limit)
}
