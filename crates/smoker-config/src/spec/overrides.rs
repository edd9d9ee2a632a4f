//! A configuration in which some parameters of one plugin are replaced.

use std::path::Path;
use std::rc::Rc;

use smoker_model::value::Value;

use crate::problem::ProblemLog;
use crate::spec::spelling;
use crate::yaml::document;
use crate::yaml::merge::shown;
use crate::yaml::node::{Entry, Kind, Node};
use crate::yaml::source_text::SourceText;
use crate::yaml::words::scalar;

/// Parameters that replace a plugin's own, as if they were written in its
/// part of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Overrides {
    /// The plugin's name.
    pub plugin: String,
    /// Names and values; if a name is repeated, the last one wins.
    pub parameters: Vec<(String, Value)>,
}

impl Overrides {
    /// The plugins, with the parameters replaced or added where they belong.
    /// They get the place of their plugin: no file has them.
    pub(crate) fn apply(&self, plugins: &[Entry], problems: &mut ProblemLog) -> Vec<Entry> {
        plugins.iter().map(|plugin| self.apply_to(plugin, problems).unwrap_or_else(|| plugin.clone())).collect()
    }

    fn apply_to(&self, plugin: &Entry, problems: &mut ProblemLog) -> Option<Entry> {
        let body = plugin.value.entries().filter(|_| shown(&plugin.name) == self.plugin)?;
        let mut entries = body.to_vec();
        for (name, value) in &self.parameters {
            let node = Node { place: plugin.place.clone(), kind: Kind::Scalar(value.clone()) };
            let name = Value::Text(name.clone());
            let entry = Entry { name, place: plugin.place.clone(), value: Rc::new(node) };
            if let Some(old) = entries.iter_mut().find(|old| old.name == entry.name) {
                *old = entry;
            } else {
                spelling::report_parameter(plugin, &entry, problems);
                entries.push(entry);
            }
        }
        let node = Node { place: plugin.value.place.clone(), kind: Kind::Map(entries) };
        Some(Entry { value: Rc::new(node), ..plugin.clone() })
    }
}

/// What a word of a command line means where the configuration would have it
/// as a value: `5` is a number, `yes` is true, `"5"` in quotes is text. A word
/// that begins neither with a quote nor with a tag is taken as it is,
/// whatever other signs of YAML it has.
///
/// # Errors
///
/// Why the word has no meaning, such as a date that does not exist.
pub fn value_of(word: &str) -> Result<Value, String> {
    if !word.starts_with(['"', '\'', '!']) {
        return scalar::plain(word);
    }
    let source = SourceText::of_text(Path::new(""), word.to_owned());
    let node = document::parse(&source, &mut ProblemLog::default());
    match node.map(|node| node.to_value()) {
        Ok(Value::Secret(_)) => Err("!env and !file count in files only; write the value".to_owned()),
        Ok(Value::List(_) | Value::Map(_)) | Err(_) => {
            Err("a value that begins with a quote or ! has to be one quoted or tagged word of YAML".to_owned())
        }
        Ok(value) => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_means_what_it_means_in_a_file() {
        let text = |text: &str| Ok(Value::Text(text.to_owned()));
        assert_eq!(value_of("017"), Ok(Value::Int(15)));
        assert_eq!(value_of("yes"), Ok(Value::Bool(true)));
        assert_eq!(value_of(""), Ok(Value::Null));
        assert_eq!(value_of("echo a: b # c"), text("echo a: b # c"));
        assert_eq!(value_of("'12'"), text("12"));
        assert_eq!(value_of("\"a\\tb\""), text("a\tb"));
        assert_eq!(value_of("!!str 12"), text("12"));
        assert!(value_of("2024-13-45").is_err());
        assert!(value_of("!env HOME").is_err());
        assert!(value_of("\"open").is_err());
        assert!(value_of("'a': b").is_err());
    }
}
