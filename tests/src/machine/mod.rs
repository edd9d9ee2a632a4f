//! What this machine has.
//!
//! # Layout
//!
//! - `private_root`: a copy of this machine that a test may change
//! - `containment`: with and without cgroups
//! - `processes`: other processes in `/proc`, and strays of a test
//! - `network`: network namespaces: addresses of a test's own, and other hosts
//! - `cable`: a way to a port that can be cut off
//! - `pki`: an authority as a site has one
//! - `ports`: TCP ports that nobody else uses
//! - `skip`: what this machine lacks, reported loudly

pub mod cable;
pub mod containment;
pub mod network;
pub mod pki;
pub mod ports;
pub mod private_root;
pub mod processes;
pub mod skip;
