//! `GET /metrics` beside a bare handler that answers the same bytes.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::bare_side::server;
use crate::boot::{self, Daemon, Program};
use crate::client::Client;
use crate::forced;
use crate::pairs::{MANY, Pairs};
use crate::statistics::median;
use crate::table::{Goal, Row, Table};

/// How many scrapes a sample is the median of.
const SCRAPES: u32 = 20;

const PLUGINS: u32 = 1000;
const COMPONENTS: u32 = 10;

/// Fills in a row for a page that nothing has changed, and two for a large one: kept, and written again for a result that is new.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let goal = |limit| Goal::Under(limit, "ms");
    let name = format!("GET /metrics, {PLUGINS} plugins, nothing changed");
    table.add(Row::of_pairs(&name, "ms", goal(1.0), scrapes(program, "Command: 'true'", None)));
    let components: Vec<_> =
        (0..COMPONENTS).map(|number| format!(r#""c{number}": {{"status": "OK", "messages": null}}"#)).collect();
    let result = format!(r#"{{"status": "OK", "messages": null, "componentResults": {{{}}}}}"#, components.join(", "));
    let body = format!("Command: echo '{result}'");
    let name = format!("  {PLUGINS} plugins with {COMPONENTS} components each");
    table.add(Row::of_pairs(&name, "ms", goal(5.0), scrapes(program, &body, None)));
    table.add(Row::of_pairs("  the same after each new result", "ms", Goal::None, scrapes(program, &body, Some(1))));
}

/// The milliseconds of a scrape; before each, this many plugins run.
fn scrapes(program: &Program, body: &str, changed: Option<u32>) -> Result<Pairs, String> {
    let daemon = program.start(&boot::plugins("nr_concurrent_plugins: 4", "Timeout: 60", PLUGINS, |_| body.into()))?;
    let mut client = daemon.connect()?;
    forced::run(&mut client, &forced::request(PLUGINS), Duration::from_millis(5))?;
    let page = kept_page(&daemon, &mut client)?;
    let bare = server::start(&page).map_err(|error| format!("no bare server: {error}"))?;
    let mut bare_client = Client::connect(bare.address).map_err(|error| format!("no bare server: {error}"))?;
    let ours = || {
        sample(|| {
            if let Some(changed) = changed {
                forced::run(&mut client, &forced::request(changed), Duration::from_millis(1))?;
            }
            scrape(&mut client, "/metrics")
        })
    };
    // The bare server has one page, which has another name there.
    Pairs::measure(MANY, ours, || sample(|| scrape(&mut bare_client, "/plugins")))
}

fn kept_page(daemon: &Daemon, client: &mut Client) -> Result<PathBuf, String> {
    let path = daemon.path("page");
    let answer = client.get("/metrics").map_err(|error| format!("no metrics: {error}"))?;
    fs::write(&path, answer.body).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    Ok(path)
}

fn sample(mut scrape: impl FnMut() -> Result<f64, String>) -> Result<f64, String> {
    let times: Vec<_> = (0..SCRAPES).map(|_| scrape()).collect::<Result<_, _>>()?;
    Ok(median(&times))
}

/// From the request to the last byte of the answer, in milliseconds.
fn scrape(client: &mut Client, path: &str) -> Result<f64, String> {
    let begin = Instant::now();
    let answer = client.get(path).map_err(|error| format!("no metrics: {error}"))?;
    if answer.status != 200 {
        return Err(format!("{path} was answered {}", answer.status));
    }
    Ok(begin.elapsed().as_secs_f64() * 1000.0)
}
