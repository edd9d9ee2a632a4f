//! The limit for modules: an interpreter that is warm and forks for each run,
//! with nothing around it.

use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// What the interpreter runs.
const SCRIPT: &str = include_str!("warm.py");

/// The interpreter that `python3` in `PATH` is in the end: it may be a script
/// that looks for one, whose own time would count as the interpreter's.
pub(crate) fn interpreter() -> io::Result<PathBuf> {
    let said = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output()?;
    let path = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    if path.is_empty() { Err(io::Error::other("python3 does not tell its path")) } else { Ok(path.into()) }
}

/// A warm interpreter. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct WarmPython {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    answer: String,
}

impl WarmPython {
    /// Starts one that finds modules in this folder, and waits until it is warm.
    pub(crate) fn start(modules: &Path) -> io::Result<Self> {
        let mut command = Command::new(interpreter()?);
        command.args(["-c", SCRIPT]).arg(modules).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let closed = || io::Error::other("it was started without its streams");
        let stdin = child.stdin.take().ok_or_else(closed)?;
        let mut stdout = child.stdout.take().map(BufReader::new).ok_or_else(closed)?;
        stdout.read_line(&mut String::new())?;
        Ok(Self { child, stdin, stdout, answer: String::new() })
    }

    /// Runs a module, from the request to the result.
    pub(crate) fn run(&mut self, module: &str) -> io::Result<Duration> {
        let begin = Instant::now();
        self.stdin.write_all(format!("{module}\n").as_bytes())?;
        self.answer.clear();
        self.stdout.read_line(&mut self.answer)?;
        let time = begin.elapsed();
        if self.answer.contains("\"OK\"") {
            return Ok(time);
        }
        Err(io::Error::other(format!("its module said '{}'", self.answer.trim())))
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> i32 {
        // A process id that does not fit is none, and nothing is found under 0.
        self.child.id().try_into().unwrap_or_default()
    }
}

impl Drop for WarmPython {
    fn drop(&mut self) {
        // Both fail only for a process that is gone, which is all that is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
