//! The tree that a configuration file is read into: values that know their place.

use std::cell::OnceCell;
use std::rc::Rc;

use smoker_model::value::Value;

use crate::problem::SourcePlace;
use crate::yaml::key::KeyId;

/// A value of a file with its place. Aliases share the node of their anchor.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) place: SourcePlace,
    pub(crate) kind: Kind,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum Kind {
    /// Anything that is neither list nor mapping.
    Scalar(Value),
    /// An unquoted `<<`: as a name it merges, as a value it is text.
    Merge,
    /// A sequence.
    List(Vec<Rc<Node>>),
    /// A mapping, merge keys resolved, each name once.
    Map(Vec<Entry>),
    /// `!include` or `!include_dir`.
    Include(Include),
    /// A plugin's file that cannot be read or understood, with the reason.
    Broken(String),
}

/// One name of a mapping and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) name: Value,
    pub(crate) place: SourcePlace,
    pub(crate) value: Rc<Node>,
}

/// An include: its content comes from another file or folder.
#[derive(Debug)]
pub(crate) struct Include {
    pub(crate) path: String,
    pub(crate) folder: bool,
    pub(crate) content: OnceCell<Rc<Node>>,
}

impl Node {
    /// The node itself, or the content of its include.
    pub(crate) fn resolved(&self) -> &Self {
        match &self.kind {
            Kind::Include(Include { content, .. }) => content.get().map_or(self, |content| content.resolved()),
            _ => self,
        }
    }

    /// The entries of a mapping; `None` for other kinds.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.resolved().kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Whether there is nothing: null, or an empty or missing include.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.resolved().kind, Kind::Scalar(Value::Null) | Kind::Include(_))
    }

    /// The value without places, with aliases and includes expanded.
    pub(crate) fn to_value(&self) -> Value {
        match &self.resolved().kind {
            Kind::Scalar(value) => value.clone(),
            Kind::Merge => Value::Text("<<".to_owned()),
            Kind::List(items) => Value::List(items.iter().map(|item| item.to_value()).collect()),
            Kind::Map(entries) => {
                Value::Map(entries.iter().map(|entry| (entry.name.clone(), entry.value.to_value())).collect())
            }
            Kind::Include(_) | Kind::Broken(_) => Value::Null,
        }
    }

    /// What the value is, for messages: "text", "a list"...
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.resolved().kind {
            Kind::Scalar(value) => kind_name(value),
            Kind::Merge => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
            Kind::Include(_) | Kind::Broken(_) => "nothing",
        }
    }
}

/// What a value is, for messages.
pub(crate) fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Text(_) => "text",
        Value::Date(_) => "a date",
        Value::Moment(_) | Value::ZonedMoment(_) => "a time",
        Value::List(_) => "a list",
        Value::Map(_) => "a mapping",
    }
}

/// Finds an entry by a name of any kind, compared as Python compares.
pub(crate) fn find<'a>(entries: &'a [Entry], name: &Value) -> Option<&'a Entry> {
    let wanted = KeyId::of(name)?;
    entries.iter().find(|entry| KeyId::of(&entry.name).as_ref() == Some(&wanted))
}

/// Finds an entry by its text.
pub(crate) fn find_text<'a>(entries: &'a [Entry], name: &str) -> Option<&'a Entry> {
    entries.iter().find(|entry| entry.name.as_text() == Some(name))
}
