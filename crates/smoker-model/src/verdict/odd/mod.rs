//! Which hosts are odd, and why.
//!
//! # Layout
//!
//! - `alike`: which hosts give the same answer, and which do not; `row`: where they do not; `consequences`: what follows from another row
//! - `mask`: what of a text differs between hosts that are alike
//! - `facts`: which fact best separates those that differ from the others; `fisher`: the test for it

pub mod alike;
pub mod facts;
pub mod mask;
pub mod row;

mod consequences;
mod fisher;
