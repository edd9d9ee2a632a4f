//! How much a tree holds once its aliases and includes are replaced.

use std::collections::HashMap;
use std::rc::Rc;

use crate::error::Fault;
use crate::limits::{MAX_NESTING, MAX_VALUES};
use crate::yaml::merge;
use crate::yaml::node::{Kind, Node};

/// What each tree that was read holds, by its root.
#[derive(Default)]
pub(crate) struct Weights(HashMap<*const Node, Weight>);

#[derive(Clone, Copy)]
struct Weight {
    values: u64,
    height: usize,
}

impl Weights {
    /// Refuses a tree that grows too large or too deep.
    pub(crate) fn refuse_too_large(&mut self, root: &Rc<Node>) -> Result<(), Fault> {
        let weight = self.weight(root);
        if weight.values > MAX_VALUES {
            return Err(Fault::at(&root.place, &merge::too_many()));
        }
        if weight.height > MAX_NESTING {
            let text = format!("more than {MAX_NESTING} lists and mappings are nested, includes counted");
            return Err(Fault::at(&root.place, &text));
        }
        Ok(())
    }

    /// The weight of a node, each shared node looked at once.
    fn weight(&mut self, node: &Rc<Node>) -> Weight {
        if let Some(weight) = self.0.get(&Rc::as_ptr(node)) {
            return *weight;
        }
        let (children, own): (Vec<&Rc<Node>>, usize) = match &node.kind {
            Kind::Scalar(_) | Kind::Merge | Kind::Secret(_) | Kind::Broken(_) => {
                return Weight { values: 1, height: 0 };
            }
            Kind::Include(include) => (include.content.get().into_iter().collect(), 0),
            Kind::List(items) => (items.iter().collect(), 1),
            Kind::Map(entries) => (entries.iter().map(|entry| &entry.value).collect(), 1),
        };
        let mut weight = Weight { values: 1, height: own };
        for child in children {
            let inner = self.weight(child);
            weight.values = weight.values.saturating_add(inner.values);
            weight.height = weight.height.max(inner.height + own);
        }
        self.0.insert(Rc::as_ptr(node), weight);
        weight
    }
}
