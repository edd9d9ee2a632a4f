//! What keys and TLS cost.
//!
//! # Layout
//!
//! - the measures: `fleet` of hosts known by their keys, `forced` run from a new process beside `nrpe`'s, `kept` connections, `bad_tokens`
//! - `keys`: a daemon's and a client's, which know each other
//! - `simulator`: daemons over TLS: this program, started once more
//! - `nrpe`: the NRPE server of the system

pub(crate) mod bad_tokens;
pub(crate) mod fleet;
pub(crate) mod forced;
pub(crate) mod kept;
pub(crate) mod simulator;

mod keys;
mod nrpe;
