//! What the scheduler knows of plugins and jobs.

use serde_json::Value as Json;
use smoker_model::status::Status;

/// What a check says where nothing is known, as in a test of a plugin outside of the daemon.
pub(super) const NOTHING_KNOWN: &str =
    "the daemon decides it from what it has in memory, and nothing of that is known here: look at it with smokercli";

/// The status that is known of something; none where it has none that a result can have.
pub(super) fn status_of(status: &Json) -> Option<Status> {
    Status::of_result(status.as_str()?)
}
