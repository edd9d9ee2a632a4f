//! How long after its `Timeout` the result of a run is served, whatever its processes do to stay.

use std::time::Duration;

use smoker_tests::config::Config;
use smoker_tests::escapes::{self, Escape, Parent};

use crate::boot::Program;
use crate::forced;
use crate::statistics::median;
use crate::table::{Goal, Row, Table};

/// When the runs are over their time: late enough that all of their processes are there.
const TIMEOUT: Duration = Duration::from_secs(2);

/// From SIGTERM to SIGKILL three seconds, and a fifth of one for all else.
const LIMIT: f64 = 3200.0;

/// How often the page is asked for.
const BEAT: Duration = Duration::from_millis(1);

/// Fills in its rows.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let goal = Goal::Under(LIMIT, "ms");
    match times(program) {
        Ok(mut times) => {
            let name = format!("from Timeout to served result, {} kinds of escape", times.len());
            let median = median(&times.iter().map(|(_, time)| *time).collect::<Vec<_>>());
            table.add(Row::alone(&name, "ms", Goal::None, Ok(median)));
            times.sort_by(|one, other| other.1.total_cmp(&one.1));
            let (worst, time) = times.swap_remove(0);
            table.add(Row::alone(&format!("  the slowest: {worst}"), "ms", goal, Ok(time)));
        }
        Err(reason) => table.add(Row::alone("from Timeout to served result", "ms", goal, Err(reason))),
    }
}

/// Each kind, one after another: its name and what it took, in milliseconds.
fn times(program: &Program) -> Result<Vec<(String, f64)>, String> {
    escapes::all(Parent::Waits).iter().map(|escape| Ok((escape.row.name.to_owned(), time(program, escape)?))).collect()
}

fn time(program: &Program, escape: &Escape) -> Result<f64, String> {
    let config = escape.add_to(Config::new(), Parent::Waits, "Timeout: 2");
    let daemon = program.start(&config)?;
    let request = format!("{{\"process\": {{\"plugins\": [\"{}\"]}}}}", escape.plugin);
    let took = forced::run(&mut daemon.connect()?, &request, BEAT)?;
    let late = took.checked_sub(TIMEOUT).ok_or_else(|| format!("{} ended by itself", escape.name()))?;
    Ok(late.as_secs_f64() * 1000.0)
}
