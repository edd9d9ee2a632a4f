//! Standard streams of a background daemon: the configured files, else nothing.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout};
use smoker_config::spec::settings::DaemonSettings;
use smoker_paths::append;
use smoker_paths::resolved_path::{Owner, ResolvedPath};

use crate::service::error::StartError;
use crate::service::place;

/// The files of the standard streams.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StdioFiles {
    stdin: PathBuf,
    stdout: PathBuf,
    stderr: PathBuf,
    /// Who owns files that are made here: the account that the daemon runs as.
    owner: Option<Owner>,
}

/// The files, open.
#[derive(Debug)]
pub(crate) struct OpenStdio {
    stdin: File,
    stdout: File,
    stderr: File,
}

impl StdioFiles {
    /// As configured. Relative paths start at the folder in which the daemon
    /// was started; a daemon itself works in `/`.
    pub(crate) fn of(settings: &DaemonSettings, working: &Path, owner: Option<Owner>) -> Self {
        let path = |configured: &Path| working.join(configured);
        Self { stdin: path(&settings.stdin), stdout: path(&settings.stdout), stderr: path(&settings.stderr), owner }
    }

    /// Opens them; folders for output that do not exist yet are made. A named pipe that no process reads is an error.
    pub(crate) fn open(&self) -> Result<OpenStdio, StartError> {
        let failed = |stream, path: &Path| {
            let path = path.to_owned();
            move |source| StartError::Stdio { stream, source: place::explained(&path, source), path }
        };
        let append = |path: &Path| append::open(path, self.owner);
        let read = |path: &Path| ResolvedPath::of(path)?.open(OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOCTTY, 0);
        Ok(OpenStdio {
            stdin: read(&self.stdin).map_err(failed("stdin", &self.stdin))?,
            stdout: append(&self.stdout).map_err(failed("stdout", &self.stdout))?,
            stderr: append(&self.stderr).map_err(failed("stderr", &self.stderr))?,
        })
    }
}

impl OpenStdio {
    /// Replaces the process's standard streams.
    pub(crate) fn install(&self) -> io::Result<()> {
        for file in [&self.stdin, &self.stdout, &self.stderr] {
            append::set_blocking(file)?;
        }
        dup2_stdin(&self.stdin)?;
        dup2_stdout(&self.stdout)?;
        dup2_stderr(&self.stderr)?;
        Ok(())
    }
}
