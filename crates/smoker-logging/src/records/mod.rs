//! What is logged.
//!
//! # Layout
//!
//! - `record`: one thing that is logged, before it is formatted
//! - `level`: Python's levels
//! - `logger_names`: which logger a module belongs to
//! - `escape`: characters that no line may have

pub(crate) mod escape;
pub mod level;
pub mod logger_names;
pub(crate) mod record;
