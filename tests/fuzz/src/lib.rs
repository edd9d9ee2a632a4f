//! Feeds random input to everything in Smoker that reads what others wrote.
//!
//! ```text
//! cargo run --profile fuzz -p smoker-fuzz -- TARGET --inputs 100000 --seed 1
//! cargo run --profile fuzz -p smoker-fuzz -- TARGET --reproduce FILE
//! ```
//!
//! A target turns bytes into calls of one reader and checks what has to hold:
//! no panic, a bound on time and memory, and whatever else is known of the
//! answer. Inputs are made by a grammar of the target's own and by changing
//! kept ones (`corpus/TARGET`); an input with an outcome that was not seen
//! before is kept for the rest of the run, so that the next ones get deeper.
//! The same seed makes the same inputs.
//!
//! A worker process does this, and a supervisor watches it: an input that
//! makes the process die or hang is found and kept like one that panics.
//!
//! # Layout
//!
//! - `cli`: what was typed
//! - `runs`: many inputs in a row, in a process that is watched
//! - `trial`: runs a target on one input and measures it
//! - `panics`: catches what panics
//! - `limits`: what one input may cost
//! - `targets`: one file for each target; `target`: what a target is
//! - `inputs`: what a target is given

#![forbid(unsafe_code)]

pub mod cli;
pub mod inputs;
pub mod limits;
pub mod runs;
pub mod target;
pub mod targets;
pub mod trial;

mod panics;
