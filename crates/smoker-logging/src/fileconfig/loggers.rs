//! `[loggers]` and `[logger_NAME]`.

use crate::fileconfig::handlers::ListedHandler;
use crate::fileconfig::problems::IniProblems;
use crate::fileconfig::{list, option};
use crate::ini::document::{Document, Section};
use crate::plan::logging_plan::Logger;

/// The loggers; the root is one of them, listed or not.
pub(crate) fn read(
    document: &Document,
    section: &Section,
    root: &Section,
    handlers: &[ListedHandler],
    problems: &mut IniProblems,
) -> Vec<Logger> {
    let (names, line) = list::of(document, section, "keys", problems);
    let mut loggers = vec![logger(document, root, String::new(), handlers, problems)];
    for name in names.iter().filter(|name| *name != "root") {
        let Some(section) = list::section(document, "logger", name, line, problems) else { continue };
        let qualified = option::get(document, section, "qualname", problems);
        let qualified = qualified.map(|setting| setting.value).filter(|value| !value.is_empty());
        let Some(qualified) = qualified else {
            problems.add(section.line, format!("[{}] has no 'qualname', so it is no logger's", section.name));
            continue;
        };
        if loggers.iter().any(|logger| logger.name == qualified) {
            problems.add(section.line, format!("logger '{qualified}' is configured twice; the first one is used"));
            continue;
        }
        loggers.push(logger(document, section, qualified, handlers, problems));
    }
    loggers
}

fn logger(
    document: &Document,
    section: &Section,
    name: String,
    handlers: &[ListedHandler],
    problems: &mut IniProblems,
) -> Logger {
    let level = option::level(document, section, problems);
    let propagates = option::get(document, section, "propagate", problems).is_none_or(|setting| {
        // Python reads a whole number here, and nothing else.
        setting.value.parse::<i64>().map_or_else(
            |_| {
                problems
                    .add(setting.line, format!("propagate has to be 0 or 1, not '{}'; 1 is assumed", setting.value));
                true
            },
            |number| number != 0,
        )
    });
    let (names, line) = list::of(document, section, "handlers", problems);
    let mut listed = Vec::new();
    for name in names {
        match handlers.iter().find(|handler| handler.name == name) {
            Some(handler) => listed.extend(handler.index),
            None => problems.add(line, format!("handler '{name}' is not listed under [handlers]")),
        }
    }
    Logger { name, level, propagates, handlers: listed }
}
