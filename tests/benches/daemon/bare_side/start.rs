//! Starts this program once more as one of the limits that the daemon is held
//! against, so that a limit has a process of its own as the daemon has.

use std::env;
use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

/// A limit that runs. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Bare {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Bare {
    /// Starts this program with these arguments.
    pub(crate) fn start(arguments: &[&str]) -> io::Result<Self> {
        let mut child =
            Command::new(env::current_exe()?).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().map(BufReader::new).ok_or_else(|| io::Error::other("no standard output"))?;
        Ok(Self { child, stdout })
    }

    /// The number on the next line that it prints.
    pub(crate) fn number<T: std::str::FromStr>(&mut self) -> io::Result<T> {
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        let unexpected = || io::Error::other(format!("the limit's own process said '{}'", line.trim()));
        line.trim().parse().map_err(|_| unexpected())
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // Both fail only for a process that is gone, which is all that is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ends this process when the one that started it is gone, whose end of our
/// standard input closes then.
pub(crate) fn end_with_parent() {
    thread::spawn(|| {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}
