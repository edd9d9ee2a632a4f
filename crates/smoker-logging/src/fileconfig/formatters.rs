//! `[formatters]` and `[formatter_NAME]`.

use std::collections::BTreeMap;

use crate::fileconfig::report::Report;
use crate::fileconfig::{list, option};
use crate::format::formatter::{Formatter, Problem, Style};
use crate::ini::document::{Document, Section, Setting};

/// Python's formatter, under the names that it goes by.
const CLASSES: [&str; 2] = ["logging.Formatter", "Formatter"];

/// The formatters by their names.
pub(crate) fn read(document: &Document, section: &Section, report: &mut Report) -> BTreeMap<String, Formatter> {
    let (names, line) = list::of(document, section, "keys", report);
    let mut formatters = BTreeMap::new();
    for name in names {
        if let Some(section) = list::section(document, "formatter", &name, line, report) {
            let formatter = formatter(document, section, report);
            formatters.insert(name, formatter);
        }
    }
    formatters
}

fn formatter(document: &Document, section: &Section, report: &mut Report) -> Formatter {
    if let Some(class) = option::get(document, section, "class", report)
        && !class.value.is_empty()
        && !CLASSES.contains(&class.value.as_str())
    {
        let text =
            format!("formatter class {} is not supported; its format is used with logging.Formatter", class.value);
        report.add(class.line, text);
    }
    // As Python does: percent signs of these are not for the configuration.
    let [format, date_format, style] = ["format", "datefmt", "style"].map(|option| document.raw(section, option));
    let style = style.map_or(Style::Percent, |style| {
        Style::of(&style.value).unwrap_or_else(|| {
            report.add(style.line, format!("style has to be one of % {{ $, not '{}'; % is assumed", style.value));
            Style::Percent
        })
    });
    let text = |setting: Option<&Setting>| setting.map(|setting| setting.value.clone());
    let (formatter, problems) = Formatter::parse(text(format).as_deref(), text(date_format).as_deref(), style);
    for problem in problems {
        let (source, text) = match problem {
            Problem::Format(text) => (format, text),
            Problem::Date(text) => (date_format, text),
        };
        report.add(source.map_or(section.line, |setting| setting.line), text);
    }
    formatter
}
