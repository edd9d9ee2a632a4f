//! A row for each plugin, with the columns that the call names, in the order that it names.

use std::cmp::Ordering;

use smoker_model::status::Status;

use crate::plugin::Plugin;
use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::plugin::view::{MessagesView, PluginView};
use crate::render::layout::{Column, Layout};
use crate::render::table::{cell, empty_table, lines, marked, paint};
use crate::report::{HostReport, HostState, MISSING, NO_PLUGIN, Report};
use crate::terminal::sanitize;
use crate::terminal::style::{Paint, Style};

/// How many states of the past are shown.
const PAST: usize = 20;

/// Bars, the higher the worse.
const BARS: [(Status, &str); 4] =
    [(Status::Ok, "▁"), (Status::Warn, "▄"), (Status::Error, "█"), (Status::Unknown, "?")];

/// A row before it is written.
struct Row<'a> {
    host: &'a HostReport,
    /// None for a host that could not be asked, and for a plugin that it lacks.
    view: Option<PluginView>,
    plugin: Option<&'a str>,
    state: HostState,
}

/// The table.
pub(super) fn render(report: &Report, layout: &Layout, style: Style) -> String {
    let mut rows: Vec<_> = report.sorted_hosts().into_iter().flat_map(rows_of).collect();
    if let Some((column, is_reversed)) = layout.sort {
        rows.sort_by(|a, b| {
            let order = compare(a, b, column);
            if is_reversed { order.reverse() } else { order }
        });
    }
    let mut table = empty_table();
    table.set_header(layout.columns.iter().map(|column| column.name().to_uppercase()));
    for row in &rows {
        table.add_row(layout.columns.iter().map(|column| text(row, *column)));
    }
    lines(&table).iter().map(|line| paint(line.trim_end(), style) + "\n").collect()
}

fn rows_of(host: &HostReport) -> Vec<Row<'_>> {
    let of_plugin = |plugin: &'_ Plugin| (Some(plugin.view()), HostState::Known(plugin.status()));
    let mut rows: Vec<_> = host
        .sorted_plugins()
        .into_iter()
        .map(|plugin| {
            let (view, state) = of_plugin(plugin);
            Row { host, view, plugin: Some(plugin.name()), state }
        })
        .collect();
    let missing = host.missing().iter();
    rows.extend(missing.map(|name| Row { host, view: None, plugin: Some(name), state: HostState::Missing }));
    if rows.is_empty() {
        rows.push(Row { host, view: None, plugin: None, state: host.state() });
    }
    rows
}

/// Worst states and longest runs first; texts by their characters.
fn compare(a: &Row<'_>, b: &Row<'_>, column: Column) -> Ordering {
    let rank = |row: &Row<'_>| HostState::ALL.iter().position(|state| *state == row.state);
    let duration = |row: &Row<'_>| row.view.as_ref().and_then(run_facts::duration).unwrap_or(-1.0);
    match column {
        Column::Status => rank(a).cmp(&rank(b)),
        Column::Duration => duration(b).total_cmp(&duration(a)),
        Column::Started | Column::Next => text(b, column).cmp(&text(a, column)),
        _ => text(a, column).cmp(&text(b, column)),
    }
}

fn text(row: &Row<'_>, column: Column) -> String {
    let parameter = |key: &str| {
        let value = row.view.as_ref().and_then(|view| view.parameters()?.get(key)?.as_str());
        value.map(str::to_owned)
    };
    let fact = |name: &str| {
        let facts = row.view.as_ref().map(run_facts::facts).unwrap_or_default();
        facts.into_iter().find(|(known, _)| *known == name).map(|(_, text)| text)
    };
    let text = match column {
        Column::Host => Some(row.host.name().to_owned()),
        Column::Status => return state(row.state),
        Column::Plugin => row.plugin.map(str::to_owned),
        Column::Duration => row.view.as_ref().and_then(run_facts::duration).map(|seconds| format!("{seconds:.2}s")),
        Column::Started => fact("Started").or_else(|| row.view.as_ref().and_then(PluginView::last_run)),
        Column::Next => row.view.as_ref().and_then(PluginView::next_run),
        Column::Category => parameter("Category"),
        Column::Component => parameter("Component"),
        Column::Type => parameter("Type"),
        Column::Perfdata => fact("Perfdata"),
        Column::Message => message(row),
        Column::Past => return row.plugin.map_or_else(absent, |plugin| bars(row.host, plugin)),
    };
    text.filter(|text| !text.is_empty()).map_or_else(absent, |text| sanitize::line(&text).into_owned())
}

fn absent() -> String {
    "-".to_owned()
}

fn state(state: HostState) -> String {
    match state {
        HostState::Known(status) => cell(status),
        HostState::Missing => marked(Paint::Red, MISSING),
        HostState::Unreachable => marked(Paint::of_host(state), state.as_str()),
    }
}

/// The first message of the worst level, of the plugin or else of a component that is not OK.
fn message(row: &Row<'_>) -> Option<String> {
    let Some(view) = &row.view else {
        return row.host.error().map(str::to_owned).or_else(|| row.plugin.map(|_| NO_PLUGIN.to_owned()));
    };
    let first = |messages: MessagesView<'_>| {
        let of_level = |level: &str| messages.level(level).into_iter().next();
        let any = || messages.other_texts().next().map(|(_, text)| text);
        of_level("error")
            .or_else(|| of_level("warn"))
            .or_else(any)
            .map(|text| text.lines().next().unwrap_or("").to_owned())
    };
    let own = view.messages().and_then(first);
    let parts = view.components();
    let bad = || parts.iter().filter(|part| part.status != Status::Ok).find_map(|part| part.messages.and_then(first));
    standing::with_message(view, run_facts::reason(view).or(own).or_else(bad))
}

/// The newest states, the newest at the right.
fn bars(host: &HostReport, plugin: &str) -> String {
    let past = host.past_of(plugin);
    let bar = |status: &Status| {
        let bar = BARS.iter().find(|(known, _)| known == status).map_or("?", |(_, bar)| bar);
        marked(Paint::of_status(*status), bar)
    };
    if past.is_empty() { absent() } else { past.iter().take(PAST).rev().map(bar).collect() }
}
