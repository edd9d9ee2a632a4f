//! Modules that look at something.
//!
//! # Layout
//!
//! - `shipped`: those that the original shipped
//! - `host`: processors, memory, kernel
//! - `files`: file systems, files
//! - `services`: processes, services, ports, packages, accounts
//! - `network`: whatever answers over a network
//! - `data`: databases and caches
//! - `plugins`: other plugins, and jobs that report to the daemon
//!
//! - `system_file`: files of the kernel and the system, read with a bound
//! - `fan_out`: many things looked at at a time, each within a limit

pub(crate) mod data;
pub(crate) mod files;
pub(crate) mod host;
pub(crate) mod network;
pub(crate) mod plugins;
pub(crate) mod services;
pub(crate) mod shipped;

mod fan_out;
mod system_file;
