//! `smokerd import`: configurations of other tools.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::import::import_request::{ImportRequest, Tool};

/// The end of `smokerd import --help`.
const EXIT_CODES: &str = "\
Exit codes:
  0  everything was taken
  1  nothing was written
  2  the command line is not valid
  3  some lines were not taken; they are printed";

/// Write files for plugin.d that do what the configuration of another tool does, and print what was not taken. Nothing of it is run,
/// and no file is overwritten.
#[derive(Debug, Parser)]
#[command(name = "smokerd import", after_help = EXIT_CODES)]
struct ImportArguments {
    /// The tool whose configuration it is
    tool: ToolName,

    /// Its configuration files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// The folder that gets a file for each plugin
    #[arg(short, long, value_name = "FOLDER", default_value = "plugin.d")]
    output: PathBuf,
}

/// The tools as the command line names them.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum ToolName {
    /// nrpe.cfg: each command, to be run on request
    Nrpe,
    /// A crontab: each job
    Cron,
    /// monitrc: each check, and each of its tests
    Monit,
    /// Checks of Sensu, in JSON or YAML
    Sensu,
    /// A gossfile: each resource
    Goss,
}

/// Reads the arguments behind `import`; help and usage errors are errors of clap.
pub(super) fn parse(arguments: &[OsString]) -> Result<ImportRequest, clap::Error> {
    let name = OsString::from("smokerd import");
    let ImportArguments { tool, files, output } =
        ImportArguments::try_parse_from(std::iter::once(&name).chain(arguments))?;
    let tool = match tool {
        ToolName::Nrpe => Tool::Nrpe,
        ToolName::Cron => Tool::Cron,
        ToolName::Monit => Tool::Monit,
        ToolName::Sensu => Tool::Sensu,
        ToolName::Goss => Tool::Goss,
    };
    Ok(ImportRequest { tool, files, folder: output })
}
