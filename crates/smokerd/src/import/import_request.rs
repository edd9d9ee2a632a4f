//! What the command line asks for.

use std::path::PathBuf;

/// The tool whose configuration is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Nrpe,
    Cron,
    Monit,
    Sensu,
    Goss,
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImportRequest {
    pub(crate) tool: Tool,
    pub(crate) files: Vec<PathBuf>,
    /// Where the files of plugins are written.
    pub(crate) folder: PathBuf,
}
