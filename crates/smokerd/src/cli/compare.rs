//! The option `--compare`.

use std::path::Path;

use clap::Args;

use crate::compare::compare_request::{CompareRequest, ComparisonFormat};

/// The option of a comparison.
#[derive(Debug, Args)]
#[command(next_help_heading = "Comparing with another daemon")]
pub(crate) struct CompareArguments {
    /// Run every plugin that the daemon at this address has once there and once here, without a schedule, and print what
    /// differs
    #[arg(long, value_name = "URL", conflicts_with_all = ["check", "stop", "reload", "foreground", "genconfig", "test_plugin"])]
    compare: Option<String>,

    /// With --compare: only these plugins, separated by commas; may be repeated
    #[arg(long, value_name = "NAMES", requires = "compare", value_delimiter = ',')]
    plugins: Vec<String>,
}

impl CompareArguments {
    /// The comparison; `None` without `--compare`. The error says why the format is unknown.
    pub(crate) fn into_request(
        self,
        output: Option<&Path>,
        with_action: bool,
    ) -> Result<Option<CompareRequest>, String> {
        let Some(url) = self.compare else { return Ok(None) };
        let format = match output.map(|output| output.to_str()) {
            None | Some(Some("table")) => ComparisonFormat::Table,
            Some(Some("json")) => ComparisonFormat::Json,
            Some(_) => return Err("with --compare, --output has to be table or json".to_owned()),
        };
        Ok(Some(CompareRequest { url, format, plugins: self.plugins, with_action }))
    }
}
