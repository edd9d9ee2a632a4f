//! Why a request has failed.

use serde::{Deserialize, Serialize};

/// The body of each response with a status of 400 or above.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The reason; empty if the status says it all.
    #[serde(default)]
    pub message: String,
}
