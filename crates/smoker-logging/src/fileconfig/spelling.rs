//! Options that are probably misspelt. Python passes over them.

use smoker_model::suggest;

use crate::fileconfig::problems::IniProblems;
use crate::ini::document::Document;

/// The options of each kind of section, by the beginning of its name.
const OPTIONS: [(&str, &[&str]); 6] = [
    ("logger_", &["level", "handlers", "qualname", "propagate"]),
    ("handler_", &["class", "level", "formatter", "args", "kwargs"]),
    ("formatter_", &["format", "datefmt", "style", "class", "validate", "defaults"]),
    ("loggers", &["keys"]),
    ("handlers", &["keys"]),
    ("formatters", &["keys"]),
];

/// A problem for each option whose name is near to one that its section has.
pub(crate) fn report(document: &Document, problems: &mut IniProblems) {
    for section in &document.sections {
        let known = OPTIONS.iter().find(|(kind, _)| section.name.starts_with(kind));
        let Some((_, known)) = known else { continue };
        for option in section.options.iter().filter(|option| !known.contains(&option.name.as_str())) {
            if let Some(near) = suggest::near(&option.name, known) {
                let text =
                    format!("[{}] has no option {}, so it is ignored; did you mean {near}?", section.name, option.name);
                problems.add(option.line, text);
            }
        }
    }
}
