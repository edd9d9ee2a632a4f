//! Turns a report into text. Nothing here prints or fetches.
//!
//! # Layout
//!
//! - `format`: the names of the formats, and what each needs to know
//! - `findings_format`: the formats of what a command has found
//! - `text`: minimal, normal, long, full
//! - `list`: names only
//! - `history`: past results
//! - `data/`: for other programs: `json` (json, raw, ndjson), `csv`, `xml` by a `template` as the original has it, `prometheus`
//! - `ci/`: for continuous integration: `tap` as the original writes it, `tap14`, `junit` as Jenkins and GitLab read it
//! - `document/`: `html` in one file, a table of `markdown`
//! - `table`: hosts down, plugins across
//! - `collapse`: hosts that look alike, once
//! - `columns`: a row for each plugin; `layout`: which columns, and what it is sorted by
//! - `escape`: text inside XML; `append`: appends formatted text

pub(crate) mod append;
mod ci;
mod collapse;
mod columns;
pub mod data;
pub mod document;
pub(crate) mod escape;
pub(crate) mod findings_format;
pub mod format;
mod history;
pub mod layout;
mod list;
mod table;
mod text;

use serde_json::Value as Json;

use crate::report::Report;
use crate::report::history::HostHistory;
use crate::terminal::style::Style;
use ci::{junit, tap, tap14};
use data::{csv, json, prometheus, xml};
use document::{html, markdown};
use format::Format;

/// The report in this format. The style matters to the formats for people only.
#[must_use]
pub fn render(report: &Report, format: &Format, style: Style) -> String {
    match format {
        Format::Text(detail) => text::render(report, *detail, style),
        Format::Json => json::render(report),
        Format::Raw => json::render_raw(report),
        Format::Ndjson => json::render_lines(report),
        Format::Csv => csv::render(report),
        Format::Tap => tap::render(report),
        Format::Tap14 => tap14::render(report),
        Format::Xml(template) => xml::render(report, template),
        Format::Junit => junit::render(report),
        Format::Columns(layout) => columns::render(report, layout, style),
        Format::Html => html::render(report),
        Format::Markdown => markdown::render(report),
        Format::Prometheus => prometheus::render(report),
        Format::Table { width } => table::render(report, *width, style),
    }
}

/// The report with one entry for all hosts of which the format shows the same but for numbers, times, addresses and names.
#[must_use]
pub fn collapsed(report: &Report, format: &Format) -> Report {
    collapse::collapsed(report, format, render)
}

/// A line of ndjson.
#[must_use]
pub fn json_line(value: &Json) -> String {
    json::compact(value) + "\n"
}

/// Indented JSON.
#[must_use]
pub fn indented(value: &Json) -> String {
    json::indented(value)
}

/// A table of texts in which nothing is harmful, with the names of its columns.
#[must_use]
pub fn columns(names: &[&str], rows: &[Vec<String>]) -> String {
    table::columns(names, rows)
}

/// The past results of hosts; none when the format has no form for them.
#[must_use]
pub fn history(hosts: &[HostHistory], format: &Format, style: Style) -> Option<String> {
    history::render(hosts, format, style)
}

/// The names of the plugins, one a line, with the host's before it when there are several.
#[must_use]
pub fn list(report: &Report) -> String {
    list::render(report)
}
