//! A table in Markdown, for the comments and summaries of continuous integration.

use std::borrow::Cow;
use std::collections::BTreeSet;

use smoker_model::status::Status;

use crate::plugin::Plugin;
use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::plugin::view::MessagesView;
use crate::report::{MISSING, NO_PLUGIN, Report};
use crate::terminal::sanitize;

/// The most bytes of rows: a summary of a job that has more than 1 MiB is not shown at all.
const MAX_BYTES: usize = 1_000_000;
/// The most bytes of a text in a cell.
const MAX_CELL: usize = 10_000;

/// A row for each plugin, and one for each component that is not OK. Hosts that could not be asked have a row with the reason.
pub(in crate::render) fn render(report: &Report) -> String {
    let mut rows = MarkdownRows::default();
    for host in report.sorted_hosts() {
        if let Some(reason) = host.error() {
            rows.push(true, &[host.name(), "", host.state().as_str(), "", reason]);
        }
        for plugin in host.sorted_plugins() {
            rows_of_plugin(&mut rows, host.name(), plugin);
        }
        for missing in host.missing() {
            rows.push(true, &[host.name(), missing, MISSING, "", NO_PLUGIN]);
        }
    }
    let (rows, left_out) = rows.fitting(usize::MAX);
    let head = "| Host | Plugin | Status | Duration | Messages |\n|---|---|---|---:|---|\n";
    format!("{head}{rows}{left_out}")
}

fn rows_of_plugin(rows: &mut MarkdownRows, host: &str, plugin: &Plugin) {
    let view = plugin.view();
    let duration = run_facts::duration(&view).map_or(String::new(), |seconds| format!("{seconds:.2} s"));
    let mut texts: Vec<_> = standing::lines(&view).into_iter().chain(texts(view.messages())).collect();
    texts.extend(run_facts::reason(&view));
    texts.extend(view.failed_actions().iter().map(|action| {
        let reason = action.reason().map_or(String::new(), |reason| format!(" {reason}"));
        format!("{} [{}]{reason}", action.title(), action.status)
    }));
    let is_bad = plugin.status() != Status::Ok;
    rows.push(is_bad, &[host, plugin.name(), plugin.status().as_str(), &duration, &texts.join("\n")]);
    for component in view.components().iter().filter(|component| component.status != Status::Ok) {
        let name = format!("{}: {}", plugin.name(), component.name);
        rows.push(true, &[host, &name, component.status.as_str(), "", &self::texts(component.messages).join("\n")]);
    }
}

fn texts(messages: Option<MessagesView<'_>>) -> Vec<String> {
    messages.into_iter().flat_map(MessagesView::levels).flat_map(|(_, texts)| texts).map(Cow::into_owned).collect()
}

/// The rows of a table that fit into the summary of a job, of which the bad ones are kept first.
#[derive(Debug, Default)]
pub(crate) struct MarkdownRows(Vec<(bool, String)>);

impl MarkdownRows {
    /// Adds a row of texts.
    pub(crate) fn push(&mut self, is_bad: bool, cells: &[&str]) {
        let cells: Vec<_> = cells.iter().map(|text| cell(text)).collect();
        self.0.push((is_bad, format!("| {} |\n", cells.join(" | "))));
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows in their order, this number of them at most, and a line behind them that says how many are left out; empty when none are.
    pub(crate) fn fitting(&self, max_rows: usize) -> (String, String) {
        let (mut bytes, mut kept) = (0, BTreeSet::new());
        let rows = || self.0.iter().enumerate();
        for (at, (_, row)) in rows().filter(|(_, row)| row.0).chain(rows().filter(|(_, row)| !row.0)) {
            bytes += row.len();
            if bytes > MAX_BYTES || kept.len() == max_rows {
                break;
            }
            kept.insert(at);
        }
        let left_out = match self.0.len() - kept.len() {
            0 => String::new(),
            count => {
                let are = if count == 1 { "more row is" } else { "more rows are" };
                format!("\n{count} {are} left out, good ones before bad ones; `-o json` has all of them.\n")
            }
        };
        (rows().filter(|(at, _)| kept.contains(at)).map(|(_, (_, row))| row.as_str()).collect(), left_out)
    }
}

/// Text that stays text: nothing in it is markup, and a line break does not end the row.
fn cell(text: &str) -> String {
    let text = text.trim_end_matches('\n');
    let (shown, cut) =
        if text.len() > MAX_CELL { (&text[..text.floor_char_boundary(MAX_CELL)], " ...") } else { (text, "") };
    let lines: Vec<_> = shown.split('\n').map(escaped).collect();
    lines.join("<br>") + cut
}

/// A text on one line in which nothing means anything to Markdown, to HTML, or to the pages that show it (`@` mentions, `$` begins a formula).
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in sanitize::line(text).chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' | '@' | '$' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_end_its_cell_mention_anybody_or_begin_a_formula() {
        assert_eq!(escaped("a|b\n<img> `x` @all $1$"), "a\\|b\\\\n&lt;img&gt; \\`x\\` \\@all \\$1\\$");
        let long = cell(&"é".repeat(MAX_CELL));
        assert!(long.len() <= MAX_CELL + 4 && long.ends_with("é ..."), "{}", long.len());
    }

    #[test]
    fn a_summary_that_is_too_large_keeps_what_is_bad() {
        let mut rows = MarkdownRows::default();
        let text = "x".repeat(MAX_CELL);
        for number in 0..300 {
            rows.push(number >= 250, &[&number.to_string(), &text]);
        }
        let (kept, left_out) = rows.fitting(usize::MAX);
        assert!(kept.len() <= MAX_BYTES && (250..300).all(|number| kept.contains(&format!("| {number} | "))));
        assert!(kept.starts_with("| 0 | ") && kept.ends_with("x |\n"), "in their order");
        let count = 300 - kept.lines().count();
        assert!(count > 0 && left_out.starts_with(&format!("\n{count} more rows are left out")), "{left_out}");
        let (kept, left_out) = rows.fitting(2);
        assert!(
            kept.starts_with("| 250 | ") && kept.lines().count() == 2 && left_out.contains("298 more"),
            "{left_out}"
        );
    }
}
