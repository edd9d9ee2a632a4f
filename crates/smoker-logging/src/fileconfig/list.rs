//! Lists of names: `keys` and `handlers`.

use crate::fileconfig::option;
use crate::fileconfig::problems::IniProblems;
use crate::ini::document::{Document, Section, Setting};

/// The names of an option, with its line. An option that is missing is a
/// problem, and no names.
pub(crate) fn of(
    document: &Document,
    section: &Section,
    name: &str,
    problems: &mut IniProblems,
) -> (Vec<String>, usize) {
    let Some(Setting { value, line, .. }) = option::get(document, section, name, problems) else {
        problems.add(section.line, format!("[{}] has no '{name}'", section.name));
        return (Vec::new(), section.line);
    };
    let names = value.split(',').map(str::trim).filter(|name| !name.is_empty());
    (names.map(str::to_owned).collect(), line)
}

/// The section `KIND_NAME` of a name in `keys`.
pub(crate) fn section<'a>(
    document: &'a Document,
    kind: &str,
    name: &str,
    line: usize,
    problems: &mut IniProblems,
) -> Option<&'a Section> {
    let wanted = format!("{kind}_{name}");
    let section = document.section(&wanted);
    if section.is_none() {
        problems.add(line, format!("{kind} '{name}' has no section [{wanted}]"));
    }
    section
}
