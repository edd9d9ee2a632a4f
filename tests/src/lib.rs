//! What the end to end tests are made of.
//!
//! # Layout
//!
//! - `binary`: finds the built program and refuses one that is older than its sources
//! - `wait`: conditions with a deadline
//! - `http`: a small blocking client that can also misbehave
//! - `started`: a program that a test has started
//! - `interrupt`: what an interrupted run of the tests leaves
//! - `executable`: writes programs that tests run
//! - `sandbox`: a private folder, port and environment for one test
//! - `config`: writes the configuration of a test
//! - `canned`: the pages of a daemon that is simulated
//! - `cli`: runs a program to its end
//! - `boot`: how the daemon of a test is started, in the foreground or in the background
//! - `daemon`: the real daemon, booted for one test
//! - `service_manager`: hears what a daemon tells who has started it
//! - `lines`: looks for lines in what a program said
//! - `machine`: what this machine has: processes, ports, cgroups, and a copy of it that a test may change
//! - `documents`: what a page of the documentation or a program's help has
//! - `escapes`: plugins whose processes do what they can to outlive their run
//! - `outcome`: one result of a plugin, read for what a test asks
//! - `random`: what random tests are made of
//! - `receiver`: receives what actions post
//! - `otlp`: a collector of the OpenTelemetry protocol
//! - `nats`: a real NATS server, and bridges
//! - `replay`: the recorded cases of the original, asked of any daemon

#![forbid(unsafe_code)]
#![expect(clippy::missing_panics_doc, reason = "a fixture that cannot do its work fails its test, by panicking")]

pub mod binary;
pub mod boot;
pub mod canned;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod documents;
pub mod escapes;
pub mod executable;
pub mod http;
mod interrupt;
pub mod lines;
pub mod machine;
pub mod nats;
pub mod otlp;
pub mod outcome;
pub mod random;
pub mod receiver;
pub mod replay;
pub mod sandbox;
pub mod service_manager;
pub mod started;
pub mod wait;
