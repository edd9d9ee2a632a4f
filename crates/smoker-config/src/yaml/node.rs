//! The tree that a configuration file is read into: values that know their place.

use std::cell::OnceCell;
use std::rc::Rc;

use smoker_model::value::Value;
use smoker_model::value::secret::{Secret, SecretSource};

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
    /// `!env` or `!file`.
    Secret(SecretReference),
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

/// A secret: its text comes from the environment or from a file of its own.
#[derive(Debug)]
pub(crate) struct SecretReference {
    /// As it is written.
    pub(crate) source: SecretSource,
    /// What was read, or the reason for which nothing was.
    pub(crate) content: OnceCell<Result<Secret, String>>,
}

impl SecretReference {
    /// The value. One that is not read is empty: [`Node::unread_secrets`] finds it.
    fn to_value(&self) -> Value {
        let unread = || Secret::new("", self.source.clone());
        Value::Secret(self.content.get().and_then(|read| read.as_ref().ok().cloned()).unwrap_or_else(unread))
    }
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
            Kind::Secret(reference) => reference.to_value(),
            Kind::Include(_) | Kind::Broken(_) => Value::Null,
        }
    }

    /// Where secrets inside are written that could not be read, and why.
    pub(crate) fn unread_secrets(&self) -> Vec<(&SourcePlace, &str)> {
        let mut found = Vec::new();
        self.find_unread_secrets(&mut found);
        found
    }

    fn find_unread_secrets<'a>(&'a self, found: &mut Vec<(&'a SourcePlace, &'a str)>) {
        let node = self.resolved();
        match &node.kind {
            Kind::Secret(SecretReference { content, .. }) => {
                // Aliases lead to the same one.
                let reason = content.get().and_then(|read| read.as_ref().err());
                found.extend(reason.map(|reason| (&node.place, reason.as_str())).filter(|one| !found.contains(one)));
            }
            Kind::List(items) => items.iter().for_each(|item| item.find_unread_secrets(found)),
            Kind::Map(entries) => entries.iter().for_each(|entry| entry.value.find_unread_secrets(found)),
            Kind::Scalar(_) | Kind::Merge | Kind::Include(_) | Kind::Broken(_) => {}
        }
    }

    /// What the value is, for messages: "text", "a list"...
    pub(crate) fn kind_name(&self) -> &'static str {
        match &self.resolved().kind {
            Kind::Scalar(value) => kind_name(value),
            Kind::Merge => "text",
            Kind::Secret(_) => SECRET,
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
            Kind::Include(_) | Kind::Broken(_) => "nothing",
        }
    }
}

/// What a value of `!env` or `!file` is called in messages.
const SECRET: &str = "a secret (!env or !file)";

/// What a value is, for messages.
pub(crate) fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Text(_) => "text",
        Value::Secret(_) => SECRET,
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
