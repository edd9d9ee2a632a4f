//! Modules that follow a result.
//!
//! # Layout
//!
//! - `webhook`: posts the result as JSON
//! - `alertmanager`: sends alerts to Alertmanagers
//! - `restart`: restarts a service
//! - `nsca`: sends the result to Nagios
//! - `told`: what an action is told; `post`: posts JSON
//! - `push`: posts JSON of the daemon itself to one address, again and again

pub(crate) mod alertmanager;
pub mod nsca;
mod post;
pub mod push;
pub mod restart;
mod told;
pub(crate) mod webhook;
