//! A table in Markdown, for the comments and summaries of continuous integration.

use std::borrow::Cow;

use smoker_model::status::Status;

use crate::plugin::Plugin;
use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::plugin::view::MessagesView;
use crate::render::append::append;
use crate::report::{MISSING, NO_PLUGIN, Report};
use crate::terminal::sanitize;

/// A row for each plugin, and one for each component that is not OK. Hosts that could not be asked have a row with the reason.
pub(in crate::render) fn render(report: &Report) -> String {
    let mut out = "| Host | Plugin | Status | Duration | Messages |\n|---|---|---|---:|---|\n".to_owned();
    for host in report.sorted_hosts() {
        if let Some(reason) = host.error() {
            row(&mut out, [host.name(), "", host.state().as_str(), "", reason]);
        }
        for plugin in host.sorted_plugins() {
            rows_of_plugin(&mut out, host.name(), plugin);
        }
        for missing in host.missing() {
            row(&mut out, [host.name(), missing, MISSING, "", NO_PLUGIN]);
        }
    }
    out
}

fn rows_of_plugin(out: &mut String, host: &str, plugin: &Plugin) {
    let view = plugin.view();
    let duration = run_facts::duration(&view).map_or(String::new(), |seconds| format!("{seconds:.2} s"));
    let mut texts: Vec<_> = standing::lines(&view).into_iter().chain(texts(view.messages())).collect();
    texts.extend(run_facts::reason(&view));
    texts.extend(view.failed_actions().iter().map(|action| {
        let reason = action.reason().map_or(String::new(), |reason| format!(" {reason}"));
        format!("{} [{}]{reason}", action.title(), action.status)
    }));
    row(out, [host, plugin.name(), plugin.status().as_str(), &duration, &texts.join("\n")]);
    for component in view.components().iter().filter(|component| component.status != Status::Ok) {
        let name = format!("{}: {}", plugin.name(), component.name);
        row(out, [host, &name, component.status.as_str(), "", &self::texts(component.messages).join("\n")]);
    }
}

fn texts(messages: Option<MessagesView<'_>>) -> Vec<String> {
    messages.into_iter().flat_map(MessagesView::levels).flat_map(|(_, texts)| texts).map(Cow::into_owned).collect()
}

fn row(out: &mut String, cells: [&str; 5]) {
    let cells = cells.map(cell);
    append(out, format_args!("| {} |\n", cells.join(" | ")));
}

/// Text that stays text: nothing in it is markup, and a line break does not end the row.
fn cell(text: &str) -> String {
    let lines: Vec<_> = text.trim_end_matches('\n').split('\n').map(|line| escaped(&sanitize::line(line))).collect();
    lines.join("<br>")
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' | '@' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}
