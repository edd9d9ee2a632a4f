//! `smoker-bridge`: connects a daemon to NATS, so that a fleet is reached where hosts only dial out, and its results are in one place.
//!
//! # Layout
//!
//! - `cli`: the command line
//! - `settings`: what the command line and the file say together; `options`: what both have
//! - `serve`: the bridge from its start to its end
//! - `sink`: takes results out of the stream
//! - `requests`: answers requests; `presence`: says that the host is there; `results`: publishes results
//! - `position`: up to which result the stream has all
//! - `events`: the events of the daemon; `daemon`: asks the daemon over its socket
//! - `head`: the head of a request, and answers of the bridge itself
//! - `connection`: the connection to NATS
//! - `failure`: why the program ends

#![forbid(unsafe_code)]

mod cli;
mod connection;
mod daemon;
mod events;
mod failure;
mod head;
mod options;
mod position;
mod presence;
mod requests;
mod results;
mod serve;
mod settings;
mod sink;

use std::io::{self, Write};
use std::process::ExitCode;

use smoker_logging::log;

use crate::cli::Command;
use crate::failure::Failure;

fn main() -> ExitCode {
    let ended = run();
    log::finish();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Without standard error there is no place for the problem of writing to it.
            let _ = writeln!(io::stderr(), "ERROR: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn run() -> Result<(), Failure> {
    match cli::command(std::env::args_os())? {
        Command::Print(text) => io::stdout()
            .write_all(text.as_bytes())
            .map_err(|error| Failure::new(format!("cannot write to standard output: {error}"))),
        Command::Check => Ok(()),
        Command::Bridge(settings) => serve::bridge(settings),
        Command::Streams(settings, keep) => serve::make_streams(&settings, &keep),
        Command::Sink(settings, target) => serve::sink(&settings, target),
    }
}
