//! Which plan counts: that of a logging configuration, or the default.

use std::path::{Path, PathBuf};

use crate::defaults::{self, Wanted};
use crate::fileconfig::load::{self, LoadError};
use crate::level::Level;
use crate::plan::Plan;

/// Where a logging configuration may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Named by the operator: it has to be readable.
    Named(PathBuf),
    /// At the usual place, where it counts if it is there.
    Usual(PathBuf),
}

impl Setup {
    /// Tells the person at the terminal, who may not see what is logged.
    pub fn print(&self) {
        for problem in &self.problems {
            eprintln!("WARNING: {problem}");
        }
        for note in &self.notes {
            eprintln!("NOTE: {note}");
        }
    }
}

impl Source {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Named(path) | Self::Usual(path) => path,
        }
    }
}

/// How logging is going to be.
#[derive(Debug)]
pub struct Setup {
    /// Loggers and handlers.
    pub plan: Plan,
    /// Whether a logging configuration counts.
    pub is_configured: bool,
    /// What of the configuration cannot be honoured, by line.
    pub problems: Vec<String>,
    /// What may be a surprise.
    pub notes: Vec<String>,
}

/// Reads the logging configuration, if there is one.
///
/// # Errors
///
/// When one that the operator has named is none.
pub fn setup(source: Option<&Source>, wanted: Wanted) -> Result<Setup, LoadError> {
    let default = |problems| Setup { plan: defaults::plan(wanted), is_configured: false, problems, notes: Vec::new() };
    let Some(source) = source else { return Ok(default(Vec::new())) };
    let (plan, problems) = match (load::load(source.path()), source) {
        (Ok(loaded), _) => loaded,
        (Err(error), Source::Named(_)) => return Err(error),
        (Err(error), Source::Usual(_)) => {
            return Ok(default(vec![format!("{error}; -v, -d, --no-syslog and --no-console decide")]));
        }
    };
    let mut problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    if plan.handlers.is_empty() {
        let path = source.path().display();
        problems.push(format!("{path}: no handler is left; -v, -d, --no-syslog and --no-console decide"));
        return Ok(default(problems));
    }
    let is_overridden = wanted.level != Level::WARNING;
    let path = source.path().display();
    let note =
        is_overridden.then(|| format!("{path} decides what is logged, not -v or -d; --logging-conf '' leaves it out"));
    Ok(Setup { plan, is_configured: true, problems, notes: note.into_iter().collect() })
}
