//! What would fail in every run, found without a run.
//!
//! # Layout
//!
//! - `executable`: programs that an account may not run
//! - `shell_syntax`: commands that the shell does not understand
//! - `rendering`: commands that no run can fill in

pub mod executable;
pub mod rendering;
pub mod shell_syntax;
