//! Moves the daemon into the background.
//!
//! The starting command waits until the daemon serves, so that its exit code
//! says whether it does. Must happen before the first thread.

use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};

use fork::{Fork, fork, setsid};

use crate::service::signals;

/// Reports to the starting command that the daemon serves. If it is dropped before,
/// the start has failed.
#[derive(Debug)]
pub(crate) struct Readiness(PipeWriter);

/// Which process this is after the fork.
#[derive(Debug)]
pub(crate) enum Side {
    /// The starting command; whether the daemon came up.
    Starter { is_serving: bool },
    /// The daemon.
    Daemon(Readiness),
}

/// Leaves terminal, session and folder behind. Forks twice, so that the daemon
/// leads no session and cannot get a terminal again.
pub(crate) fn daemonize() -> io::Result<Side> {
    let (reader, writer) = pipe()?;
    if let Fork::Parent(_) = fork()? {
        drop(writer);
        // An operator may interrupt the command while it waits.
        signals::unblock_signals();
        return Ok(Side::Starter { is_serving: wait_for_readiness(reader) });
    }
    drop(reader);
    setsid()?;
    if let Fork::Parent(_) = fork()? {
        std::process::exit(0);
    }
    std::env::set_current_dir("/")?;
    Ok(Side::Daemon(Readiness(writer)))
}

fn wait_for_readiness(mut reader: PipeReader) -> bool {
    let mut byte = [0];
    matches!(reader.read(&mut byte), Ok(1))
}

impl Readiness {
    /// Reports that the daemon serves.
    pub(crate) fn report(mut self) {
        // A starting command that was killed meanwhile does not matter to the daemon.
        let _ = self.0.write_all(b"1");
    }
}
