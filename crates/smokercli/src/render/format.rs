//! The names of the formats, and what each needs to know.

use crate::render::data::template::Template;
use crate::render::layout::Layout;

/// How much the text formats show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What is not OK, without messages.
    Minimal,
    /// All plugins, bad components, warn and error messages.
    Normal,
    /// Everything of the results.
    Long,
    /// The parameters too.
    Full,
}

/// A format and what it needs.
#[derive(Clone, Debug)]
pub enum Format {
    /// Lines for people.
    Text(Detail),
    /// One line of JSON, keyed by host.
    Json,
    /// The same, indented.
    Raw,
    /// One line of JSON a plugin.
    Ndjson,
    /// The Test Anything Protocol.
    Tap,
    /// The original's XML.
    Xml(Box<Template>),
    /// JUnit as Jenkins and GitLab read it.
    Junit,
    /// The same as version 14 of the protocol has it.
    Tap14,
    /// A heading, and a line for each plugin.
    Csv,
    /// A row for each plugin, with columns of choice.
    Columns(Layout),
    /// One file of HTML.
    Html,
    /// A table in Markdown.
    Markdown,
    /// Metrics for Prometheus.
    Prometheus,
    /// Hosts down, plugins across.
    Table {
        /// The columns of the terminal; none when there is no terminal to fit.
        width: Option<usize>,
    },
}

impl Format {
    /// Whether the format has a row for a plugin that is missing; the recorded ones have not.
    #[must_use]
    pub fn shows_missing(&self) -> bool {
        matches!(
            self,
            Self::Ndjson
                | Self::Csv
                | Self::Junit
                | Self::Tap14
                | Self::Columns(_)
                | Self::Html
                | Self::Markdown
                | Self::Prometheus
                | Self::Table { .. }
        )
    }

    /// Whether the format shows an action that failed.
    #[must_use]
    pub fn shows_actions(&self) -> bool {
        !matches!(
            self,
            Self::Text(Detail::Minimal) | Self::Tap | Self::Xml(_) | Self::Csv | Self::Columns(_) | Self::Prometheus
        )
    }

    /// Whether the format shows why the status of a plugin cannot be read.
    #[must_use]
    pub fn shows_reasons(&self) -> bool {
        self.shows_actions() && !matches!(self, Self::Json | Self::Raw | Self::Ndjson)
    }

    /// Whether programs that read the format expect a document although it has no entry.
    #[must_use]
    pub fn is_document(&self) -> bool {
        matches!(self, Self::Junit | Self::Tap14 | Self::Html | Self::Markdown | Self::Prometheus)
    }
}

/// The name of a format, as `--pretty` takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatName {
    /// `minimal`, `normal`, `long`, `full`.
    Text(Detail),
    /// `raw`
    Raw,
    /// `json`
    Json,
    /// `tap`
    Tap,
    /// `xml`
    Xml,
    /// `table`
    Table,
    /// `ndjson`
    Ndjson,
    /// `junit`
    Junit,
    /// `tap14`
    Tap14,
    /// `csv`
    Csv,
    /// `html`
    Html,
    /// `markdown`
    Markdown,
    /// `prometheus`
    Prometheus,
}

impl FormatName {
    /// All names, the original's first.
    pub const ALL: [(&'static str, Self); 16] = [
        ("minimal", Self::Text(Detail::Minimal)),
        ("normal", Self::Text(Detail::Normal)),
        ("long", Self::Text(Detail::Long)),
        ("full", Self::Text(Detail::Full)),
        ("raw", Self::Raw),
        ("json", Self::Json),
        ("tap", Self::Tap),
        ("xml", Self::Xml),
        ("table", Self::Table),
        ("ndjson", Self::Ndjson),
        ("junit", Self::Junit),
        ("tap14", Self::Tap14),
        ("csv", Self::Csv),
        ("html", Self::Html),
        ("markdown", Self::Markdown),
        ("prometheus", Self::Prometheus),
    ];

    /// Whether people read the format, and hosts that look alike can be shown once.
    #[must_use]
    pub fn can_collapse(self) -> bool {
        matches!(self, Self::Text(_) | Self::Table)
    }

    /// Reads a name, in lower case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, format)| format)
    }
}
