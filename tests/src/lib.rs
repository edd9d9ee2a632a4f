//! What the end to end tests are made of.
//!
//! # Layout
//!
//! - `binary`: finds the built program and refuses one that is older than its sources
//! - `wait`: conditions with a deadline
//! - `ports`: TCP ports that nobody else uses
//! - `processes`: what `/proc` tells of other processes, and strays of a test
//! - `http`: a small blocking client that can also misbehave
//! - `started`: a program that a test has started
//! - `sandbox`: a private folder, port and environment for one test
//! - `private_root`: a copy of this machine that a test may change
//! - `config`: writes the configuration of a test
//! - `cli`: runs a program to its end
//! - `boot`: how the daemon of a test is started, in the foreground or in the background
//! - `daemon`: the real daemon, booted for one test
//! - `service_manager`: hears what a daemon tells who has started it
//! - `help`: the options that a program shows
//! - `lines`: looks for lines in what a program said
//! - `markdown`: finds examples and tables in a page of the documentation
//! - `containment`: with and without cgroups
//! - `escapes`: plugins whose processes do what they can to outlive their run
//! - `outcome`: one result of a plugin, read for what a test asks
//! - `hostile_values`: values that would be code if a shell read any of them as such
//! - `property`: seeds and counts of what is made at random
//! - `shell_signs`: signs of the shell, from which random commands are made
//! - `skip`: what this machine lacks, told loudly
//! - `replay`: the recorded cases of the original, asked of any daemon

#![forbid(unsafe_code)]
#![expect(clippy::missing_panics_doc, reason = "a fixture that cannot do its work fails its test, by panicking")]

pub mod binary;
pub mod boot;
pub mod cli;
pub mod config;
pub mod containment;
pub mod daemon;
pub mod escapes;
pub mod help;
pub mod hostile_values;
pub mod http;
pub mod lines;
pub mod markdown;
pub mod outcome;
pub mod ports;
pub mod private_root;
pub mod processes;
pub mod property;
pub mod replay;
pub mod sandbox;
pub mod service_manager;
pub mod shell_signs;
pub mod skip;
pub mod started;
pub mod wait;
