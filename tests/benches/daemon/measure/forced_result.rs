//! From the request of a forced run to its served result, against one bare
//! start of the same command.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::bare_side::cgroups::BareCgroups;
use crate::boot::{self, Daemon, Program};
use crate::client::Client;
use crate::forced;
use crate::pairs::{MANY, Pairs};
use crate::statistics::median;
use crate::table::{Goal, Row, Table};

/// How many times one sample takes the measure; its median counts.
const TIMES: u32 = 70;

/// How often a client who is in a hurry asks.
const BEAT: Duration = Duration::from_micros(200);

/// Fills in its rows.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let config = boot::plugins("", "Timeout: 60", 1, |_| "Command: 'true'".to_owned());
    let cgroups = BareCgroups::create().map_err(|error| format!("no bare start with a cgroup: {error}"));
    let with_cgroups = || program.start(&config);
    let pairs = cgroups.and_then(|cgroups| results(with_cgroups, || in_cgroup(&cgroups)));
    let name = "POST /processes to served result of `true`, in a cgroup; so is the limit";
    table.add(Row::of_pairs(name, "ms", Goal::AtMost(1.6), pairs));
    let cgroups = BareCgroups::create().map_err(|error| format!("no bare start with a cgroup: {error}"));
    let pairs = cgroups.and_then(|cgroups| waited_results(with_cgroups, || in_cgroup(&cgroups)));
    table.add(Row::of_pairs("  the same by POST /processes?wait=10s", "ms", Goal::AtMost(1.3), pairs));
    let kept = boot::plugins("state_dir: '{{DIR}}/state'", "Timeout: 60", 1, |_| "Command: 'true'".to_owned());
    let cgroups = BareCgroups::create().map_err(|error| format!("no bare start with a cgroup: {error}"));
    let pairs = cgroups.and_then(|cgroups| waited_results(|| program.start(&kept), || in_cgroup(&cgroups)));
    table.add(Row::of_pairs("  the same with a journal", "ms", Goal::AtMost(1.3), pairs));
    let pairs = results(with_cgroups, bare);
    table.add(Row::of_pairs("  the same; the limit without a cgroup", "ms", Goal::None, pairs));
    let pairs = results(|| program.start_without_cgroups(&config), bare);
    table.add(Row::of_pairs("  without a cgroup; so is the limit", "ms", Goal::AtMost(2.0), pairs));
}

fn results(
    start: impl Fn() -> Result<Daemon, String>,
    limit: impl Fn() -> Result<Duration, String>,
) -> Result<Pairs, String> {
    let daemon = start()?;
    let mut client = daemon.connect()?;
    let request = forced::request(1);
    Pairs::measure(MANY, || sample(|| forced::run(&mut client, &request, BEAT)), || sample(&limit))
}

fn waited_results(
    start: impl Fn() -> Result<Daemon, String>,
    limit: impl Fn() -> Result<Duration, String>,
) -> Result<Pairs, String> {
    let daemon = start()?;
    let mut client = daemon.connect()?;
    let request = forced::request(1);
    Pairs::measure(MANY, || sample(|| run_and_wait(&mut client, &request)), || sample(&limit))
}

/// Sends the request, whose answer waits for the result, and returns how long that took.
fn run_and_wait(client: &mut Client, request: &str) -> Result<Duration, String> {
    let begin = Instant::now();
    let answer = client.post("/processes?wait=10s", request);
    match answer.map_err(|error| format!("no answer about a forced run: {error}"))?.status {
        200 => Ok(begin.elapsed()),
        other => Err(format!("a forced run that is waited for was answered {other}")),
    }
}

fn in_cgroup(cgroups: &BareCgroups) -> Result<Duration, String> {
    let begin = Instant::now();
    cgroups.check().map_err(|error| format!("a bare start with a cgroup failed: {error}"))?;
    Ok(begin.elapsed())
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
