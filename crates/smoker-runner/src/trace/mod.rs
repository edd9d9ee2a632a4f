//! What a run shows besides its result, for an operator who tries a plugin.
//!
//! # Layout
//!
//! - `run_trace`: the trace of one run
//! - `recorder`: records it while the run goes on

pub mod recorder;
pub mod run_trace;
