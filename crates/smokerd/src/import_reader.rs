//! The readers of `smokerd import` without a command line and without files that are written, for the fuzzer.

use std::path::Path;

use smoker_config::write::plugin_file;

use crate::import::import_request::Tool;
use crate::import::run;

/// The names of the tools.
pub const TOOLS: [&str; 5] = ["nrpe", "cron", "monit", "sensu", "goss"];

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct ReadFile {
    /// The text of each plugin's file.
    pub plugins: Vec<String>,
    /// Why a line was not taken.
    pub untaken: Vec<String>,
}

/// Reads a file of this tool. `None`: there is no such tool.
///
/// # Errors
///
/// Why nothing of it can be read.
#[must_use]
pub fn read(tool: &str, path: &Path) -> Option<Result<ReadFile, String>> {
    let at = TOOLS.iter().position(|name| *name == tool)?;
    let tool = [Tool::Nrpe, Tool::Cron, Tool::Monit, Tool::Sensu, Tool::Goss][at];
    Some(run::imported(tool, path).map(|imported| ReadFile {
        plugins: imported.plugins.iter().map(|plugin| plugin_file::text(&plugin.origin, &plugin.parameters)).collect(),
        untaken: imported.untaken.into_iter().map(|untaken| untaken.reason).collect(),
    }))
}
