//! Processors, memory, kernel: what the host itself is like.
//!
//! # Layout
//!
//! - `load`, `cpu`: how busy the processors are
//! - `memory`, `swap`: how much memory is left
//! - `uptime`: how long the host runs
//! - `kernel`: parameters of the kernel
//! - `interface`: network interfaces
//! - `meminfo`, `pressure`: files of the kernel that several of them read

pub(crate) mod cpu;
pub(crate) mod interface;
pub(crate) mod kernel;
pub(crate) mod load;
pub(crate) mod memory;
pub(crate) mod swap;
pub(crate) mod uptime;

mod meminfo;
mod pressure;
