//! A plugin's status and text, as a Nagios check reports them.

use std::time::Duration;

use serde_json::{Map, Value as Json};
use smoker_model::status::Status;

use crate::nagios::age::{Distance, distance};
use crate::plugin::Plugin;
use crate::plugin::perfdata::perfdata;
use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::plugin::view::{Component, MessagesView, PluginView};
use crate::terminal::sanitize;

/// Longer messages of a component are cut, in characters.
const MAX_DETAILS: usize = 256;
/// A longer text of a plugin's components is replaced, in characters.
const MAX_TEXT: usize = 1024;
/// The exit status by which a monitoring plugin says UNKNOWN.
const SAYS_UNKNOWN: i64 = 3;

/// The status of a plugin and the text that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) name: String,
    pub(super) status: Status,
    pub(super) text: String,
    /// What is wrong below the plugin and does not change its status, a line each.
    pub(super) notes: Vec<String>,
    /// The performance data of the result, if it has any.
    pub(super) perfdata: Option<Json>,
}

impl Finding {
    fn unknown(name: String, text: String) -> Self {
        Self { name, status: Status::Unknown, text, notes: Vec::new(), perfdata: None }
    }

    /// A plugin that the command line names and the daemon does not have.
    pub(super) fn missing(name: &str) -> Self {
        Self::unknown(name.to_owned(), format!("plugin {} not found", sanitize::line(name)))
    }
}

/// The finding of a forced plugin; UNKNOWN if the results of the run lack it.
pub(super) fn forced_finding(name: String, results: &[Plugin]) -> Finding {
    let plugins = results.iter().filter(|plugin| plugin.name() == name && !plugin.has_no_result());
    // Of several results, which a sound daemon does not send, a good one is not the one that counts.
    let plugin = plugins.min_by_key(|plugin| plugin.status() == Status::Ok);
    plugin.map_or_else(
        || Finding::unknown(name, "the forced run gave no result; see smoker logs for details".to_owned()),
        |plugin| finding(plugin, None),
    )
}

/// The finding of a plugin's result. A result older than `max_age` is UNKNOWN, unless it is ERROR.
pub(super) fn finding(plugin: &Plugin, max_age: Option<Duration>) -> Finding {
    let view = plugin.view();
    let name = plugin.name().to_owned();
    let shown = sanitize::line(plugin.name());
    let mut notes = standing::lines(&view);
    if let Some(reason) = view.unreadable().or_else(|| view.skipped()) {
        return Finding { notes, ..Finding::unknown(name, format!("smoke test: {shown}: {reason}")) };
    }
    let Some(result) = view.result() else {
        return Finding { notes, ..Finding::unknown(name, format!("plugin {shown} has not run yet")) };
    };
    let perfdata = result.get("perfdata").filter(|data| !data.is_null()).cloned();
    let status = if is_unknown(result, &view) { Status::Unknown } else { plugin.status() };
    if let Some(text) = max_age.filter(|_| status != Status::Error).and_then(|limit| stale(result, &shown, limit)) {
        return Finding { notes, perfdata, ..Finding::unknown(name, text) };
    }
    let text = match plugin.status() {
        Status::Ok => own_text(&view, perfdata.is_some())
            .unwrap_or_else(|| format!("smoke test {shown} succeeded at {}", date(&view))),
        Status::Unknown => format!("unknown status UNKNOWN at {}", date(&view)),
        Status::Warn => bad_text(&shown, &view, "warn"),
        Status::Error => bad_text(&shown, &view, "error"),
    };
    if result.contains_key("lastRunUtc") {
        notes.extend(run_facts::wrong_below(&view));
    }
    Finding { name, status, text, notes, perfdata }
}

fn date(view: &PluginView) -> String {
    view.last_run().map_or_else(|| "None".to_owned(), |date| sanitize::line(&date).into_owned())
}

/// Whether a monitoring plugin said UNKNOWN, which the daemon, whose checks cannot, made ERROR.
fn is_unknown(result: &Map<String, Json>, view: &PluginView) -> bool {
    reads_nagios(view) && result.get("exitStatus").and_then(Json::as_i64) == Some(SAYS_UNKNOWN)
}

fn reads_nagios(view: &PluginView) -> bool {
    let parser = view.parameters().and_then(|parameters| parameters.get("Parser")).and_then(Json::as_str);
    parser.is_some_and(|parser| parser.rsplit('.').next() == Some("nagios"))
}

/// What the check itself said when all is well: kept for a monitoring plugin and for performance data.
fn own_text(view: &PluginView, has_perfdata: bool) -> Option<String> {
    if !has_perfdata && !reads_nagios(view) {
        return None;
    }
    Some(view.messages()?.level("info").first()?.clone().into_owned())
}

/// Why a result is too old, or why that cannot be known.
fn stale(result: &Map<String, Json>, name: &str, limit: Duration) -> Option<String> {
    let Some(distance) = result.get("lastRunUtc").and_then(Json::as_str).and_then(distance) else {
        return Some(format!(
            "the daemon does not say when {name} ran (no lastRunUtc), so --max-age cannot be checked"
        ));
    };
    let shown = limit.as_secs_f64();
    match distance {
        Distance::Ago(age) if age > limit => {
            Some(format!("the result of {name} is {} s old, more than {shown} s", age.as_secs()))
        }
        Distance::Ahead(far) if far > limit => {
            let far = far.as_secs();
            Some(format!("the result of {name} is {far} s ahead of this host's clock, so its age cannot be told"))
        }
        Distance::Ago(_) | Distance::Ahead(_) => None,
    }
}

/// The first message of the level, of any length; else the texts of the
/// components, the other messages, or how the command ended.
fn bad_text(name: &str, view: &PluginView, level: &str) -> String {
    let messages = view.messages();
    if let Some(first) = messages.and_then(|messages| messages.level(level).into_iter().next()) {
        return first.into_owned();
    }
    let parts: String = view.components().iter().filter(|part| part.status != Status::Ok).map(component_text).collect();
    if parts.is_empty() {
        if let Some(reason) = run_facts::reason(view) {
            return format!("smoke test: {name}: {reason}");
        }
        let others = messages.into_iter().flat_map(MessagesView::levels).flat_map(|(_, texts)| texts);
        let others = others.collect::<Vec<_>>().join("\n");
        return if others.is_empty() { format!("smoke test: {name} gave no message") } else { others };
    }
    let text = format!("smoke test: {name} {parts}");
    if text.chars().count() > MAX_TEXT {
        return format!("smoke test: {name} returns huge error output, see smoker logs for details");
    }
    text
}

fn component_text(component: &Component<'_>) -> String {
    let status = component.status;
    let level = status.as_str().to_lowercase();
    let name = sanitize::line(&component.name);
    let Some(messages) = component.messages else { return format!("{name}: {status}; ") };
    let details = messages.level(&level).join(", ");
    let cut = details.char_indices().nth(MAX_DETAILS).map(|(at, _)| format!("{}..", &details[..at]));
    format!("{name}: {status}: {}; ", cut.unwrap_or(details))
}

/// The performance data of a finding, with `prefix` before each label; empty without any.
pub(super) fn perfdata_text(finding: &Finding, prefix: &str) -> String {
    sanitize::line(&perfdata(finding.perfdata.as_ref(), prefix)).replace('|', "¦")
}
