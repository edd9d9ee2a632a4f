//! What the Python modules of one run leave for its actions, as if all ran in one process.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value as Json};
use smoker_model::plugin::Parameters;
use smoker_model::value::Value;

/// Empty until a module has left something.
#[derive(Debug, Default)]
pub(crate) struct CarriedState(Mutex<Left>);

#[derive(Debug, Default)]
struct Left {
    /// Made and read in the children of the Python host, by the account that runs the plugin.
    pickle: Option<String>,
    /// The parameters that modules changed or added.
    parameters: Map<String, Json>,
}

impl CarriedState {
    /// Takes what the latest module left, which includes what it found.
    pub(crate) fn replace(&self, pickle: Option<String>, parameters: Map<String, Json>) {
        *self.left() = Left { pickle, parameters };
    }

    /// What the next module is given.
    pub(crate) fn pickle(&self) -> Option<String> {
        self.left().pickle.clone()
    }

    /// Puts the parameters that modules changed over the configured ones.
    pub(crate) fn overlay(&self, parameters: &mut Parameters) {
        let left = self.left();
        parameters.extend(left.parameters.iter().map(|(name, value)| (name.clone(), Value::from(value.clone()))));
    }

    fn left(&self) -> MutexGuard<'_, Left> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
