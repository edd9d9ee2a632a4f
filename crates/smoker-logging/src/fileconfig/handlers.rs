//! `[handlers]` and `[handler_NAME]`.

use std::collections::BTreeMap;

use crate::fileconfig::arguments::Arguments;
use crate::fileconfig::report::Report;
use crate::fileconfig::{class, list, option};
use crate::format::formatter::{Formatter, Style};
use crate::ini::document::{Document, Section};
use crate::level::Level;
use crate::plan::{HandlerPlan, Target};

/// A handler that is listed.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    /// Its place in the plan; none when it is not in there.
    pub(crate) place: Option<usize>,
    pub(crate) plan: Option<HandlerPlan>,
}

/// The handlers, those that cannot be honoured without a plan.
pub(crate) fn read(
    document: &Document,
    section: &Section,
    formatters: &BTreeMap<String, Formatter>,
    report: &mut Report,
) -> Vec<Named> {
    let (names, line) = list::of(document, section, "keys", report);
    let mut handlers = Vec::new();
    let mut planned = 0;
    for name in names {
        let section = list::section(document, "handler", &name, line, report);
        let plan = section.and_then(|section| handler(document, section, &name, formatters, report));
        let place = plan.is_some().then_some(planned);
        planned += usize::from(plan.is_some());
        handlers.push(Named { name, place, plan });
    }
    handlers
}

fn handler(
    document: &Document,
    section: &Section,
    name: &str,
    formatters: &BTreeMap<String, Formatter>,
    report: &mut Report,
) -> Option<HandlerPlan> {
    let level = option::level(document, section, report).unwrap_or(Level::NOTSET);
    let formatter =
        match option::get(document, section, "formatter", report).filter(|setting| !setting.value.is_empty()) {
            None => None,
            Some(setting) => {
                let formatter = formatters.get(&setting.value).cloned();
                if formatter.is_none() {
                    report.add(setting.line, format!("formatter '{}' is not listed under [formatters]", setting.value));
                }
                formatter
            }
        };
    let target = target(document, section, report)?;
    let formatter = formatter.unwrap_or_else(|| Formatter::parse(None, None, Style::Percent).0);
    Some(HandlerPlan { name: name.to_owned(), level, formatter, target })
}

fn target(document: &Document, section: &Section, report: &mut Report) -> Option<Target> {
    let Some(class) = option::get(document, section, "class", report) else {
        report.add(section.line, format!("[{}] has no 'class' and is left out", section.name));
        return None;
    };
    let (args, kwargs) =
        (option::get(document, section, "args", report), option::get(document, section, "kwargs", report));
    let line = args.as_ref().or(kwargs.as_ref()).map_or(class.line, |setting| setting.line);
    let arguments = Arguments::parse(args.as_ref(), kwargs.as_ref());
    let arguments =
        arguments.map_err(|(line, problem)| report.add(line, format!("{problem}; the handler is left out")));
    let built = class::target(&class.value, arguments.ok()?);
    match built {
        Ok((target, problems)) => {
            for problem in problems {
                report.add(line, problem);
            }
            Some(target)
        }
        Err(class::Refusal::Class(problem)) => {
            report.add(class.line, format!("{problem}; the handler is left out"));
            None
        }
        Err(class::Refusal::Arguments(problem)) => {
            report.add(line, format!("{problem}; the handler is left out"));
            None
        }
    }
}
