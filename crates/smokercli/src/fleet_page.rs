//! What `smoker-fleet` is made of on the client's side: its command line, and the answers of its hosts.

use std::ffi::OsString;
use std::time::Duration;

use crate::cli::commands::fleet_args::FleetArgs;
use crate::client::fleet::{Fleet, FleetAnswer};
use crate::client::observer::NoProgress;
use crate::client::session::{ForcedRuns, Session};
use crate::commands::{self, Found};
use crate::config::ClientConfig;
use crate::error::ExitError;
use crate::filter::{Filter, FilterMode};
use crate::listen::Listen;
use crate::query;
use crate::targets::Targets;
use crate::transport::any::AnyTransport;

/// What a command line of `smoker-fleet` asks for.
#[derive(Debug)]
pub enum FleetCommand {
    /// Printing this text, such as the help.
    Print(String),
    /// Serving the page of these hosts.
    Serve(Box<FleetPage>),
}

/// The hosts of a page, and how they are asked.
#[derive(Debug)]
pub struct FleetPage {
    listen: Listen,
    every: Duration,
    filter: Filter,
    targets: Box<Targets>,
}

/// Reads the command line, the program's name first, and finds the hosts.
///
/// # Errors
///
/// When it cannot be understood, or names no hosts.
pub fn command(arguments: impl Iterator<Item = OsString>) -> Result<FleetCommand, ExitError> {
    let config = ClientConfig::load().map_err(|error| ExitError::new(error.to_string()))?;
    let words: Vec<_> = arguments.collect();
    match commands::found::<FleetArgs>(&words, &config)? {
        Found::Print(text) => Ok(FleetCommand::Print(text)),
        Found::Hosts(args, targets, _) => {
            let filter = query::filter(&args.filters)?;
            Ok(FleetCommand::Serve(Box::new(FleetPage { listen: args.listen()?, every: args.every, filter, targets })))
        }
    }
}

impl FleetPage {
    /// Where the page is served.
    #[must_use]
    pub fn listen(&self) -> &Listen {
        &self.listen
    }

    /// The time from the start of a round to the start of the next one.
    #[must_use]
    pub fn every(&self) -> Duration {
        self.every
    }

    /// The number of hosts.
    #[must_use]
    pub fn hosts(&self) -> usize {
        self.targets.selection.len()
    }

    /// What carries the requests.
    ///
    /// # Errors
    ///
    /// When an option of it cannot be used, such as a file of certificates.
    pub fn transport(&self) -> Result<AnyTransport, ExitError> {
        self.targets.transport()
    }

    /// Asks all hosts for their last results; runs nothing. Hosts that do not answer are in the answers, too.
    pub async fn ask(&self, transport: &AnyTransport) -> Vec<FleetAnswer> {
        let names = if self.filter.mode == FilterMode::Keep { self.filter.names.as_slice() } else { &[] };
        let session = Session {
            transport,
            observer: &NoProgress,
            hosts: self.targets.selection.len(),
            forces: ForcedRuns::None,
            names,
            values: None,
        };
        let mut fleet = Fleet::new(self.targets.selection.addresses());
        fleet.ask(&session).await;
        fleet.select(&self.filter);
        fleet.into_answers()
    }
}
