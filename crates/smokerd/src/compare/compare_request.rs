//! A comparison, as it is asked for.

/// The format of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComparisonFormat {
    /// For people.
    Table,
    /// One JSON object.
    Json,
}

/// A daemon to compare with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CompareRequest {
    /// Its address, as it was typed.
    pub(crate) url: String,
    pub(crate) format: ComparisonFormat,
    /// The plugins to compare; empty for all.
    pub(crate) plugins: Vec<String>,
    /// Whether the actions are run here, too, and compared.
    pub(crate) with_action: bool,
}
