//! The hosts to ask.
//!
//! # Layout
//!
//! - `expressions`: all hosts of a command line
//! - `range`: ranges such as `web[01-40]`
//! - `address`: the address of one daemon
//! - `file`: hosts files

pub mod address;
pub mod expressions;
pub mod file;
mod range;
