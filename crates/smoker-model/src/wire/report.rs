//! What a job reports to its plugin.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::status::Status;

/// The body of `POST /plugins/NAME/results`: a status or an exit status, and what there is to say.
#[derive(Clone, Debug, PartialEq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// `OK`, `WARN` or `ERROR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// The exit status of the job, in place of a status: 0 is OK, any other an ERROR.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit: Option<u8>,
    /// A text; each line becomes a message of the status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Messages by level, in place of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Json>,
}

/// The answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportPage {
    /// What was taken.
    pub report: TakenReport,
}

/// A report that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenReport {
    /// The plugin.
    pub plugin: String,
    /// The status that the job reported.
    pub status: Status,
    /// When it came, in RFC 3339.
    pub at: String,
}
