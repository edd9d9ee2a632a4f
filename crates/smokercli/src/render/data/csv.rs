//! csv: a heading, and a line for each plugin or result. Cells are as RFC 4180 has them; a line ends as those of other formats do.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::report::history::{HostHistory, PastResult};
use crate::report::{HostReport, HostState, MISSING, NO_PLUGIN, Report};
use crate::terminal::sanitize;

/// What is shown of a plugin.
const PLUGIN: [&str; 6] = ["host", "plugin", "status", "lastRun", "duration", "message"];

/// What is shown of a past result: members of its run, and of the result itself.
const RUN: [&str; 8] =
    ["sequence", "trigger", "triggeredBy", "planned", "started", "attempt", "generation", "interrupted"];
const RESULT: [&str; 3] = ["duration", "exitStatus", "signal"];

/// One line for each plugin, for each that is missing, and for each host that could not be asked.
pub(in crate::render) fn render(report: &Report) -> String {
    let mut out = String::new();
    push(&mut out, PLUGIN);
    for host in report.hosts() {
        host_rows(&mut out, host);
    }
    out
}

fn host_rows(out: &mut String, host: &HostReport) {
    if let Some(reason) = host.error() {
        push(out, [host.name(), "", host.state().as_str(), "", "", reason]);
    }
    for plugin in host.plugins() {
        let view = plugin.view();
        let duration = run_facts::duration(&view).map_or(String::new(), |seconds| seconds.to_string());
        let message =
            view.messages().and_then(|messages| messages.levels().find_map(|(_, texts)| texts.into_iter().next()));
        let message = message.map_or_else(|| run_facts::reason(&view), |text| Some(text.into_owned()));
        let message = standing::with_message(&view, message).unwrap_or_default();
        let last_run = view.last_run().unwrap_or_default();
        push(out, [host.name(), plugin.name(), plugin.status().as_str(), &last_run, &duration, &message]);
    }
    for plugin in host.missing() {
        push(out, [host.name(), plugin, MISSING, "", "", NO_PLUGIN]);
    }
}

/// One line for each past result, and for each host that has none to show.
pub(in crate::render) fn history(hosts: &[HostHistory]) -> String {
    let mut out = String::new();
    push(&mut out, ["host", "plugin", "status"].into_iter().chain(RUN).chain(RESULT).chain(["message"]));
    for host in hosts {
        match &host.results {
            Ok(results) => results.iter().for_each(|result| past_row(&mut out, &host.name, result)),
            Err(reason) => {
                let empty = [""; RUN.len() + RESULT.len()];
                let host = [&host.name, "", HostState::Unreachable.as_str()];
                push(&mut out, host.into_iter().chain(empty).chain([reason.as_str()]));
            }
        }
    }
    out
}

fn past_row(out: &mut String, host: &str, result: &PastResult) {
    let empty = Map::new();
    let of_run = RUN.map(|name| value(result.as_json(), name));
    let of_result = RESULT.map(|name| value(result.result().unwrap_or(&empty), name));
    let begin = [host, result.plugin(), result.status().as_str()];
    let known = of_run.iter().chain(&of_result).map(AsRef::as_ref);
    push(out, begin.into_iter().chain(known).chain([result.message().unwrap_or_default()]));
}

/// A member that is text, a number or a boolean; nothing for another one.
fn value<'a>(members: &'a Map<String, Json>, name: &str) -> Cow<'a, str> {
    match members.get(name) {
        Some(Json::String(text)) => text.as_str().into(),
        Some(value @ (Json::Number(_) | Json::Bool(_))) => value.to_string().into(),
        _ => "".into(),
    }
}

fn push<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        let cell = sanitize::line(cell);
        if cell.contains([',', '"']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&cell);
        }
    }
    out.push('\n');
}
