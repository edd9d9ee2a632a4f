//! Past results of hosts.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};
use smoker_model::status::Status;

use crate::render::append::append;
use crate::render::data::{csv, json};
use crate::render::format::{Detail, Format};
use crate::render::table::{cell, empty_table, lines, marked, paint};
use crate::report::HostState;
use crate::report::history::{HostHistory, PastResult};
use crate::terminal::sanitize;
use crate::terminal::style::{Paint, Style};

/// How many past states of a plugin are shown at most.
const PAST_STATES: usize = 40;

/// The past results in this format; none when the format has no form for them.
pub(super) fn render(hosts: &[HostHistory], format: &Format, style: Style) -> Option<String> {
    Some(match format {
        Format::Text(detail) => text(hosts, *detail, style),
        Format::Table { .. } => table(hosts, style),
        Format::Json => json::one_line(&by_host(hosts)) + "\n",
        Format::Raw => json::indented(&by_host(hosts)),
        Format::Csv => csv::history(hosts),
        Format::Ndjson => hosts.iter().flat_map(ndjson).collect(),
        Format::Tap
        | Format::Tap14
        | Format::Xml(_)
        | Format::Junit
        | Format::Columns(_)
        | Format::Html
        | Format::Markdown
        | Format::Prometheus => {
            return None;
        }
    })
}

fn text(hosts: &[HostHistory], detail: Detail, style: Style) -> String {
    let mut out = String::new();
    for host in hosts {
        style.push(&mut out, Some(Paint::Gold), &sanitize::line(&host.name));
        out.push('\n');
        match &host.results {
            Err(reason) => append(&mut out, format_args!("  {}\n", sanitize::line(reason))),
            Ok(results) => {
                let is_shown = |result: &&PastResult| detail > Detail::Minimal || result.status() != Status::Ok;
                for result in results.iter().filter(is_shown) {
                    line(&mut out, result, detail, style);
                }
            }
        }
    }
    out
}

fn line(out: &mut String, result: &PastResult, detail: Detail, style: Style) {
    let status = result.status();
    append(out, format_args!("  {}  {} [", sanitize::line(&result.started()), sanitize::line(result.plugin())));
    style.push(out, Some(Paint::of_status(status)), status.as_str());
    out.push(']');
    if detail >= Detail::Long {
        let seconds = result.duration().map_or(String::new(), |seconds| format!(", {seconds:.2}s"));
        append(out, format_args!(" ({}{seconds})", sanitize::line(result.trigger())));
    }
    if detail > Detail::Minimal
        && let Some(reason) = result.reason()
    {
        append(out, format_args!(" {}", sanitize::line(&reason)));
    }
    out.push('\n');
}

/// A line for each plugin of each host: how many runs there were, how many of them were not OK, the newest status, and the newest
/// states with the newest at the right. A run that the end of the daemon ended counts as none, since it says nothing of what it checked.
fn table(hosts: &[HostHistory], style: Style) -> String {
    let mut table = empty_table();
    table.set_header(["HOST", "PLUGIN", "RUNS", "BAD", "STATUS", "PAST"]);
    for host in hosts {
        let name = sanitize::line(&host.name).into_owned();
        let Ok(results) = &host.results else {
            let state = HostState::Unreachable;
            let none = || "-".to_owned();
            table.add_row([name, none(), none(), none(), marked(Paint::of_host(state), state.as_str()), none()]);
            continue;
        };
        let mut plugins = BTreeMap::<&str, Vec<&PastResult>>::new();
        for result in results {
            plugins.entry(result.plugin()).or_default().push(result);
        }
        for (plugin, results) in plugins {
            let statuses: Vec<_> =
                results.iter().filter(|result| !result.is_interrupted()).map(|result| result.status()).collect();
            let bad = statuses.iter().filter(|status| **status != Status::Ok).count();
            let past: String = results.iter().take(PAST_STATES).rev().map(|result| symbol(result)).collect();
            table.add_row([
                name.clone(),
                sanitize::line(plugin).into_owned(),
                statuses.len().to_string(),
                bad.to_string(),
                statuses.first().map_or_else(|| "-".to_owned(), |status| cell(*status)),
                past,
            ]);
        }
    }
    let mut out: String = lines(&table).iter().map(|line| paint(line.trim_end(), style) + "\n").collect();
    for host in hosts {
        if let Err(reason) = &host.results {
            append(&mut out, format_args!("{}: {}\n", sanitize::line(&host.name), sanitize::line(reason)));
        }
    }
    out
}

fn symbol(result: &PastResult) -> String {
    if result.is_interrupted() {
        return "i".to_owned();
    }
    let status = result.status();
    let symbol = match status {
        Status::Ok => ".",
        Status::Warn => "W",
        Status::Error => "E",
        Status::Unknown => "?",
    };
    marked(Paint::of_status(status), symbol)
}

fn by_host(hosts: &[HostHistory]) -> Json {
    let host = |host: &HostHistory| {
        let value = match &host.results {
            Ok(results) => json!({"results": results.iter().map(PastResult::as_json).collect::<Vec<_>>()}),
            Err(reason) => json!({"status": HostState::Unreachable.as_str(), "error": reason}),
        };
        (host.name.clone(), value)
    };
    Json::Object(hosts.iter().map(host).collect())
}

fn ndjson(host: &HostHistory) -> Vec<String> {
    let line = |members: Map<String, Json>| {
        let host = [("host".to_owned(), Json::from(host.name.as_str()))];
        json::compact(&Json::Object(host.into_iter().chain(members).collect())) + "\n"
    };
    match &host.results {
        Ok(results) => results.iter().map(|result| line(result.as_json().clone())).collect(),
        Err(reason) => {
            let members = [("status", HostState::Unreachable.as_str()), ("error", reason)];
            vec![line(members.into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect())]
        }
    }
}
