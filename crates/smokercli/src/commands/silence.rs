//! What `smokercli silence` does: it silences plugins of hosts, shows silences, or ends them.

use serde_json::{Map, Value as Json, json};
use smoker_model::time::duration;
use smoker_model::wire::silences::{ListedSilence, Silence, SilenceStorage};

use crate::asking::{networking, with_progress};
use crate::cli::commands::silence_args::{SilenceArgs, SilenceEnd};
use crate::client::fleet::Fleet;
use crate::client::session::{ForcedRuns, Session};
use crate::client::silences::SilenceOrder;
use crate::error::ExitError;
use crate::exit_code;
use crate::filter::{Filter, FilterMode};
use crate::plugin::standing::shown_time;
use crate::query;
use crate::render;
use crate::targets::Targets;
use crate::terminal::console::Console;
use crate::terminal::output;
use crate::terminal::sanitize;
use crate::trust_store::user_at_host;

/// A host with what came of it.
type Outcome = (String, Result<Vec<ListedSilence>, String>);

/// Does what is asked for on all hosts, prints what came of it, and returns the exit code.
///
/// # Errors
///
/// When hosts cannot be asked, or nothing can be printed.
pub(crate) fn run(args: &SilenceArgs, targets: &Targets, console: &Console) -> Result<u8, ExitError> {
    let filter = query::filter(&args.filters)?;
    let is_of_some = filter != Filter::default();
    let order = order(args, is_of_some);
    if is_of_some && !matches!(order, SilenceOrder::Make { .. }) {
        return Err(ExitError::usage(
            "-p, --category and the like choose what --for silences; without it leave them out, and end a silence by its number (--end N)",
        ));
    }
    output::check_open()?;
    let runtime = networking()?;
    let transport = targets.transport()?;
    let session = Session {
        values: None,
        transport: &transport,
        observer: console,
        hosts: targets.selection.len(),
        forces: ForcedRuns::Once,
        names: if filter.mode == FilterMode::Keep { &filter.names } else { &[] },
    };
    let mut fleet = Fleet::new(targets.selection.addresses());
    let mut outcomes = None;
    let is_done = runtime.block_on(with_progress(console, async {
        fleet.ask(&session).await;
        if matches!(order, SilenceOrder::Make { is_of_some: true, .. }) {
            let selection = fleet.select(&filter);
            fleet.missing(&selection).iter().for_each(|line| console.warn(line));
            if selection.selected == 0 {
                let unmet = selection.unmet.map_or(String::new(), |unmet| format!(": {}", sanitize::line(&unmet)));
                console.error(&format!("No plugins found{unmet}"));
                return;
            }
        }
        outcomes = Some(fleet.silence(&session, &order).await);
    }));
    console.finish();
    runtime.shutdown_background();
    if !is_done {
        return Ok(exit_code::INTERRUPTED);
    }
    let Some(outcomes) = outcomes else { return Ok(exit_code::FAILURE) };
    output::print(&text(&outcomes, &order, &args.pretty))?;
    let has_failed = outcomes.is_empty() || outcomes.iter().any(|(_, outcome)| outcome.is_err());
    Ok(if has_failed { exit_code::FAILURE } else { exit_code::SUCCESS })
}

fn order(args: &SilenceArgs, is_of_some: bool) -> SilenceOrder {
    match (&args.lasts, &args.reason, args.end) {
        (Some(lasts), Some(reason), _) => {
            let (lasts, reason, author) = (duration::in_one_unit(*lasts), reason.clone(), user_at_host());
            SilenceOrder::Make { lasts, reason, author, is_of_some }
        }
        (_, _, Some(SilenceEnd::Number(id))) => SilenceOrder::End(Some(id)),
        (_, _, Some(SilenceEnd::All)) => SilenceOrder::End(None),
        _ => SilenceOrder::List,
    }
}

fn text(outcomes: &[Outcome], order: &SilenceOrder, format: &str) -> String {
    match format {
        "json" => render::json_line(&document(outcomes)),
        "raw" => render::indented(&document(outcomes)),
        "ndjson" => outcomes.iter().flat_map(|(host, outcome)| json_lines(host, outcome)).collect(),
        _ => outcomes.iter().flat_map(|(host, outcome)| lines(host, outcome, order)).collect(),
    }
}

fn document(outcomes: &[Outcome]) -> Json {
    let hosts: Map<String, Json> = outcomes.iter().map(|(host, outcome)| (host.clone(), entry(outcome))).collect();
    Json::Object(hosts)
}

fn entry(outcome: &Result<Vec<ListedSilence>, String>) -> Json {
    match outcome {
        Ok(silences) => json!({ "silences": silences }),
        Err(reason) => json!({ "error": reason }),
    }
}

fn json_lines(host: &str, outcome: &Result<Vec<ListedSilence>, String>) -> Vec<String> {
    match outcome {
        Ok(silences) => {
            silences.iter().map(|silence| render::json_line(&json!({"host": host, "silence": silence}))).collect()
        }
        Err(reason) => vec![render::json_line(&json!({"host": host, "error": reason}))],
    }
}

fn lines(host: &str, outcome: &Result<Vec<ListedSilence>, String>, order: &SilenceOrder) -> Vec<String> {
    let host = sanitize::line(host);
    match outcome {
        // Standard error has the reason.
        Err(_) => Vec::new(),
        Ok(silences) if silences.is_empty() => vec![format!("{host}: no silences\n")],
        Ok(silences) => silences.iter().map(|silence| format!("{host}: {}\n", line(silence, order))).collect(),
    }
}

fn line(listed: &ListedSilence, order: &SilenceOrder) -> String {
    let Silence { id, by, reason, until, plugins, filter, .. } = &listed.silence;
    let count = listed.silenced.len();
    let of = match (plugins.is_empty() && filter.is_empty(), count) {
        (true, _) => "all plugins".to_owned(),
        (false, 1..=5) => listed.silenced.join(", "),
        (false, count) => format!("{count} plugins"),
    };
    let text = match order {
        SilenceOrder::End(_) => format!("ended silence {id} of {of} by {by}: {reason}"),
        SilenceOrder::Make { .. } | SilenceOrder::List => {
            format!("silence {id} of {of} until {} by {by}: {reason}", shown_time(until))
        }
    };
    let is_of_interest = !listed.survives_restart && !matches!(order, SilenceOrder::End(_));
    let note = if is_of_interest { unkept(listed.storage) } else { "" };
    format!("{}{note}", sanitize::line(&text))
}

/// Why a silence may end with the daemon.
fn unkept(storage: Option<SilenceStorage>) -> &'static str {
    match storage {
        Some(SilenceStorage::Memory) => " (ends with the daemon, which has no state_dir)",
        Some(SilenceStorage::Pending) => {
            " (is not written yet; until then it ends with the daemon, whose log says why)"
        }
        Some(SilenceStorage::Written | SilenceStorage::Other) | None => {
            " (ends with the daemon, which has no state_dir, or has not written it yet)"
        }
    }
}
