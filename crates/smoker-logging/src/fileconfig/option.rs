//! Single options.

use crate::fileconfig::problems::IniProblems;
use crate::ini::document::{Document, Section, Setting};
use crate::records::level::Level;

/// An option with everything filled in; what cannot be filled in is a problem,
/// and the option stays as it is written.
pub(crate) fn get(document: &Document, section: &Section, option: &str, problems: &mut IniProblems) -> Option<Setting> {
    document.get(section, option).unwrap_or_else(|(line, problem)| {
        problems.add(line, format!("{option}: {problem}; the text is used as it is"));
        document.raw(section, option).cloned()
    })
}

/// The level of a logger or handler.
pub(crate) fn level(document: &Document, section: &Section, problems: &mut IniProblems) -> Option<Level> {
    let setting = get(document, section, "level", problems)?;
    let level = Level::parse(&setting.value);
    if level.is_none() {
        let text = "level has to be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, NOTSET";
        problems.add(setting.line, format!("{text}, not '{}'; it is left out", setting.value));
    }
    level
}
