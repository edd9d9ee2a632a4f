//! The tree of a template, walked beside the data.

use serde_json::Value as Json;
use serde_yaml::{Mapping, Value as Yaml};

use crate::render::data::template::fields::RowFields;
use crate::render::data::template::leaf::Leaf;

/// The children of a node: keys of the data with what to do below them.
#[derive(Clone, Debug)]
pub(super) struct Branch(Vec<(Key, TemplateNode)>);

#[derive(Clone, Debug)]
enum TemplateNode {
    Branch(Branch),
    Leaf(Leaf),
}

#[derive(Clone, Debug)]
enum Key {
    /// This key alone.
    Literal(String),
    /// `$Name`: any key of an object, remembered as this field.
    Any(String),
    /// `!Integral`: the items of a list.
    Index,
}

impl Branch {
    /// Reads a mapping of a template file.
    ///
    /// # Errors
    ///
    /// Why it is not a tree.
    pub(super) fn parse(mapping: &Mapping) -> Result<Self, String> {
        let parse = |(key, value): (&Yaml, &Yaml)| {
            let key = key.as_str().ok_or("a key of the tree is not text")?;
            let node = match value {
                Yaml::Mapping(children) => TemplateNode::Branch(Self::parse(children)?),
                Yaml::String(leaf) => TemplateNode::Leaf(Leaf::parse(leaf)?),
                _ => return Err(format!("`{key}` in the tree is neither a mapping nor a $Name")),
            };
            Ok((Key::parse(key), node))
        };
        mapping.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether the data can match further: an object even when it is empty, a
    /// list only by its items.
    fn fits(&self, data: &Json) -> bool {
        let wants_list = |(key, _): &(Key, TemplateNode)| matches!(key, Key::Index);
        match data {
            Json::Object(_) => !self.0.iter().all(wants_list),
            Json::Array(items) => !items.is_empty() && self.0.iter().any(wants_list),
            _ => false,
        }
    }

    /// Reads the leaves first, wherever the template lists them: they belong to every row below.
    fn walk(&self, data: &Json, fields: &RowFields, rows: &mut Vec<RowFields>) {
        let mut fields = fields.clone();
        for (key, node) in &self.0 {
            if let (Key::Literal(key), TemplateNode::Leaf(leaf)) = (key, node)
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

    /// Adds the rows of everything below the data. Returns whether any child of the data matches the tree.
    pub(super) fn walk_children(&self, data: &Json, fields: &RowFields, rows: &mut Vec<RowFields>) -> bool {
        let mut matched = false;
        for (key, node) in &self.0 {
            for (name, value) in key.children(data) {
                let mut fields = fields.clone();
                if let Key::Any(field) = key {
                    fields.insert(field.clone(), name.to_owned());
                }
                match node {
                    TemplateNode::Branch(branch) if branch.fits(value) => {
                        matched = true;
                        branch.walk(value, &fields, rows);
                    }
                    TemplateNode::Leaf(leaf) if !matches!(key, Key::Literal(_)) => {
                        matched = true;
                        if leaf.take(name, value, &mut fields) {
                            rows.push(fields);
                        }
                    }
                    TemplateNode::Branch(_) | TemplateNode::Leaf(_) => {}
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
