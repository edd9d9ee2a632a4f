//! The real daemon, end to end: one program for all of these tests, so that they run beside each other.
//!
//! # Layout
//!
//! - `configure`: configurations and command lines, good and bad, before anything is started
//! - `service`: start, background, pidfile, stop, ids, service managers and init scripts
//! - `run`: one run of a plugin: when it starts, what it gets, how it ends, what it leaves
//! - `paths`: paths that another account controls
//! - `reload`: SIGHUP
//! - `journal`: results that last
//! - `access`: who may ask
//! - `api`: the REST interface, its limits, and the client that uses it
//! - `nats`: `smoker-bridge`, which connects a daemon to NATS
//! - `otlp`: what is sent to a collector of the OpenTelemetry protocol
//! - `gate`: `smokercli gate` around restarts and changes
//! - `logging`: every handler of the log
//! - `replay`: the recorded cases of the original

mod access;
mod api;
mod configure;
mod gate;
mod journal;
mod logging;
mod nats;
mod otlp;
mod paths;
mod reload;
mod replay;
mod run;
mod service;
