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
//! Inputs:
//! - `random`: random choices
//! - `fields`: inputs of several parts
//! - `mutate`: kept inputs, changed
//! - `pool`: what is kept
//! - `corpus`: what is kept in the repository
//!
//! Checks:
//! - `targets`: one file for each target; `target`: what a target is
//! - `xml`: whether a text is well-formed XML
//! - `limits`: what one input may cost
//! - `trial`: runs a target on one input and measures it
//! - `panics`: catches what panics
//!
//! Runs:
//! - `campaign`: many inputs in a row, and the figures of it
//! - `shrink`: a failing input made small
//! - `worker`, `supervisor`: the two processes; `position`: what one tells the other
//! - `cli`: what was typed

#![forbid(unsafe_code)]

pub mod campaign;
pub mod cli;
pub mod corpus;
pub mod limits;
pub mod supervisor;
pub mod target;
pub mod targets;
pub mod trial;
pub mod worker;

mod fields;
mod mutate;
mod panics;
mod pool;
mod position;
mod random;
mod shrink;
mod xml;
