//! A check, as it is asked for.

use std::path::PathBuf;

use smoker_logging::setup::defaults::LogOptions;
use smoker_logging::setup::source::LogConfigSource;

/// How to check a configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CheckRequest {
    /// Report as one JSON object.
    pub(crate) json: bool,
    /// Fail as for a configuration that does not load when there is any problem or advice.
    pub(crate) strict: bool,
}

/// What is checked.
#[derive(Debug)]
pub(crate) struct CheckTarget<'a> {
    pub(crate) config: &'a PathBuf,
    /// Accounts whose files root takes.
    pub(crate) trusted_owners: &'a [String],
    pub(crate) logging_conf: Option<&'a LogConfigSource>,
    /// The one that was named, or its usual place, where there is none.
    pub(crate) missing_logging_conf: Option<&'a LogConfigSource>,
    pub(crate) logging: LogOptions,
}
