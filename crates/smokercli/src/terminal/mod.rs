//! Standard output, standard error, and what a terminal can show.
//!
//! # Layout
//!
//! - `console`: standard error: problems, requests and progress
//! - `output`: standard output; `output_file`: files that a call writes its report to
//! - `sanitize`: makes text from hosts harmless for a terminal
//! - `style`: colours

pub(crate) mod console;
pub mod output;
pub(crate) mod output_file;
pub mod sanitize;
pub mod style;
