//! `[handlers]` and `[handler_NAME]`.

use std::collections::BTreeMap;

use crate::fileconfig::arguments::Arguments;
use crate::fileconfig::problems::IniProblems;
use crate::fileconfig::{class, list, option};
use crate::format::formatter::{Formatter, Style};
use crate::ini::document::{Document, Section};
use crate::plan::logging_plan::HandlerPlan;
use crate::plan::target::Target;
use crate::records::level::Level;

/// A handler that is listed.
#[derive(Debug)]
pub(crate) struct ListedHandler {
    pub(crate) name: String,
    /// Its index in the plan; none if it is left out.
    pub(crate) index: Option<usize>,
    pub(crate) plan: Option<HandlerPlan>,
}

/// The handlers, those that cannot be honoured without a plan.
pub(crate) fn read(
    document: &Document,
    section: &Section,
    formatters: &BTreeMap<String, Formatter>,
    problems: &mut IniProblems,
) -> Vec<ListedHandler> {
    let (names, line) = list::of(document, section, "keys", problems);
    let mut handlers = Vec::new();
    let mut planned = 0;
    for name in names {
        let section = list::section(document, "handler", &name, line, problems);
        let plan = section.and_then(|section| handler(document, section, &name, formatters, problems));
        let index = plan.is_some().then_some(planned);
        planned += usize::from(plan.is_some());
        handlers.push(ListedHandler { name, index, plan });
    }
    handlers
}

fn handler(
    document: &Document,
    section: &Section,
    name: &str,
    formatters: &BTreeMap<String, Formatter>,
    problems: &mut IniProblems,
) -> Option<HandlerPlan> {
    let level = option::level(document, section, problems).unwrap_or(Level::NOTSET);
    let formatter = match option::get(document, section, "formatter", problems)
        .filter(|setting| !setting.value.is_empty())
    {
        None => None,
        Some(setting) => {
            let formatter = formatters.get(&setting.value).cloned();
            if formatter.is_none() {
                problems.add(setting.line, format!("formatter '{}' is not listed under [formatters]", setting.value));
            }
            formatter
        }
    };
    let target = target(document, section, problems)?;
    let formatter = formatter.unwrap_or_else(|| Formatter::parse(None, None, Style::Percent).0);
    Some(HandlerPlan { name: name.to_owned(), level, formatter, target })
}

fn target(document: &Document, section: &Section, problems: &mut IniProblems) -> Option<Target> {
    let Some(class) = option::get(document, section, "class", problems) else {
        problems.add(section.line, format!("[{}] has no 'class' and is left out", section.name));
        return None;
    };
    let (args, kwargs) =
        (option::get(document, section, "args", problems), option::get(document, section, "kwargs", problems));
    let line = args.as_ref().or(kwargs.as_ref()).map_or(class.line, |setting| setting.line);
    let arguments = Arguments::parse(args.as_ref(), kwargs.as_ref());
    let arguments =
        arguments.map_err(|(line, problem)| problems.add(line, format!("{problem}; the handler is left out")));
    let built = class::target(&class.value, arguments.ok()?);
    match built {
        Ok((target, notes)) => {
            for problem in notes {
                problems.add(line, problem);
            }
            Some(target)
        }
        Err(class::HandlerError::Class(problem)) => {
            problems.add(class.line, format!("{problem}; the handler is left out"));
            None
        }
        Err(class::HandlerError::Arguments(problem)) => {
            problems.add(line, format!("{problem}; the handler is left out"));
            None
        }
    }
}
