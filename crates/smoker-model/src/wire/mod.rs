//! The bodies of the REST interface. The daemon, its clients and the fuzzer read and write them through these types.
//!
//! A type has the members that every side relies on, and ignores others that a daemon of another version may add.
//!
//! # Layout
//!
//! - `about`: `GET /`, and the header that says which start of the daemon answers
//! - `pages`: plugins, with or without their results
//! - `plugin`: a plugin and its results on these pages
//! - `result`: a result in its shapes
//! - `results`: results with what is known of their runs, and their summary
//! - `events`: what a client that listens gets beside results
//! - `force`: forced runs, from the request on
//! - `report`: what a job reports
//! - `reload`: what became of a reload
//! - `error`: why a request has failed
//! - `explanation`: what decides when a plugin runs
//! - `silences`: spans of time in which no action follows
//! - `not_loaded`: the plugins that were left out, in a header of `GET /plugins`

pub mod about;
pub mod error;
pub mod events;
pub mod explanation;
pub mod force;
pub mod not_loaded;
pub mod pages;
pub mod plugin;
pub mod reload;
pub mod report;
pub mod result;
pub mod results;
pub mod silences;

/// The TCP port that the daemon listens on and the client connects to, unless configured.
pub const DEFAULT_PORT: u16 = 8086;
