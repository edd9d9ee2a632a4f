//! Single options.

use crate::fileconfig::report::Report;
use crate::ini::document::{Document, Section, Setting};
use crate::level::Level;

/// An option with everything filled in; what cannot be filled in is a problem,
/// and the option stays as it is written.
pub(crate) fn get(document: &Document, section: &Section, option: &str, report: &mut Report) -> Option<Setting> {
    document.get(section, option).unwrap_or_else(|(line, problem)| {
        report.add(line, format!("{option}: {problem}; it is taken as it stands"));
        document.raw(section, option).cloned()
    })
}

/// The level of a logger or handler.
pub(crate) fn level(document: &Document, section: &Section, report: &mut Report) -> Option<Level> {
    let setting = get(document, section, "level", report)?;
    let level = Level::parse(&setting.value);
    if level.is_none() {
        let text = "level has to be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET";
        report.add(setting.line, format!("{text}, not '{}'; it is left out", setting.value));
    }
    level
}
