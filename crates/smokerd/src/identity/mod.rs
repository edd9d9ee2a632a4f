//! The commands for identities: `--identity`, `--authorize`, `--authorized`, `--withdraw` and `--token`. They work before a daemon is started, and beside one.
//!
//! # Layout
//!
//! - `run`: each command from its beginning to its end
//! - `clients`: the commands about keys; `tokens`: those about tokens
//! - `described`: what an entry gives, in words
//! - `identity_request`: what the command line asks for
//! - `host_state`: the state folder of the configuration
//! - `first_identity`: what the first identity of a host changes

pub(crate) mod identity_request;
pub(crate) mod run;

mod clients;
mod described;
mod first_identity;
mod host_state;
mod tokens;
