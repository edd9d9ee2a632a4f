//! Performance data: the numbers that a check measured, with their units and limits.

use serde::{Deserialize, Serialize};
use serde_json::Number;

/// One number that a check measured, as monitoring plugins print it (`LABEL=VALUE[UNIT];WARN;CRIT;MIN;MAX`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PerfDatum {
    /// What was measured, without the quotes of the text form.
    pub label: String,
    /// The number; none when the check could not determine it (`U`).
    pub value: Option<Number>,
    /// `s`, `ms`, `us`, `%`, `B`, `KB`, `MB`, `c` (a counter) or another unit; empty for a plain number.
    #[serde(default)]
    pub unit: String,
    /// The range beyond which the check warns, such as `80` or `10:20`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warn: Option<String>,
    /// The range beyond which the check is critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crit: Option<String>,
    /// The least possible value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Number>,
    /// The greatest possible value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Number>,
}
