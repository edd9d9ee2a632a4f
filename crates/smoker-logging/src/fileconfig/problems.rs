//! What a logging configuration asks for and does not get.

use std::fmt;
use std::path::{Path, PathBuf};

/// Something that cannot be honoured; the daemon goes on without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IniProblem {
    path: PathBuf,
    line: usize,
    text: String,
}

impl fmt::Display for IniProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path.display(), self.line, self.text)
    }
}

/// Collects problems while a file is read.
#[derive(Debug)]
pub(crate) struct IniProblems {
    path: PathBuf,
    problems: Vec<IniProblem>,
}

impl IniProblems {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), problems: Vec::new() }
    }

    pub(crate) fn add(&mut self, line: usize, text: impl Into<String>) {
        self.problems.push(IniProblem { path: self.path.clone(), line, text: text.into() });
    }

    /// The problems by line.
    pub(crate) fn finish(mut self) -> Vec<IniProblem> {
        self.problems.sort_by_key(|problem| problem.line);
        self.problems
    }
}
