//! Options that several commands have.
//!
//! # Layout
//!
//! - `host_args`: which hosts are asked, and how; `filter_args`: which plugins are selected
//! - `budget_args`: how many bad hosts are allowed
//! - `console_args`: how much is written to a terminal, and in which colours

pub(crate) mod budget_args;
pub(crate) mod console_args;
pub(crate) mod filter_args;
pub(crate) mod host_args;
