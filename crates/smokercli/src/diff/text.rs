//! The differences as text.

use smoker_model::counted::counted;
use smoker_model::status::Status;
use smoker_model::verdict::difference::{Change, Difference};

use crate::diff::comparison::{Comparison, shared, word};
use crate::inventory::fold::listed;
use crate::render::append::append;
use crate::terminal::sanitize;
use crate::terminal::style::{Paint, Style};

/// How many names or ranges of hosts are listed on a line.
const MOST_NAMES: usize = 12;

/// A line for each difference, with all hosts that have it.
pub(super) fn short(comparison: &Comparison, style: Style) -> String {
    let mut out = String::new();
    for found in [&comparison.differences, &comparison.unknown] {
        for ((change, part, was, is), hosts) in shared(found) {
            append(&mut out, format_args!("{}: ", sanitize::line(&part.to_string())));
            push(&mut out, change, was, is, style);
            append(&mut out, format_args!(": {}\n", sanitize::line(&listed(&hosts, MOST_NAMES))));
        }
        for it in found.iter().filter(|it| it.part.is_none()) {
            line(&mut out, it, style);
        }
    }
    summary(&mut out, comparison);
    out
}

/// A line for each difference of each host, with its message.
pub(super) fn long(comparison: &Comparison, style: Style) -> String {
    let mut out = String::new();
    for it in comparison.differences.iter().chain(&comparison.unknown) {
        line(&mut out, it, style);
    }
    summary(&mut out, comparison);
    out
}

fn line(out: &mut String, it: &Difference, style: Style) {
    style.push(out, Some(Paint::Gold), &sanitize::line(&it.host));
    out.push_str(": ");
    if let Some(part) = &it.part {
        append(out, format_args!("{}: ", sanitize::line(&part.to_string())));
    }
    push(out, &it.change, it.was, it.is, style);
    if let Some(message) = it.message.as_deref().and_then(|message| message.lines().next()) {
        let between = if it.part.is_some() { " " } else { ": " };
        append(out, format_args!("{between}{}", sanitize::line(message)));
    }
    out.push('\n');
}

/// `new failure [ERROR, was OK]`
fn push(out: &mut String, change: &Change, was: Option<Status>, is: Option<Status>, style: Style) {
    let mut text = word(change).to_owned();
    if let Change::Renamed(new) = change {
        append(&mut text, format_args!(" {new}"));
    }
    match (was, is) {
        (Some(was), Some(is)) if was != is => append(&mut text, format_args!(" [{is}, was {was}]")),
        (_, Some(is)) => append(&mut text, format_args!(" [{is}]")),
        (Some(was), None) => append(&mut text, format_args!(" [was {was}]")),
        (None, None) => {}
    }
    style.push(out, Some(paint(change)), &sanitize::line(&text));
}

fn paint(change: &Change) -> Paint {
    match change {
        Change::Failed | Change::Gone => Paint::Red,
        Change::Unknown => Paint::Magenta,
        Change::Changed | Change::Renamed(_) | Change::New => Paint::Yellow,
        Change::Fixed => Paint::Green,
    }
}

fn summary(out: &mut String, comparison: &Comparison) {
    let hosts = counted(comparison.hosts, "host");
    let counts: Vec<_> = comparison.counts().iter().map(|(word, count)| format!("{count} {word}")).collect();
    let unknown = comparison.unknown.len();
    let unknown = if unknown == 0 { String::new() } else { format!("; {unknown} not known in either") };
    if counts.is_empty() {
        let known = if unknown.is_empty() { "" } else { " of what is known" };
        append(out, format_args!("{hosts}; nothing differs{known}{unknown}\n"));
    } else {
        let (differing, counts) = (comparison.differing(), counts.join(", "));
        append(out, format_args!("{hosts}, {differing} with differences: {counts}{unknown}\n"));
    }
}
