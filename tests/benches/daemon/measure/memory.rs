//! Resident memory: idle, with many plugins, and with many results of each.

use std::time::{Duration, Instant};

use crate::boot::{self, Program};
use crate::client::Client;
use crate::forced;
use crate::table::{Goal, Row, Table};
use crate::usage;

const PLUGINS: u32 = 1000;
const RESULTS: u32 = 100;

/// A line such as plugins print.
const COMMAND: &str = "Command: echo load average 0.42 0.36 0.30";

/// The results take this long at most, so that the whole benchmark ends in time on a slow machine too.
const DEADLINE: Duration = Duration::from_secs(100);

const BEAT: Duration = Duration::from_millis(10);

/// Fills in its rows.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let idle = start(program, 1, "").and_then(|(daemon, _)| usage::resident(daemon.pid()));
    table.add(Row::alone("resident memory idle, 1 plugin", "MiB", Goal::Under(15.0, "MiB"), idle));
    for (top, with) in [("", ""), ("state_dir: '{{DIR}}/state'", ", with a journal")] {
        let (before, after) = match many(program, top) {
            Ok(both) => both,
            Err(reason) => (Err(reason.clone()), Err(reason)),
        };
        table.add(Row::alone(&format!("  {PLUGINS} plugins{with}"), "MiB", Goal::None, before));
        let name = format!("  {PLUGINS} plugins, {RESULTS} results each{with}");
        table.add(Row::alone(&name, "MiB", Goal::Under(60.0, "MiB"), after));
    }
}

type Figure = Result<f64, String>;

/// The memory without results, and with all of them.
fn many(program: &Program, top: &str) -> Result<(Figure, Figure), String> {
    let (daemon, mut client) = start(program, PLUGINS, top)?;
    let before = usage::resident(daemon.pid());
    let after = fill(&mut client).and_then(|()| usage::resident(daemon.pid()));
    Ok((before, after))
}

/// A daemon whose list of plugins was asked for once.
fn start(program: &Program, plugins: u32, top: &str) -> Result<(boot::Daemon, Client), String> {
    let top = format!("nr_concurrent_plugins: {}\n{top}", 2 * usage::cores());
    let base = format!("Timeout: 60\nHistory: {RESULTS}");
    let daemon = program.start(&boot::plugins(&top, &base, plugins, |_| COMMAND.to_owned()))?;
    let mut client = daemon.connect()?;
    ask(&mut client, "/plugins")?;
    Ok((daemon, client))
}

/// Forces all plugins until each has all of its results.
fn fill(client: &mut Client) -> Result<(), String> {
    let begin = Instant::now();
    let request = forced::request(PLUGINS);
    for round in 0..RESULTS {
        if begin.elapsed() > DEADLINE {
            return Err(format!("only {round} results each within {} s", DEADLINE.as_secs()));
        }
        forced::run(client, &request, BEAT)?;
    }
    ask(client, "/plugins")
}

fn ask(client: &mut Client, path: &str) -> Result<(), String> {
    client.get(path).map(drop).map_err(|error| format!("no answer to {path}: {error}"))
}
