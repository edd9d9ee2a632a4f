//! An option that a discovery plugin adds to the command line.

use serde::Deserialize;

/// How many values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueCount {
    /// None: it is a switch.
    None,
    /// At least the first number and at most the second; `None`: any number.
    Between(usize, Option<usize>),
}

/// A discovery plugin, by the path of its file, with its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PluginOptions {
    pub(crate) path: String,
    pub(crate) options: Vec<PluginOption>,
}

/// An option that a discovery plugin adds to the command line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct PluginOption {
    /// The short form, without dash.
    pub(crate) short: Option<char>,
    /// The long form, without dashes.
    pub(crate) long: Option<String>,
    /// Its text in the help.
    pub(crate) help: String,
    /// The names of its values in the help: one, or one for each value.
    pub(crate) metavar: Vec<String>,
    /// It is not in the help.
    pub(crate) hidden: bool,
    /// How many values it takes.
    pub(crate) values: ValueCount,
}

impl PluginOption {
    /// Whether its values are typed without an option.
    #[must_use]
    pub(crate) fn is_positional(&self) -> bool {
        self.long.is_none() && self.short.is_none()
    }

    /// The option as it is typed: the long form if there is one; empty for values without an option.
    #[must_use]
    pub(crate) fn name(&self) -> String {
        match (&self.long, self.short) {
            (Some(long), _) => format!("--{long}"),
            (None, Some(short)) => format!("-{short}"),
            (None, None) => String::new(),
        }
    }
}

impl<'de> Deserialize<'de> for ValueCount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bounds = Option::<(usize, Option<usize>)>::deserialize(deserializer)?;
        Ok(bounds.map_or(Self::None, |(least, most)| Self::Between(least, most)))
    }
}
