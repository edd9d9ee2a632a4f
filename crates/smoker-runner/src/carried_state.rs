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
    /// The plugin's result as its module or an action left it, while it is not valid.
    refused: Option<Map<String, Json>>,
}

impl CarriedState {
    /// Takes what the latest module left, which includes what it found.
    pub(crate) fn replace(&self, pickle: Option<String>, parameters: Map<String, Json>) {
        let mut left = self.left();
        (left.pickle, left.parameters) = (pickle, parameters);
    }

    /// Takes the plugin's result that is not valid; none when it is.
    pub(crate) fn refuse(&self, result: Option<Json>) {
        self.left().refused = match result {
            Some(Json::Object(result)) => Some(result),
            Some(_) => Some(Map::new()),
            None => None,
        };
    }

    /// Whether the plugin's result is not valid.
    pub(crate) fn is_refused(&self) -> bool {
        self.left().refused.is_some()
    }

    /// Puts what the module left over the fields of the result that says why it is not valid: an action finds the
    /// module's own. The fields of a valid result stay.
    pub(crate) fn overlay_refused(&self, fields: &mut Map<String, Json>) {
        let left = self.left();
        // Of one that is too large nothing is known.
        let Some(refused) = left.refused.as_ref().filter(|refused| !refused.is_empty()) else { return };
        for name in ["status", "messages", "componentResults", "action"] {
            fields.insert(name.to_owned(), Json::Null);
        }
        let own = refused.iter().filter(|(name, _)| !["lastRun", "forced", "triggeredBy"].contains(&name.as_str()));
        fields.extend(own.map(|(name, value)| (name.clone(), value.clone())));
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
