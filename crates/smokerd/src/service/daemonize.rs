//! Into the background.
//!
//! The starting command waits until the daemon serves, so that its exit code
//! tells whether it does. Must happen before the first thread.

use std::io::{self, PipeReader, PipeWriter, Read, Write, pipe};

use fork::{Fork, fork, setsid};

use crate::service::signals;

/// Tells the starting command that the daemon serves. Dropped without a word
/// it tells that the start failed.
#[derive(Debug)]
pub(crate) struct Readiness(PipeWriter);

/// Who we are after the fork.
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
        // Whoever waits here may lose patience.
        signals::let_in();
        return Ok(Side::Starter { is_serving: wait_for_word(reader) });
    }
    drop(reader);
    setsid()?;
    if let Fork::Parent(_) = fork()? {
        std::process::exit(0);
    }
    std::env::set_current_dir("/")?;
    Ok(Side::Daemon(Readiness(writer)))
}

fn wait_for_word(mut reader: PipeReader) -> bool {
    let mut word = [0];
    matches!(reader.read(&mut word), Ok(1))
}

impl Readiness {
    /// The daemon serves from now on.
    pub(crate) fn tell(mut self) {
        // A starting command that was killed meanwhile does not matter to the daemon.
        let _ = self.0.write_all(b"1");
    }
}
