//! Files of goss: each resource becomes a plugin with a built-in check.
//!
//! # Layout
//!
//! - `resources`: which check a resource becomes
//! - `attributes`: what its attributes are called there
//! - `matchers`: matchers of goss in our words

mod attributes;
mod matchers;
mod resources;

use std::path::Path;

use smoker_config::foreign;
use smoker_model::value::Value;

use crate::import::imported::{Imported, ImportedPlugin};

/// Reads a gossfile.
pub(super) fn read(path: &Path, text: &str, imported: &mut Imported) -> Result<(), String> {
    if text.contains("{{") {
        return Err(format!("{} is a template: import what `goss render` prints of it", path.display()));
    }
    let Value::Map(sections) = foreign::read(path, text)? else {
        return Err(format!("{} has no resources", path.display()));
    };
    for (section, resources) in &sections {
        let section = section.as_text().unwrap_or_default();
        let Value::Map(resources) = resources else { continue };
        for (name, attributes) in resources {
            let name = smoker_model::notation::python_text::str(name);
            let line = line_of(text, section, &name);
            resource(section, &name, attributes, (path, text, line), imported);
        }
    }
    Ok(())
}

/// The line of a resource below its section.
fn line_of(text: &str, section: &str, name: &str) -> usize {
    let start =
        text.lines().position(|line| line.trim_end().trim_end_matches(':').trim_matches('"') == section).unwrap_or(0);
    below(text, start, name)
}

/// The first line from here on that has this word; the line itself where none has.
fn below(text: &str, start: usize, word: &str) -> usize {
    start + text.lines().skip(start).position(|line| line.contains(word)).unwrap_or(0) + 1
}

fn resource(
    section: &str,
    name: &str,
    attributes: &Value,
    (path, text, line): (&Path, &str, usize),
    imported: &mut Imported,
) {
    let whole = format!("{section}: {name}");
    let Value::Map(attributes) = attributes else {
        return imported.leave(path, line, &whole, "it has no attributes");
    };
    let attribute =
        |wanted: &str| attributes.iter().find(|(key, _)| key.as_text() == Some(wanted)).map(|(_, value)| value);
    if attribute("skip") == Some(&Value::Bool(true)) {
        return imported.leave(path, line, &whole, "goss skips it");
    }
    let mut plugin = ImportedPlugin::new(&format!("{section}-{name}"), path, line);
    if let Err(reason) = resources::begin(section, name, &attribute, &mut plugin) {
        return imported.leave(path, line, &whole, &reason);
    }
    for (key, value) in attributes {
        let key = key.as_text().unwrap_or_default();
        if let Err(reason) = attributes::take(section, key, value, &mut plugin) {
            imported.leave(path, below(text, line, &format!("{key}:")), &format!("{whole}: {key}"), &reason);
        }
    }
    imported.add(plugin, path);
    if let ("mount", Some(usage)) = (section, attribute("usage")) {
        let mut plugin = ImportedPlugin::new(&format!("{section}-{name}-usage"), path, line);
        match resources::disk_usage(name, usage, &mut plugin) {
            Ok(()) => imported.add(plugin, path),
            Err(reason) => imported.leave(path, line, &format!("{whole}: usage"), &reason),
        }
    }
}
