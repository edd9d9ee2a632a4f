//! What a page of the documentation or a program's help has.
//!
//! # Layout
//!
//! - `markdown`: examples and tables of a page
//! - `help`: the options that a program's help shows

pub mod help;
pub mod markdown;
