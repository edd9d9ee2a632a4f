//! `--reload`: asks a daemon to reload its configuration, and waits for the outcome.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::sys::signal::Signal;
use nix::unistd::Pid;
use smoker_runner::process::running::RunningProcess;
use thiserror::Error;

use crate::control::reload_socket::{self, Unreachable};
use crate::control::signal_error::SignalError;
use crate::exit_code;
use crate::output::{self, OutputError};
use crate::reload_requests::report::{Outcome, ReloadReport};
use crate::startup::bounded_read::READ_LIMIT;
use crate::terminal_text::printable;

/// How long the outcome may take: that of the reload that goes on, and of ours after it. The daemon gives up each of them
/// earlier; so long waits only for a daemon that hangs.
const OUTCOME_TIMEOUT: Duration = Duration::from_secs(2 * READ_LIMIT.as_secs() + 20);

/// How long an answer can be.
const MAX_ANSWER: u64 = 1024 * 1024;

/// What a request consists of.
pub(crate) const REQUEST: &[u8] = b"reload\n";

/// Why there is no outcome.
#[derive(Debug, Error)]
pub(crate) enum ReloadError {
    #[error("{0}")]
    Signal(#[from] SignalError),
    #[error("{0}")]
    Unreachable(#[from] Unreachable),
    #[error(
        "process {pid} has not said within {} seconds what became of the reload; read its log",
        OUTCOME_TIMEOUT.as_secs()
    )]
    NoAnswer { pid: Pid },
    #[error("process {pid} ended, or refused this account, before it said what became of the reload; read its log")]
    Ended { pid: Pid },
    #[error("process {pid} answered in a way that this version does not know: {error}; restart it")]
    Unknown { pid: Pid, error: serde_json::Error },
    #[error("the configuration is reloaded, but {0}")]
    Output(#[from] OutputError),
}

/// Has a daemon reload, prints what became of it, and returns the exit code.
///
/// A daemon without the socket gets SIGHUP: what becomes of that cannot be known here.
pub(crate) fn reload(daemon: &RunningProcess) -> Result<u8, ReloadError> {
    let pid = daemon.pid();
    let Some(stream) = reload_socket::connect(pid)? else {
        daemon.signal(Signal::SIGHUP).map_err(|errno| SignalError { pid, errno })?;
        output::report(format_args!(
            "WARNING: process {pid} was sent SIGHUP; it has no socket that says what became of the reload, as an older \
             version: read its log, and restart it"
        ));
        return Ok(exit_code::SUCCESS);
    };
    let answer = exchange(stream).map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ReloadError::NoAnswer { pid },
        _ => ReloadError::Ended { pid },
    })?;
    let report = serde_json::from_slice(&answer).map_err(|error| ReloadError::Unknown { pid, error })?;
    print(&report)
}

fn exchange(mut stream: UnixStream) -> io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(OUTCOME_TIMEOUT))?;
    stream.write_all(REQUEST)?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
    if answer.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(answer) }
}

/// What a problem of several lines may have.
const SEVERAL_LINES: [char; 2] = ['\t', '\n'];

fn print(report: &ReloadReport) -> Result<u8, ReloadError> {
    for line in report.lines() {
        output::report(format_args!("{}", printable(&line, &SEVERAL_LINES)));
    }
    let summary = printable(&report.summary, &SEVERAL_LINES);
    Ok(match report.outcome {
        Outcome::InEffect => {
            output::print_line(summary)?;
            exit_code::SUCCESS
        }
        Outcome::InPart => {
            output::report(format_args!("WARNING: {summary}; what is listed above is not in effect"));
            exit_code::RELOADED_IN_PART
        }
        Outcome::Refused => {
            output::report(format_args!("ERROR: {summary}"));
            exit_code::FAILURE
        }
    })
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn an_answer_without_an_end_is_read_to_the_bound() {
        let (ours, mut theirs) = UnixStream::pair().expect("sockets");
        let writer = thread::spawn(move || while theirs.write_all(&[b' '; 4096]).is_ok() {});
        let answer = exchange(ours).expect("an answer");
        assert_eq!(u64::try_from(answer.len()).expect("a length"), MAX_ANSWER);
        writer.join().expect("writes until nobody reads");
    }
}
