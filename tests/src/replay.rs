//! The recorded cases of the original, asked of any daemon. The format of the
//! cases is described in `corpus/daemon/README.md`.
//!
//! # Layout
//!
//! - `case`: one recorded case, read from its folder
//! - `step`: what a case does and what it expects
//! - `run`: does the steps with a daemon of its own
//! - `response`: compares two HTTP answers
//! - `compare`: compares two JSON values
//! - `placeholder`: compares two texts, one of them with placeholders
//! - `verdict`: what came out
//! - `accepted`: the differences from the original that are meant

pub mod accepted;
pub mod case;
pub mod compare;
pub mod placeholder;
pub mod response;
pub mod run;
pub mod step;
pub mod verdict;
