//! The names of one mapping: `<<` merged, repeated names joined, all as PyYAML does it.

use std::collections::HashSet;
use std::rc::Rc;

use indexmap::IndexMap;
use smoker_model::value::Value;

use crate::error::Fault;
use crate::limits::MAX_VALUES;
use crate::problem::{ProblemLog, Severity};
use crate::yaml::key::KeyId;
use crate::yaml::node::{Entry, Kind, Node};

/// A name and a value as the file has them.
pub(crate) type Pair = (Rc<Node>, Rc<Node>);

/// Merges the mappings of one file.
#[derive(Debug, Default)]
pub(crate) struct Merger {
    /// How many entries were copied by `<<` so far; bounded, because merges of merges multiply.
    copied: u64,
    /// Where repeated names are reported.
    pub(crate) problems: ProblemLog,
}

impl Merger {
    /// Makes the entries of a mapping. The entries of `<<` come first, the
    /// mapping's own names override them, and of several merged mappings the
    /// earlier wins. A name keeps the position of its first mention and has its last value.
    pub(crate) fn entries(&mut self, pairs: Vec<Pair>) -> Result<Vec<Entry>, Fault> {
        let mut entries = IndexMap::new();
        for (_, value) in pairs.iter().filter(|(name, _)| matches!(name.kind, Kind::Merge)) {
            for source in sources(value)? {
                self.copied += source.len() as u64;
                if self.copied > MAX_VALUES {
                    return Err(Fault::at(&value.place, &too_many()));
                }
                for entry in source {
                    put(&mut entries, entry.clone())?;
                }
            }
        }
        let mut own = HashSet::new();
        for (name, value) in pairs.into_iter().filter(|(name, _)| !matches!(name.kind, Kind::Merge)) {
            let Kind::Scalar(text) = &name.kind else {
                let kind = name.kind_name();
                return Err(Fault::at(
                    &name.place,
                    &match name.kind {
                        Kind::Map(_) => format!(
                            "a name has to be simple, not {kind}; `{{{{ ... }}}}` is a template that was left unexpanded: \
                             expand it, or quote it if it is text"
                        ),
                        _ => format!("a name has to be simple, not {kind}; quote it if it is text"),
                    },
                ));
            };
            let entry = Entry { name: text.clone(), place: name.place.clone(), value };
            let (id, earlier) = put(&mut entries, entry)?;
            if !own.insert(id) {
                let earlier = earlier.map_or(0, |entry| entry.place.line);
                let shown = shown(text);
                let text = format!("`{shown}` is repeated: this value is used, the one of line {earlier} is ignored");
                self.problems.add(Severity::Warning, &name.place, text);
            }
        }
        Ok(entries.into_values().collect())
    }
}

/// What to say about aliases that multiply.
pub(crate) fn too_many() -> String {
    format!("the aliases here expand to more than {MAX_VALUES} values; use fewer * and <<")
}

/// Sets a name's value; returns the name's identity and the entry that it had.
fn put(entries: &mut IndexMap<KeyId, Entry>, entry: Entry) -> Result<(KeyId, Option<Entry>), Fault> {
    let Some(id) = KeyId::of(&entry.name) else {
        return Err(Fault::at(&entry.place, "a name has to be simple, not a list or mapping"));
    };
    let earlier = entries.get(&id).cloned();
    let name = earlier.as_ref().map_or_else(|| entry.name.clone(), |earlier: &Entry| earlier.name.clone());
    entries.insert(id.clone(), Entry { name, ..entry });
    Ok((id, earlier))
}

/// The mappings that a `<<` brings, the weakest first.
fn sources(value: &Node) -> Result<Vec<&[Entry]>, Fault> {
    let refuse = |node: &Node| {
        let kind = match &node.kind {
            Kind::Include(_) => "an include",
            _ => node.kind_name(),
        };
        Fault::at(&node.place, &format!("<< needs a mapping or a list of mappings (`<<: *name`), not {kind}"))
    };
    match &value.kind {
        Kind::Map(entries) => Ok(vec![entries]),
        Kind::List(items) => items
            .iter()
            .rev()
            .map(|item| match &item.kind {
                Kind::Map(entries) => Ok(entries.as_slice()),
                _ => Err(refuse(item)),
            })
            .collect(),
        _ => Err(refuse(value)),
    }
}

/// Names as a list, for `!!set`.
pub(crate) fn names_only(entries: &[Entry]) -> Vec<Rc<Node>> {
    entries
        .iter()
        .map(|entry| Rc::new(Node { place: entry.place.clone(), kind: Kind::Scalar(entry.name.clone()) }))
        .collect()
}

/// Lists of name and value, for `!!omap` and `!!pairs`. `None` unless each item is a mapping of one name.
pub(crate) fn as_pairs(items: &[Rc<Node>]) -> Option<Vec<Rc<Node>>> {
    items
        .iter()
        .map(|item| match &item.kind {
            Kind::Map(entries) if entries.len() == 1 => {
                let entry = &entries[0];
                let name = Node { place: entry.place.clone(), kind: Kind::Scalar(entry.name.clone()) };
                let pair = Kind::List(vec![Rc::new(name), Rc::clone(&entry.value)]);
                Some(Rc::new(Node { place: item.place.clone(), kind: pair }))
            }
            _ => None,
        })
        .collect()
}

/// A name for messages, near to how it is written in YAML.
pub(crate) fn shown(name: &Value) -> String {
    name.json_name()
}
