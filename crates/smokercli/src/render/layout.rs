//! Which columns a table has, and what it is sorted by.

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The host.
    Host,
    /// The status, or the state of a host that could not be asked.
    Status,
    /// The plugin.
    Plugin,
    /// How long the run took.
    Duration,
    /// When the run started.
    Started,
    /// When the next run is due.
    Next,
    /// The first message of the worst level.
    Message,
    /// States of the past.
    Past,
    /// The parameter `Category`.
    Category,
    /// The parameter `Component`.
    Component,
    /// The parameter `Type`.
    Type,
    /// What was measured.
    Perfdata,
}

/// The columns of a table, and what its rows are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// From left to right.
    pub columns: Vec<Column>,
    /// A column, and whether the order is reversed; none: hosts and plugins by name.
    pub sort: Option<(Column, bool)>,
}

impl Column {
    /// All columns.
    pub const ALL: [(&'static str, Self); 12] = [
        ("host", Self::Host),
        ("status", Self::Status),
        ("plugin", Self::Plugin),
        ("duration", Self::Duration),
        ("started", Self::Started),
        ("next", Self::Next),
        ("message", Self::Message),
        ("past", Self::Past),
        ("category", Self::Category),
        ("component", Self::Component),
        ("type", Self::Type),
        ("perfdata", Self::Perfdata),
    ];

    /// Those of a table that is sorted, and whose columns are not named.
    const BY_DEFAULT: [Self; 5] = [Self::Host, Self::Status, Self::Plugin, Self::Duration, Self::Message];

    /// Its name, as `--columns` takes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, column)| *column == self).map_or("", |(name, _)| name)
    }

    fn parse(name: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(|(name, _)| name).join(", ");
        let found = Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, column)| *column);
        found.ok_or_else(|| format!("unknown column {name:?}; the columns are {}", known()))
    }
}

impl Layout {
    /// Reads `--columns` (names with commas between) and `--sort` (a name, with `-` before it for the other direction).
    ///
    /// # Errors
    ///
    /// When a name is no column.
    pub fn parse(columns: &[String], sort: Option<&str>) -> Result<Self, String> {
        let names = columns.iter().flat_map(|list| list.split(',')).map(str::trim).filter(|name| !name.is_empty());
        let columns = names.map(|name| Column::parse(name).map_err(|reason| format!("--columns: {reason}")));
        let mut columns = columns.collect::<Result<Vec<_>, _>>()?;
        if columns.is_empty() {
            columns.extend(Column::BY_DEFAULT);
        }
        let sort = sort.map(|name| {
            let (name, is_reversed) = name.strip_prefix('-').map_or((name, false), |name| (name, true));
            Column::parse(name).map(|column| (column, is_reversed)).map_err(|reason| format!("--sort: {reason}"))
        });
        Ok(Self { columns, sort: sort.transpose()? })
    }

    /// Whether states of the past are shown.
    #[must_use]
    pub fn has_past(&self) -> bool {
        self.columns.contains(&Column::Past)
    }
}
