//! What NATS costs: a fleet of simulated bridges, and a real bridge, each beside bare NATS.
//!
//! # Layout
//!
//! - the measures: `fleet`, `dying` and `bridge`
//! - `server`: a real NATS server, and simulated bridges: this program, started once more
//! - `bare_client`: asks with as little work as possible; `bare_fleet` asks all hosts so: this program, started once more
//! - `stub_daemon`: answers behind a real bridge: this program, started once more

mod bare_client;
pub(crate) mod bare_fleet;
pub(crate) mod bridge;
pub(crate) mod dying;
pub(crate) mod fleet;
pub(crate) mod server;
pub(crate) mod stub_daemon;
