//! What `smokercli trust` does.
//!
//! # Layout
//!
//! - `add`: has a key accepted by daemons over SSH; `ssh`: runs a command on hosts
//! - `scan`: asks daemons for their keys; `known`: lists keys; `remove`: forgets keys, and withdraws access over SSH
//! - `ca`: an authority of the user's own; `join`: a host that has no SSH; `bounded_stream`: its connection
//! - `nats_config`: what a NATS server permits the hosts of a fleet; `nats_certificates`: who they are
//! - `operator`: the user's key; `targets`: the hosts of a command; `parallel`: several of them at a time

mod add;
mod bounded_stream;
mod ca;
mod join;
mod known;
mod nats_certificates;
mod nats_config;
mod operator;
mod parallel;
mod remove;
mod scan;
mod ssh;
mod targets;

use crate::cli::trust_args::{CaCommand, TrustCommand};
use crate::config::ClientConfig;
use crate::error::ExitError;
use crate::trust_store::TrustStore;

/// Runs a command. Returns the exit code.
///
/// # Errors
///
/// When it cannot be done at all; hosts that fail are reported one by one.
pub(crate) fn run(command: &TrustCommand, config: &ClientConfig) -> Result<u8, ExitError> {
    let store = TrustStore::load().map_err(|error| ExitError::new(error.to_string()))?;
    match command {
        TrustCommand::Key(identity) => operator::print_key(&store, identity),
        TrustCommand::Add(args) => add::run(&store, args, config),
        TrustCommand::List => known::list(&store),
        TrustCommand::Remove(args) => remove::run(&store, args, config),
        TrustCommand::Scan(args) => scan::run(&store, args, config),
        TrustCommand::Ca(CaCommand::Init(args)) => ca::init(&store, args),
        TrustCommand::Ca(CaCommand::Sign(args)) => ca::sign(&store, args, config),
        TrustCommand::Ca(CaCommand::Request(args)) => ca::request(args),
        TrustCommand::Ca(CaCommand::Install(args)) => ca::install(args),
        TrustCommand::Ca(CaCommand::Join(args)) => join::run(&store, args),
        TrustCommand::NatsConfig(args) => nats_config::write(&store, args, &config.port),
    }
}
