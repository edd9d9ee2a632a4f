//! `Check: dns`: names and their records, as the host finds them or as a server answers.
//!
//! # Layout
//!
//! - `check`: the declaration and the run
//! - `server`: asks servers
//! - `message`: questions and answers as they are on the wire

pub(crate) mod check;

mod message;
mod server;
