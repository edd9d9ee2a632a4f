//! From the command line and a logging configuration to running handlers.
//!
//! # Layout
//!
//! - `source`: the plan that logging follows
//! - `defaults`: the plan without a logging configuration
//! - `build`: a plan becomes a router and the writers behind it

pub(crate) mod build;
pub mod defaults;
pub mod source;
