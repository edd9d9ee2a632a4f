//! A component in the making.

use smoker_model::status::Status;

/// A component: its name, and its messages with a status each.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) remarks: Vec<(Status, String)>,
}
