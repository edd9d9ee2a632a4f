//! The names of the formats of a gate.

use crate::render::format::Detail;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::gate) enum GateFormat {
    /// Lines for people.
    Text(Detail),
    /// Columns for people.
    Table,
    /// One line of JSON.
    Json,
    /// The same, indented.
    Raw,
    /// JUnit as Jenkins and GitLab read it.
    Junit,
    /// The Test Anything Protocol.
    Tap,
    /// A table of Markdown.
    Markdown,
    /// Workflow commands of GitHub.
    Github,
    /// A report of annotations of GitLab.
    Gitlab,
}

impl GateFormat {
    /// All names. `normal`, `full` and `tap14` are those of reports.
    pub(in crate::gate) const ALL: [(&'static str, Self); 14] = [
        ("text", Self::Text(Detail::Normal)),
        ("normal", Self::Text(Detail::Normal)),
        ("minimal", Self::Text(Detail::Minimal)),
        ("long", Self::Text(Detail::Long)),
        ("full", Self::Text(Detail::Long)),
        ("table", Self::Table),
        ("json", Self::Json),
        ("raw", Self::Raw),
        ("junit", Self::Junit),
        ("tap", Self::Tap),
        ("tap14", Self::Tap),
        ("markdown", Self::Markdown),
        ("github", Self::Github),
        ("gitlab", Self::Gitlab),
    ];

    pub(in crate::gate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, format)| format)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::gate_args::FORMATS;

    #[test]
    fn shells_know_the_formats() {
        assert_eq!(GateFormat::ALL.map(|(name, _)| name), FORMATS);
    }
}
