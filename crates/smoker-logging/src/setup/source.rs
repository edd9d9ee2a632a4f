//! The plan that logging follows: that of a logging configuration, or the default.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::fileconfig::load::{self, LoadError};
use crate::plan::logging_plan::Plan;
use crate::records::level::Level;
use crate::setup::defaults::{self, LogOptions};

/// Where a logging configuration may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogConfigSource {
    /// Named by the operator: it has to be readable.
    Named(PathBuf),
    /// At the usual place, where it counts if it is there.
    Usual(PathBuf),
}

impl LogSetup {
    /// Prints for the person at the terminal, who may not see what is logged.
    pub fn print(&self) {
        for problem in &self.problems {
            let _ = writeln!(io::stderr(), "WARNING: {problem}");
        }
        for note in &self.notes {
            let _ = writeln!(io::stderr(), "NOTE: {note}");
        }
    }
}

impl LogConfigSource {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::Usual(path) => path,
        }
    }
}

/// How this process is going to log.
#[derive(Debug)]
pub struct LogSetup {
    /// Loggers and handlers.
    pub plan: Plan,
    /// Whether the plan is that of a logging configuration.
    pub is_configured: bool,
    /// What of the configuration cannot be honoured, with file and line.
    pub problems: Vec<String>,
    /// What an operator may not expect.
    pub notes: Vec<String>,
}

/// Reads the logging configuration, if there is one.
///
/// # Errors
///
/// When a file that the operator has named cannot be read, or is no logging configuration.
pub fn load_setup(source: Option<&LogConfigSource>, options: LogOptions) -> Result<LogSetup, LoadError> {
    let default =
        |problems| LogSetup { plan: defaults::plan(options), is_configured: false, problems, notes: Vec::new() };
    let Some(source) = source else { return Ok(default(Vec::new())) };
    let (plan, problems) = match (load::load(source.path()), source) {
        (Ok(loaded), _) => loaded,
        (Err(error), LogConfigSource::Named(_)) => return Err(error),
        (Err(error), LogConfigSource::Usual(_)) => {
            return Ok(default(vec![format!(
                "{error}; it is ignored, and -v, -d, --no-syslog and --no-console apply"
            )]));
        }
    };
    let mut problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    if plan.handlers.is_empty() {
        let path = source.path().display();
        problems
            .push(format!("{path}: no handler is left, so it is ignored; -v, -d, --no-syslog and --no-console apply"));
        return Ok(default(problems));
    }
    let is_overridden = options.level != Level::WARNING;
    let path = source.path().display();
    let note = is_overridden
        .then(|| format!("{path} decides what is logged, not -v or -d; use --logging-conf '' to ignore it"));
    Ok(LogSetup { plan, is_configured: true, problems, notes: note.into_iter().collect() })
}
