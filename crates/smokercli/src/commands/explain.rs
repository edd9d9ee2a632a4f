//! What `smokercli explain` does: it shows what decides when a plugin runs, and whether anybody hears of its results.

use serde_json::{Map, Value as Json, json};
use smoker_model::wire::explanation::Explanation;

use crate::asking::{networking, with_progress};
use crate::cli::commands::explain_args::ExplainArgs;
use crate::client::fleet::Fleet;
use crate::client::session::{ForcedRuns, Session};
use crate::error::ExitError;
use crate::exit_code;
use crate::render;
use crate::targets::Targets;
use crate::terminal::console::Console;
use crate::terminal::output;
use crate::terminal::sanitize;

/// A host with its explanation, or why there is none.
type Outcome = (String, Result<Explanation, String>);

/// Explains the plugin on all hosts, and returns the exit code.
///
/// # Errors
///
/// When hosts cannot be asked, or nothing can be printed.
pub(crate) fn run(args: &ExplainArgs, targets: &Targets, console: &Console) -> Result<u8, ExitError> {
    let runtime = networking()?;
    let transport = targets.transport()?;
    let names = std::slice::from_ref(&args.plugin);
    let hosts = targets.selection.len();
    let session =
        Session { values: None, transport: &transport, observer: console, hosts, forces: ForcedRuns::Once, names };
    let mut fleet = Fleet::new(targets.selection.addresses());
    let mut outcomes = Vec::new();
    let is_done = runtime.block_on(with_progress(console, async {
        fleet.ask(&session).await;
        outcomes = fleet.explain(&session, &args.plugin).await;
    }));
    console.finish();
    runtime.shutdown_background();
    if !is_done {
        return Ok(exit_code::INTERRUPTED);
    }
    output::print(&text(&outcomes, &args.pretty))?;
    let has_failed = outcomes.is_empty() || outcomes.iter().any(|(_, outcome)| outcome.is_err());
    Ok(if has_failed { exit_code::FAILURE } else { exit_code::SUCCESS })
}

fn text(outcomes: &[Outcome], format: &str) -> String {
    match format {
        "json" => render::json_line(&document(outcomes)),
        "raw" => render::indented(&document(outcomes)),
        "ndjson" => outcomes.iter().map(|(host, outcome)| json_line(host, outcome)).collect(),
        _ => {
            let explained = |(host, outcome): &Outcome| Some(block(host, outcome.as_ref().ok()?, outcomes.len() > 1));
            outcomes.iter().filter_map(explained).collect::<Vec<_>>().join("\n")
        }
    }
}

fn document(outcomes: &[Outcome]) -> Json {
    let hosts: Map<String, Json> = outcomes.iter().map(|(host, outcome)| (host.clone(), entry(outcome))).collect();
    Json::Object(hosts)
}

fn entry(outcome: &Result<Explanation, String>) -> Json {
    match outcome {
        Ok(explanation) => json!({ "explanation": explanation }),
        Err(reason) => json!({ "error": reason }),
    }
}

fn json_line(host: &str, outcome: &Result<Explanation, String>) -> String {
    let mut line = Map::from_iter([("host".to_owned(), host.into())]);
    if let Json::Object(members) = entry(outcome) {
        line.extend(members);
    }
    render::json_line(&Json::Object(line))
}

/// The explanation for people; below the name of its host where there are several.
fn block(host: &str, explanation: &Explanation, has_several: bool) -> String {
    let host = has_several.then(|| format!("{host}:"));
    let lines = host.into_iter().chain(explanation.lines());
    lines.fold(String::new(), |text, line| text + &sanitize::line(&line) + "\n")
}
