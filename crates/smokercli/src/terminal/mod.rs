//! Standard output, standard error, and what a terminal can show.
//!
//! # Layout
//!
//! - `output`: standard output
//! - `progress`: standard error while hosts are asked
//! - `sanitize`: makes text from hosts harmless for a terminal
//! - `style`: colours

pub(crate) mod output;
pub(crate) mod progress;
pub mod sanitize;
pub mod style;
