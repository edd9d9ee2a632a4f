//! Checks per second against a bare loop that starts the same commands.

use std::io;
use std::time::Duration;

use crate::bare_side::cgroups;
use crate::bare_side::checks_loop::{self, Size};
use crate::boot::{self, Daemon, Program};
use crate::forced;
use crate::pairs::{FEW, Pairs};
use crate::table::{Goal, Row, Table};
use crate::usage;

/// The checks of one sample: enough that neither the first poll nor the last page counts.
const CHECKS: u32 = 2000;

/// How often the daemon is asked whether it is done.
const BEAT: Duration = Duration::from_millis(5);

/// Fills in its rows.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let at_a_time = 2 * usage::cores();
    let size = Size { checks: CHECKS, at_a_time };
    let config = boot::plugins(&format!("nr_concurrent_plugins: {at_a_time}"), "Timeout: 60", size.checks, |_| {
        "Command: 'true'".to_owned()
    });
    let with_cgroups = || program.start(&config);
    let name = format!("checks of `true`, {at_a_time} at a time, in cgroups; so is the limit");
    let pairs = checks(with_cgroups, size, cgroups::checks_per_second);
    table.add(Row::of_pairs(&name, "checks/s", Goal::AtLeast(0.85), pairs));
    let pairs = checks(with_cgroups, size, checks_loop::checks_per_second);
    table.add(Row::of_pairs("  the same; the limit without cgroups", "checks/s", Goal::None, pairs));
    let pairs = checks(|| program.start_without_cgroups(&config), size, checks_loop::checks_per_second);
    table.add(Row::of_pairs("  without cgroups; so is the limit", "checks/s", Goal::AtLeast(0.85), pairs));
}

fn checks(
    start: impl Fn() -> Result<Daemon, String>,
    size: Size,
    limit: impl Fn(Size) -> io::Result<f64>,
) -> Result<Pairs, String> {
    let daemon = start()?;
    let mut client = daemon.connect()?;
    let request = forced::request(size.checks);
    let ours = || {
        let time = forced::run(&mut client, &request, BEAT)?;
        Ok(f64::from(size.checks) / time.as_secs_f64())
    };
    let bare = || limit(size).map_err(|error| format!("no bare loop: {error}"));
    Pairs::measure(FEW, ours, bare)
}
