//! A component with a status for each of its messages.

use smoker_model::status::Status;

/// A component. Its own status is the worst of its messages'.
pub(crate) struct GlusterComponent {
    pub(crate) name: String,
    pub(crate) remarks: Vec<(Status, String)>,
}
