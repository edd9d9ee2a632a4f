//! Many inputs in a row, in a process that may die of one.
//!
//! # Layout
//!
//! - `supervisor`: watches a worker, and keeps the input that it dies of
//! - `worker`: tries inputs
//! - `position`: what the worker tells the supervisor
//! - `campaign`: many inputs in a row, and the figures of it
//! - `shrink`: a failing input made small

pub mod campaign;
pub mod supervisor;
pub mod worker;

mod position;
mod shrink;
