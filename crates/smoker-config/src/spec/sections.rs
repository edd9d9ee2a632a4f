//! The sections `templates`, `actions` and `plugins` of the main mapping.

use std::path::Path;

use smoker_model::suggest;

use crate::error::Fault;
use crate::keys::TOP_LEVEL;
use crate::problem::{ProblemLog, Severity, SourcePlace};
use crate::spec::resolve::Sections;
use crate::yaml::merge::shown;
use crate::yaml::node::{Entry, Node, find_text};

/// The entries of the main file, which has to be a mapping.
pub(crate) fn top_level<'a>(root: &'a Node, path: &Path) -> Result<&'a [Entry], Fault> {
    root.entries().ok_or_else(|| {
        let path = path.display();
        let found = if root.is_null() { "the file is empty".to_owned() } else { format!("it is {}", root.kind_name()) };
        let how = "it has to be a mapping with the sections templates and plugins";
        let next = if root.is_null() { "" } else { ": is it the right file?" };
        Fault::at(&root.place, &format!("{found}; {how}{next}")).led_by(&format!("Can't parse config file {path}: "))
    })
}

/// Refuses a file that has not one key of a configuration, nor anything near to one, such as a file of passwords.
pub(crate) fn refuse_other_files(root: &Node, path: &Path) -> Result<(), Fault> {
    let entries = root.entries().unwrap_or_default();
    let is_known = |entry: &Entry| {
        let name = entry.name.as_text().unwrap_or_default();
        name.starts_with("x-") || suggest::near(name, TOP_LEVEL).is_some()
    };
    if entries.is_empty() || entries.iter().any(is_known) {
        return Ok(());
    }
    let text = "it has none of the keys of a configuration (templates, plugins, bind_port...), so its content is not shown; \
                name smokerd's configuration with -c";
    Err(Fault::bare(format!("{} is no configuration of smokerd: {text}", path.display())))
}

/// Finds what plugins are made from, and the plugins. Each section that makes
/// a start impossible is one fault.
pub(crate) fn find<'a>(
    root: &'a [Entry],
    start: &SourcePlace,
    problems: &mut ProblemLog,
) -> Result<(Sections<'a>, &'a [Entry]), Vec<Fault>> {
    let templates = templates(root, start);
    let actions = actions(root, problems);
    let plugins = plugins(root, start);
    match (templates, plugins) {
        (Ok((templates, base)), Ok(plugins)) => Ok((Sections { templates, base, actions }, plugins)),
        (templates, plugins) => Err(templates.err().into_iter().chain(plugins.err()).collect()),
    }
}

fn templates<'a>(root: &'a [Entry], start: &SourcePlace) -> Result<(&'a [Entry], &'a Entry), Fault> {
    let words = "Required BasePlugin template is not configured!";
    let Some(section) = find_text(root, "templates") else {
        return Err(Fault::at(start, &format!("{words} There is no templates section; add\n{EXAMPLE}")));
    };
    let Some(templates) = section.value.entries() else {
        let kind = section.value.kind_name();
        let text = format!("{words} templates has to be a mapping, not {kind}; write\n{EXAMPLE}");
        return Err(Fault::at(&section.place, &text));
    };
    let base = find_text(templates, "BasePlugin");
    let base = base.ok_or_else(|| {
        let near =
            |entry: &&Entry| entry.name.as_text().is_some_and(|name| suggest::near(name, &["BasePlugin"]).is_some());
        match templates.iter().find(near) {
            Some(near) => {
                let name = shown(&near.name);
                Fault::at(&near.place, &format!("{words} There is a template {name}; did you mean BasePlugin?"))
            }
            None => Fault::at(&section.place, &format!("{words} Add it to templates:\n{EXAMPLE}")),
        }
    })?;
    Ok((templates, base))
}

/// The least that the templates section has to hold.
const EXAMPLE: &str = "    templates:\n      BasePlugin: {}";

/// What a plugins section looks like.
const PLUGINS_EXAMPLE: &str = "    plugins:\n      Uptime:\n        Command: uptime";

fn plugins<'a>(root: &'a [Entry], start: &SourcePlace) -> Result<&'a [Entry], Fault> {
    let words = "No configured plugins";
    let Some(section) = find_text(root, "plugins") else {
        return Err(Fault::at(start, &format!("{words}: there is no plugins section; add one")));
    };
    match section.value.entries() {
        Some([]) => {
            Err(Fault::at(&section.place, &format!("{words}: the plugins section is empty; add a plugin to it")))
        }
        Some(plugins) => Ok(plugins),
        None if section.value.is_null() => {
            Err(Fault::at(&section.place, &format!("{words}: the plugins section is empty; add a plugin to it")))
        }
        None => {
            let kind = section.value.kind_name();
            let text = format!(
                "{words}: plugins has to be a mapping of names to parameters, not {kind}; write\n{PLUGINS_EXAMPLE}"
            );
            Err(Fault::at(&section.place, &text))
        }
    }
}

fn actions<'a>(root: &'a [Entry], problems: &mut ProblemLog) -> &'a [Entry] {
    let Some(section) = find_text(root, "actions") else { return &[] };
    section.value.entries().unwrap_or_else(|| {
        if !section.value.is_null() {
            let kind = section.value.kind_name();
            let text = format!("actions has to be a mapping of names to parameters, not {kind}; there are no actions");
            problems.add(Severity::Warning, &section.place, text);
        }
        &[]
    })
}
