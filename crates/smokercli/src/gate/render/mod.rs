//! The verdict of a gate as text. Nothing here prints or asks.
//!
//! # Layout
//!
//! - `format`: the names of the formats
//! - `text`: lines for people; `table`: the same in columns; `markdown`: for the summaries of jobs
//! - `json`, `junit`, `tap`: for programs
//! - `annotations`: for the pages of GitHub and GitLab

mod annotations;
pub(super) mod format;
mod json;
mod junit;
mod markdown;
mod table;
mod tap;
mod text;

use crate::gate::render::format::GateFormat;
use crate::gate::report::GateReport;
use crate::terminal::style::Style;

/// The verdict in this format. The style matters to the formats for people only.
pub(super) fn render(report: &GateReport<'_>, format: GateFormat, style: Style) -> String {
    match format {
        GateFormat::Text(detail) => text::render(report, detail, style),
        GateFormat::Table => table::render(report),
        GateFormat::Json => json::render(report),
        GateFormat::Raw => json::render_indented(report),
        GateFormat::Junit => junit::render(report),
        GateFormat::Tap => tap::render(report),
        GateFormat::Markdown => markdown::render(report),
        GateFormat::Github => annotations::github(report),
        GateFormat::Gitlab => annotations::gitlab(report),
    }
}
