//! A parameter of a plugin, before it is validated.

use smoker_model::value::Value;

use crate::problem::SourcePlace;

/// A parameter's value and where it was configured; built-in defaults have no place.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    pub(crate) value: Value,
    pub(crate) place: Option<SourcePlace>,
}
