//! The formats of what a command has found, where its plugins are not shown one by one: `smokercli odd`, `smokercli diff`.

/// How much of the findings is shown, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FindingsFormat {
    /// A line for each, with the best facts.
    Normal,
    /// All hosts and messages of each.
    Long,
    /// One line of JSON.
    Json,
    /// The same, indented.
    Raw,
}

/// The names of the formats.
pub(crate) const NAMES: [&str; 4] = ["normal", "long", "json", "raw"];

impl FindingsFormat {
    /// The format of this name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let all = [Self::Normal, Self::Long, Self::Json, Self::Raw];
        NAMES.into_iter().zip(all).find(|(known, _)| *known == name).map(|(_, format)| format)
    }
}
