//! `[loggers]` and `[logger_NAME]`.

use crate::fileconfig::handlers::Named;
use crate::fileconfig::report::Report;
use crate::fileconfig::{list, option};
use crate::ini::document::{Document, Section};
use crate::router::Logger;

/// The loggers; the root is one of them, listed or not.
pub(crate) fn read(
    document: &Document,
    section: &Section,
    root: &Section,
    handlers: &[Named],
    report: &mut Report,
) -> Vec<Logger> {
    let (names, line) = list::of(document, section, "keys", report);
    let mut loggers = vec![logger(document, root, String::new(), handlers, report)];
    for name in names.iter().filter(|name| *name != "root") {
        let Some(section) = list::section(document, "logger", name, line, report) else { continue };
        let qualified = option::get(document, section, "qualname", report);
        let qualified = qualified.map(|setting| setting.value).filter(|value| !value.is_empty());
        let Some(qualified) = qualified else {
            report.add(section.line, format!("[{}] has no 'qualname', so it is no logger's", section.name));
            continue;
        };
        if loggers.iter().any(|logger| logger.name == qualified) {
            report.add(section.line, format!("logger '{qualified}' is configured a second time; the first one counts"));
            continue;
        }
        loggers.push(logger(document, section, qualified, handlers, report));
    }
    loggers
}

fn logger(document: &Document, section: &Section, name: String, handlers: &[Named], report: &mut Report) -> Logger {
    let level = option::level(document, section, report);
    let propagates = option::get(document, section, "propagate", report).is_none_or(|setting| {
        // Python reads a whole number here, and nothing else.
        setting.value.parse::<i64>().map_or_else(
            |_| {
                report.add(setting.line, format!("propagate has to be 0 or 1, not '{}'; 1 is assumed", setting.value));
                true
            },
            |number| number != 0,
        )
    });
    let (names, line) = list::of(document, section, "handlers", report);
    let mut listed = Vec::new();
    for name in names {
        match handlers.iter().find(|handler| handler.name == name) {
            Some(handler) => listed.extend(handler.place),
            None => report.add(line, format!("handler '{name}' is not listed under [handlers]")),
        }
    }
    Logger { name, level, propagates, handlers: listed }
}
