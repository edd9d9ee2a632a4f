//! `[formatters]` and `[formatter_NAME]`.

use std::collections::BTreeMap;

use crate::fileconfig::problems::IniProblems;
use crate::fileconfig::{list, option};
use crate::format::formatter::{FormatProblem, Formatter, Style};
use crate::ini::document::{Document, Section, Setting};

/// Python's formatter, under the names that it goes by.
const CLASSES: [&str; 2] = ["logging.Formatter", "Formatter"];

/// The formatters by their names.
pub(crate) fn read(document: &Document, section: &Section, problems: &mut IniProblems) -> BTreeMap<String, Formatter> {
    let (names, line) = list::of(document, section, "keys", problems);
    let mut formatters = BTreeMap::new();
    for name in names {
        if let Some(section) = list::section(document, "formatter", &name, line, problems) {
            let formatter = formatter(document, section, problems);
            formatters.insert(name, formatter);
        }
    }
    formatters
}

fn formatter(document: &Document, section: &Section, problems: &mut IniProblems) -> Formatter {
    if let Some(class) = option::get(document, section, "class", problems)
        && !class.value.is_empty()
        && !CLASSES.contains(&class.value.as_str())
    {
        let text =
            format!("formatter class {} is not supported; its format is used with logging.Formatter", class.value);
        problems.add(class.line, text);
    }
    // As Python does: percent signs of these are not for the configuration.
    let [format, date_format, style] = ["format", "datefmt", "style"].map(|option| document.raw(section, option));
    let style = style.map_or(Style::Percent, |style| {
        Style::of(&style.value).unwrap_or_else(|| {
            problems.add(style.line, format!("style has to be one of % {{ $, not '{}'; % is assumed", style.value));
            Style::Percent
        })
    });
    let text = |setting: Option<&Setting>| setting.map(|setting| setting.value.clone());
    let (formatter, found) = Formatter::parse(text(format).as_deref(), text(date_format).as_deref(), style);
    for problem in found {
        let (source, text) = match problem {
            FormatProblem::Format(text) => (format, text),
            FormatProblem::Date(text) => (date_format, text),
        };
        problems.add(source.map_or(section.line, |setting| setting.line), text);
    }
    formatter
}
