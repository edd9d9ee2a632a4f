//! Which parts of the data become rows of the xml format.
//!
//! A template is a tree that is walked beside the data. Its keys are literal,
//! `$Name` (any key, remembered under that name) or `!Integral` (the items of a
//! list); its leaves are `$Name`, with an optional condition `/regex/` (has to
//! match at the start) or `-/regex/` (must not), and remember what they find. A
//! row is made wherever no child of the data matches the tree any further.

use std::collections::HashMap;
use std::path::Path;

use regex::Regex;
use serde_json::Value as Json;
use serde_yaml::{Mapping, Value as Yaml};

use crate::plugin::{date, printed};

const DEFAULT: &str = include_str!("default-template.yaml");

/// What a row remembers, by name.
pub type Fields = HashMap<String, String>;

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
pub enum TemplateError {
    /// It cannot be read.
    #[error("cannot read the template file {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system says.
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

#[derive(Clone, Debug)]
struct Branch(Vec<(Key, Node)>);

#[derive(Clone, Debug)]
enum Node {
    Branch(Branch),
    Leaf(Leaf),
}

#[derive(Clone, Debug)]
enum Key {
    Literal(String),
    Any(String),
    Index,
}

#[derive(Clone, Debug)]
struct Leaf {
    field: String,
    condition: Option<Condition>,
}

#[derive(Clone, Debug)]
struct Condition {
    regex: Regex,
    wanted: bool,
}

impl Template {
    /// Reads a template file.
    ///
    /// # Errors
    ///
    /// When it cannot be read or is not a template.
    pub fn load(path: &Path) -> Result<Self, TemplateError> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).map_err(|reason| TemplateError::Invalid { path: name, reason }),
            Err(source) => Err(TemplateError::Unreadable { path: name, source }),
        }
    }

    /// Reads the text of a template file.
    ///
    /// # Errors
    ///
    /// Why it is not a template.
    pub fn parse(text: &str) -> Result<Self, String> {
        let document: Yaml = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let sorted = |key| {
            let mut pairs = pairs(&document, key)?;
            if let Some((name, _)) = pairs.iter().find(|(name, _)| !is_attribute_name(name)) {
                return Err(format!(
                    "`{name}` in `{key}` is no name of an attribute: use letters, digits, - _ . and :"
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
    pub fn rows(&self, data: &Json) -> Vec<Fields> {
        let mut rows = Vec::new();
        self.tree.walk_children(data, &Fields::new(), &mut rows);
        for row in &mut rows {
            self.complete(row);
        }
        rows
    }

    /// Adds the fields that are made of others.
    pub fn complete(&self, row: &mut Fields) {
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

impl Branch {
    fn parse(mapping: &Mapping) -> Result<Self, String> {
        let parse = |(key, value): (&Yaml, &Yaml)| {
            let key = key.as_str().ok_or("a key of the tree is not text")?;
            let node = match value {
                Yaml::Mapping(children) => Node::Branch(Self::parse(children)?),
                Yaml::String(leaf) => Node::Leaf(Leaf::parse(leaf)?),
                _ => return Err(format!("`{key}` in the tree is neither a mapping nor a $Name")),
            };
            Ok((Key::parse(key), node))
        };
        mapping.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the data can match further: an object even when it is empty, a
    /// list only by its items.
    fn fits(&self, data: &Json) -> bool {
        let wants_list = |(key, _): &(Key, Node)| matches!(key, Key::Index);
        match data {
            Json::Object(_) => !self.0.iter().all(wants_list),
            Json::Array(items) => !items.is_empty() && self.0.iter().any(wants_list),
            _ => false,
        }
    }

    /// Leaves first, wherever they stand: they belong to every row below.
    fn walk(&self, data: &Json, fields: &Fields, rows: &mut Vec<Fields>) {
        let mut fields = fields.clone();
        for (key, node) in &self.0 {
            if let (Key::Literal(key), Node::Leaf(leaf)) = (key, node)
                && let Some(value) = data.get(key)
                && !leaf.take(key, value, &mut fields)
            {
                return;
            }
        }
        if !self.walk_children(data, &fields, rows) {
            rows.push(fields);
        }
    }

    /// Returns whether any child of the data matches further.
    fn walk_children(&self, data: &Json, fields: &Fields, rows: &mut Vec<Fields>) -> bool {
        let mut matched = false;
        for (key, node) in &self.0 {
            for (name, value) in key.children(data) {
                let mut fields = fields.clone();
                if let Key::Any(field) = key {
                    fields.insert(field.clone(), name.to_owned());
                }
                match node {
                    Node::Branch(branch) if branch.fits(value) => {
                        matched = true;
                        branch.walk(value, &fields, rows);
                    }
                    Node::Leaf(leaf) if !matches!(key, Key::Literal(_)) => {
                        matched = true;
                        if leaf.take(name, value, &mut fields) {
                            rows.push(fields);
                        }
                    }
                    Node::Branch(_) | Node::Leaf(_) => {}
                }
            }
        }
        matched
    }
}

impl Key {
    fn parse(text: &str) -> Self {
        match text.strip_prefix('$') {
            _ if text == "!Integral" => Self::Index,
            Some(name) => Self::Any(name.to_owned()),
            None => Self::Literal(text.to_owned()),
        }
    }

    fn children<'a>(&'a self, data: &'a Json) -> Vec<(&'a str, &'a Json)> {
        match (self, data) {
            (Self::Literal(key), _) => data.get(key).map(|value| (key.as_str(), value)).into_iter().collect(),
            (Self::Any(_), Json::Object(members)) => members.iter().map(|(key, value)| (key.as_str(), value)).collect(),
            (Self::Index, Json::Array(items)) => items.iter().map(|value| ("", value)).collect(),
            (Self::Any(_) | Self::Index, _) => Vec::new(),
        }
    }
}

impl Leaf {
    fn parse(text: &str) -> Result<Self, String> {
        let invalid = || format!("`{text}` in the tree is not $Name, $Name /regex/ or $Name -/regex/");
        let (field, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let field = field.strip_prefix('$').ok_or_else(invalid)?.to_owned();
        let rest = rest.trim();
        if rest.is_empty() {
            return Ok(Self { field, condition: None });
        }
        let (wanted, pattern) = match rest.strip_prefix('-') {
            Some(pattern) => (false, pattern),
            None => (true, rest),
        };
        let pattern = pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')).ok_or_else(invalid)?;
        let regex = Regex::new(&format!("^(?:{pattern})")).map_err(|error| format!("`{text}`: {error}"))?;
        Ok(Self { field, condition: Some(Condition { regex, wanted }) })
    }

    /// Remembers the value. Returns whether it fulfils the condition.
    fn take(&self, key: &str, value: &Json, fields: &mut Fields) -> bool {
        let text = leaf_text(key, value);
        let fulfilled = self
            .condition
            .as_ref()
            .is_none_or(|condition| condition.regex.is_match(text.as_deref().unwrap_or_default()) == condition.wanted);
        if let Some(text) = text {
            fields.insert(self.field.clone(), text);
        }
        fulfilled
    }
}

/// A list is its items on lines of their own; null and the empty list are nothing.
fn leaf_text(key: &str, value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::Array(items) if items.is_empty() => None,
        Json::Array(items) => Some(items.iter().map(printed).collect::<Vec<_>>().join("\n")),
        value if matches!(key, "lastRun" | "nextRun") => date(value),
        value => Some(printed(value).into_owned()),
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

/// Puts fields in for `$Name` and `${Name}`; `$$` is a dollar, and whatever is unknown stays.
fn substitute(text: &str, fields: &Fields) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let (name, next) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
            Some((name, next)) => (name, next),
            None => after.split_at(after.find(|c| !is_name(c)).unwrap_or(after.len())),
        };
        if let Some(next) = after.strip_prefix('$') {
            out.push('$');
            rest = next;
        } else if let Some(value) = fields.get(name) {
            out.push_str(value);
            rest = next;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

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
        assert!(attribute("a b").expect_err("a blank").contains("no name of an attribute"));
        assert!(attribute("data-x").is_ok());
        assert!(template("S").expect_err("no dollar").contains("$Name"));
        assert!(template("$S /(/").expect_err("no regex").contains('('));
    }

    #[test]
    fn fields_are_put_in_and_other_dollars_stay() {
        let row = fields(&[("Node", "h"), ("A_b", "$Node")]);
        assert_eq!(substitute("$Node.${A_b}. $x ${y} $$5 $", &row), "h.$Node. $x ${y} $5 $");
    }
}
