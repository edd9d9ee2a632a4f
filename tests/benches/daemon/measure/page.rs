//! The page in a real browser, with many results, beside an empty page.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::boot::{self, Daemon, Program};
use crate::forced;
use crate::pairs::Pairs;
use crate::table::{Goal, Row, Table};
use crate::usage;

const PLUGINS: u32 = 1000;
const RESULTS: u32 = 100;

/// Each run has another result than the one before.
const TURNS: &str = "Command: 'date; test -e {{DIR}}/bad && rm {{DIR}}/bad || { touch {{DIR}}/bad; exit 1; }'";

/// The results take this long at most, so that the whole benchmark ends in time on a slow machine too.
const DEADLINE: Duration = Duration::from_secs(100);

/// The figures of the browser, in milliseconds.
struct Seen {
    paint: f64,
    empty: f64,
    change: f64,
}

/// Fills in its rows.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let (paint, change) = match seen(program) {
        Ok(Seen { paint, empty, change }) => (Pairs::measure(1, || Ok(paint), || Ok(empty)), Ok(change)),
        Err(reason) => (Err(reason.clone()), Err(reason)),
    };
    let name = format!("first paint of /ui, {PLUGINS} plugins, {RESULTS} results each; an empty page");
    table.add(Row::of_pairs(&name, "ms", Goal::Under(300.0, "ms"), paint));
    table.add(Row::alone("  from a recorded change to its row", "ms", Goal::Under(250.0, "ms"), change));
}

fn seen(program: &Program) -> Result<Seen, String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/smoker-page");
    if !page.join("node_modules/playwright-core").exists() {
        return Err("needs chromium and `npm ci` in crates/smoker-page".to_owned());
    }
    let daemon = filled(program)?;
    let figures = look(page.join("browser/measure.mjs"), &daemon)?;
    let [paint, empty, change] = figures[..] else { return Err(format!("the browser gave {figures:?}")) };
    Ok(Seen { paint, empty, change })
}

/// A daemon that has all results.
fn filled(program: &Program) -> Result<Daemon, String> {
    let top = format!("nr_concurrent_plugins: {}", 2 * usage::cores());
    let base = format!("Timeout: 60\nHistory: {RESULTS}");
    let body = |number| if number == 0 { TURNS.to_owned() } else { "Command: echo load average 0.42".to_owned() };
    let daemon = program.start(&boot::plugins(&top, &base, PLUGINS, body))?;
    let (mut client, begin) = (daemon.connect()?, Instant::now());
    let request = forced::request(PLUGINS);
    for round in 0..RESULTS {
        if begin.elapsed() > DEADLINE {
            return Err(format!("only {round} results each within {} s", DEADLINE.as_secs()));
        }
        forced::run(&mut client, &request, Duration::from_millis(10))?;
    }
    Ok(daemon)
}

/// What the browser measures.
fn look(script: PathBuf, daemon: &Daemon) -> Result<Vec<f64>, String> {
    let mut node = Command::new("node");
    node.arg(script).arg(format!("http://{}", daemon.address())).arg(boot::name(0));
    let output = node.output().map_err(|error| format!("no node: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures: Option<Vec<f64>> = text.split_whitespace().map(|figure| figure.parse().ok()).collect();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    figures.filter(|_| output.status.success()).ok_or_else(|| {
        let reason = error.lines().find(|line| line.contains("Error")).unwrap_or("no chromium").trim();
        format!("the browser: {reason}")
    })
}
