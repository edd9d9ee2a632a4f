//! From the request of a forced run to its served result, against one bare
//! start of the same command.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::boot::{self, Program};
use crate::forced;
use crate::pairs::{MANY, Pairs};
use crate::statistics::median;
use crate::table::{Goal, Row, Table};

/// How many times one sample takes the measure; its median counts.
const TIMES: u32 = 70;

/// How often a client who is in a hurry asks.
const BEAT: Duration = Duration::from_micros(200);

/// Fills in its row.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let goal = Goal::AtMost(2.0);
    table.add(Row::of_pairs("POST /processes to served result of `true`", "ms", goal, results(program)));
}

fn results(program: &Program) -> Result<Pairs, String> {
    let daemon = program.start(&boot::plugins("", "Timeout: 60", 1, |_| "Command: 'true'".to_owned()))?;
    let mut client = daemon.connect()?;
    let request = forced::request(1);
    Pairs::measure(MANY, || sample(|| forced::run(&mut client, &request, BEAT)), || sample(bare))
}

/// The median, in milliseconds.
fn sample(mut take: impl FnMut() -> Result<Duration, String>) -> Result<f64, String> {
    let times = (0..TIMES).map(|_| take().map(|time| time.as_secs_f64() * 1000.0));
    times.collect::<Result<Vec<_>, _>>().map(|times| median(&times))
}

fn bare() -> Result<Duration, String> {
    let begin = Instant::now();
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "true"]).stdin(Stdio::null());
    command.output().map_err(|error| format!("a bare start of sh failed: {error}"))?;
    Ok(begin.elapsed())
}
