//! The template of the xml format: which parts of the data become rows.
//!
//! A template is a tree that is walked beside the data. Its keys are literal,
//! `$Name` (any key, remembered under that name) or `!Integral` (the items of a
//! list). Its leaves are `$Name`, with an optional condition `/regex/` (the value
//! has to match at the start) or `-/regex/` (it must not), and remember the value. A
//! row is made wherever no child of the data matches the tree any further.
//!
//! # Layout
//!
//! - `tree`: the branches
//! - `leaf`: the leaves and their conditions
//! - `fields`: what a row remembers

pub mod fields;
mod leaf;
mod tree;

use std::path::Path;

use serde_json::Value as Json;
use serde_yaml::Value as Yaml;

use crate::render::data::template::fields::{RowFields, substitute};
use crate::render::data::template::tree::Branch;

const DEFAULT: &str = include_str!("default.yaml");

/// A template file.
#[derive(Clone, Debug)]
pub struct Template {
    /// `HtmlTestSuiteAttr`: attributes of a suite and their fields, by attribute.
    pub suite_attributes: Vec<(String, String)>,
    /// `HtmlTestCaseAttr`: attributes of a row and their fields, by attribute.
    pub case_attributes: Vec<(String, String)>,
    additional: Vec<(String, String)>,
    tree: Branch,
}

/// Why a template file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum XmlTemplateError {
    /// It cannot be read.
    #[error("cannot read the template file {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// It is not a template.
    #[error("the template file {path} cannot be used: {reason}")]
    Invalid {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

impl Template {
    /// Reads a template file.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is not a template.
    pub fn load(path: &Path) -> Result<Self, XmlTemplateError> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|reason| XmlTemplateError::Invalid { path: name, reason }),
            Err(source) => Err(XmlTemplateError::Unreadable { path: name, source }),
        }
    }

    /// Reads the text of a template file.
    ///
    /// # Errors
    ///
    /// When it is not a template; the text gives the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Yaml = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let sorted = |key| {
            let mut pairs = pairs(&document, key)?;
            if let Some((name, _)) = pairs.iter().find(|(name, _)| !is_attribute_name(name)) {
                return Err(format!(
                    "`{name}` in `{key}` is not a valid attribute name: use letters, digits, - _ . and :"
                ));
            }
            pairs.sort();
            Ok(pairs)
        };
        let tree = document.get("All").and_then(Yaml::as_mapping).ok_or("the tree `All` is missing")?;
        Ok(Self {
            suite_attributes: sorted("HtmlTestSuiteAttr")?,
            case_attributes: sorted("HtmlTestCaseAttr")?,
            additional: pairs(&document, "AdditionalFields")?,
            tree: Branch::parse(tree)?,
        })
    }

    /// The rows of one host's data, which is an object with the host as its only key.
    #[must_use]
    pub fn rows(&self, data: &Json) -> Vec<RowFields> {
        let mut rows = Vec::new();
        self.tree.walk_children(data, &RowFields::new(), &mut rows);
        for row in &mut rows {
            self.complete(row);
        }
        rows
    }

    /// Adds the fields that the template composes of others.
    pub fn complete(&self, row: &mut RowFields) {
        for (name, text) in &self.additional {
            let value = substitute(text, row);
            row.insert(name.clone(), value);
        }
    }
}

impl Default for Template {
    fn default() -> Self {
        Self::parse(DEFAULT).expect("the built-in template is valid, which a test proves")
    }
}

fn is_attribute_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:".contains(c))
}

/// Texts by name; absent is none at all.
fn pairs(document: &Yaml, key: &str) -> Result<Vec<(String, String)>, String> {
    let Some(value) = document.get(key) else { return Ok(Vec::new()) };
    let text = |value: &Yaml| value.as_str().map(str::to_owned);
    value
        .as_mapping()
        .and_then(|mapping| mapping.iter().map(|(name, value)| text(name).zip(text(value))).collect())
        .ok_or_else(|| format!("`{key}` has to be a mapping of texts"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_plugin_with_messages_or_without_components_has_a_row_of_its_own() {
        let messages = json!({"info": [], "error": ["e1", "e2"], "warn": []});
        let components = json!([{"componentResult": {"name": "c", "status": "OK", "messages": null}}]);
        let result = |messages: &Json, components: &Json| {
            json!({"h": {"plugins": {"p": {"lastResult": {
                "status": "ERROR", "lastRun": "2020-01-01T00:00:00", "messages": messages, "componentResults": components,
            }}}}})
        };
        let rows = |data: &Json| -> Vec<Option<String>> {
            Template::default().rows(data).into_iter().map(|mut row| row.remove("CaseName")).collect()
        };
        let part = Some("c".to_owned());
        assert_eq!(rows(&result(&messages, &components)), [None, part.clone()]);
        assert_eq!(rows(&result(&json!({}), &components)), [None, part.clone()]);
        assert_eq!(rows(&result(&json!(null), &components)), [part]);
        for nothing in [json!(null), json!([]), json!({})] {
            assert_eq!(rows(&result(&json!(null), &nothing)), [None]);
            assert_eq!(rows(&result(&messages, &nothing)), [None]);
        }
        let row = Template::default().rows(&result(&messages, &json!(null))).remove(0);
        assert_eq!(row["MsgError"], "e1\ne2");
        assert_eq!(row["LastRun"], "2020-01-01 00:00:00");
        assert_eq!(row["ClassName"], "h.p");
    }

    #[test]
    fn a_leaf_that_does_not_match_drops_its_branch() {
        let template = |leaf: &str| Template::parse(&format!("All:\n  '$Node':\n    s: '{leaf}'\n"));
        let data = json!({"h": {"s": "ERROR"}});
        for (leaf, rows) in
            [("$S", 1), ("$S /ERR/", 1), ("$S /RR/", 0), ("$S -/ERR/", 0), ("$S -/OK/", 1), ("$S /OK|ERROR/", 1)]
        {
            assert_eq!(template(leaf).expect("valid").rows(&data).len(), rows, "{leaf}");
        }
        let attribute = |name: &str| Template::parse(&format!("HtmlTestCaseAttr: {{'{name}': a}}\nAll: {{}}"));
        assert!(attribute("a b").expect_err("a blank").contains("not a valid attribute name"));
        assert!(attribute("data-x").is_ok());
        assert!(template("S").expect_err("no dollar").contains("$Name"));
        assert!(template("$S /(/").expect_err("no regex").contains('('));
    }
}
