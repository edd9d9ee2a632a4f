//! Which hosts are asked.
//!
//! # Layout
//!
//! - `hosts`: addresses, ranges and files of them

pub mod hosts;
