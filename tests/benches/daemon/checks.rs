//! Checks per second against a bare loop that starts the same commands.

use std::time::Duration;

use crate::bare_loop::{self, Size};
use crate::boot::{self, Program};
use crate::forced;
use crate::pairs::{FEW, Pairs};
use crate::table::{Goal, Row, Table};
use crate::usage;

/// The checks of one sample: enough that neither the first poll nor the last page counts.
const CHECKS: u32 = 2000;

/// How often the daemon is asked whether it is done.
const BEAT: Duration = Duration::from_millis(5);

/// Fills in its row.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let at_a_time = 2 * usage::cores();
    let name = format!("checks of `true`, {at_a_time} at a time");
    let size = Size { checks: CHECKS, at_a_time };
    table.add(Row::of_pairs(&name, "checks/s", Goal::AtLeast(0.85), checks(program, size)));
}

fn checks(program: &Program, size: Size) -> Result<Pairs, String> {
    let top = format!("nr_concurrent_plugins: {}", size.at_a_time);
    let config = boot::plugins(&top, "Timeout: 60", size.checks, |_| "Command: 'true'".to_owned());
    let daemon = program.start(&config)?;
    let mut client = daemon.connect()?;
    let request = forced::request(size.checks);
    let ours = || {
        let time = forced::run(&mut client, &request, BEAT)?;
        Ok(f64::from(size.checks) / time.as_secs_f64())
    };
    let bare = || bare_loop::checks_per_second(size).map_err(|error| format!("no bare loop: {error}"));
    Pairs::measure(FEW, ours, bare)
}
