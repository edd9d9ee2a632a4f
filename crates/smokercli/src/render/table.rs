//! Hosts down, plugins across, one coloured state each.

use std::collections::BTreeSet;

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use smoker_model::status::Status;

use crate::plugin::Plugin;
use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::render::append::append;
use crate::report::{HostReport, MISSING, Report};
use crate::terminal::sanitize;
use crate::terminal::style::{Paint, RESET, Style};

/// Marks where colours begin. They are replaced by escape sequences after the
/// layout of the columns, which they do not disturb since they have no width.
/// `sanitize` removes them from the texts of hosts.
const MARKS: [(char, Paint); 4] =
    [('\u{2061}', Paint::Green), ('\u{2062}', Paint::Yellow), ('\u{2063}', Paint::Red), ('\u{2064}', Paint::Magenta)];
const END: char = '\u{2060}';

/// A cell for a plugin that the host does not have.
const ABSENT: &str = "-";

/// The table, or one line a plugin when the table is wider than the terminal;
/// then why hosts could not be asked.
pub(super) fn render(report: &Report, width: Option<usize>, style: Style) -> String {
    let hosts = report.sorted_hosts();
    let wide = lines(&across(&hosts));
    let fits = width.is_none_or(|width| wide.iter().all(|line| visible_width(line) <= width));
    let lines = if fits { wide } else { lines(&down(&hosts)) };
    let mut out = String::new();
    for line in lines {
        out.push_str(&paint(line.trim_end(), style));
        out.push('\n');
    }
    for host in hosts {
        if let Some(reason) = host.error() {
            append(&mut out, format_args!("{}: {}\n", sanitize::line(host.name()), sanitize::line(reason)));
        }
        for plugin in host.sorted_plugins() {
            let view = plugin.view();
            let (host, plugin) = (sanitize::line(host.name()), sanitize::line(plugin.name()));
            for line in standing::lines(&view) {
                append(&mut out, format_args!("{host}: {plugin}: {}\n", sanitize::line(&line)));
            }
            if let Some(reason) = run_facts::reason(&view) {
                append(&mut out, format_args!("{host}: {plugin}: {}\n", sanitize::line(&reason)));
            }
            for action in view.failed_actions() {
                let title = action.title();
                let reason = action.reason().map_or(String::new(), |reason| format!(" {}", sanitize::line(&reason)));
                append(
                    &mut out,
                    format_args!("{host}: {plugin}: {} [{}]{reason}\n", sanitize::line(&title), action.status),
                );
            }
        }
    }
    out
}

fn across(hosts: &[&HostReport]) -> Table {
    let shown = hosts.iter().flat_map(|host| host.plugins()).map(Plugin::name);
    let missing = hosts.iter().flat_map(|host| host.missing()).map(String::as_str);
    let names: BTreeSet<&str> = shown.chain(missing).collect();
    let mut table = empty_table();
    let heads = ["HOST".to_owned(), "STATUS".to_owned()];
    table.set_header(heads.into_iter().chain(names.iter().map(|name| sanitize::line(name).into_owned())));
    for host in hosts {
        let mut row = vec![sanitize::line(host.name()).into_owned(), host_cell(host)];
        row.extend(names.iter().map(|name| {
            let plugin = host.plugins().iter().find(|plugin| plugin.name() == *name);
            let is_missing = host.missing().iter().any(|missing| missing == name);
            let absent = || if is_missing { missing_cell() } else { ABSENT.to_owned() };
            plugin.map_or_else(absent, plugin_cell)
        }));
        table.add_row(row);
    }
    table
}

fn down(hosts: &[&HostReport]) -> Table {
    let mut table = empty_table();
    let views = hosts.iter().flat_map(|host| host.plugins()).map(Plugin::view);
    let has_facts = views.into_iter().any(|view| !run_facts::facts(&view).is_empty());
    let facts: &[&str] = if has_facts { &["DURATION", "STARTED", "PERFDATA"] } else { &[] };
    table.set_header(["HOST", "STATUS", "PLUGIN"].iter().chain(facts));
    for host in hosts {
        let name = sanitize::line(host.name()).into_owned();
        if host.plugins().is_empty() && host.missing().is_empty() {
            table.add_row([name.clone(), host_cell(host), ABSENT.to_owned()]);
        }
        for plugin in host.sorted_plugins() {
            let mut row = vec![name.clone(), cell(plugin.status()), sanitize::line(plugin.name()).into_owned()];
            let known = run_facts::facts(&plugin.view());
            row.extend(facts.iter().map(|head| {
                let fact = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(head));
                fact.map_or(ABSENT.to_owned(), |(_, text)| sanitize::line(text).into_owned())
            }));
            table.add_row(row);
        }
        for plugin in host.missing() {
            table.add_row([name.clone(), missing_cell(), sanitize::line(plugin).into_owned()]);
        }
    }
    table
}

pub(super) fn empty_table() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// A table of texts in which nothing is harmful.
pub(super) fn columns(names: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = empty_table();
    table.add_row(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    for row in rows {
        table.add_row(row.clone());
    }
    lines(&table).iter().map(|line| line.trim_end().to_owned() + "\n").collect()
}

pub(super) fn lines(table: &Table) -> Vec<String> {
    table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned()).collect()
}

pub(super) fn cell(status: Status) -> String {
    marked(Paint::of_status(status), status.as_str())
}

/// The status, and how long the run took if that is known.
fn plugin_cell(plugin: &Plugin) -> String {
    let seconds = run_facts::duration(&plugin.view());
    cell(plugin.status()) + &seconds.map_or(String::new(), |seconds| format!(" {seconds:.2}s"))
}

fn missing_cell() -> String {
    marked(Paint::Red, MISSING)
}

fn host_cell(host: &HostReport) -> String {
    marked(Paint::of_host(host.state()), host.state().as_str())
}

pub(super) fn marked(paint: Paint, word: &str) -> String {
    let mark = MARKS.iter().find(|(_, known)| *known == paint).map(|(mark, _)| *mark);
    mark.map_or(word.to_owned(), |mark| format!("{mark}{word}{END}"))
}

pub(super) fn paint(line: &str, style: Style) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        let code = MARKS.iter().find(|(mark, _)| *mark == c).map(|(_, paint)| paint.code());
        match (code.or((c == END).then_some(RESET)), style) {
            (Some(code), Style::Colored) => out.push_str(code),
            (Some(_), Style::Plain) => {}
            (None, _) => out.push(c),
        }
    }
    out
}

fn visible_width(line: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(line.trim_end())
}
