//! A record becomes text, by the formats of Python's `logging.Formatter`.
//!
//! # Layout
//!
//! - `formatter`: the whole format
//! - `field`: what a record has to offer
//! - `percent`, `brace`, `dollar`: the three styles of writing a format; `spec`: a brace's width and type
//! - `part`: what a format is made of
//! - `date`: `datefmt`

mod brace;
mod date;
mod dollar;
mod field;
pub(crate) mod formatter;
mod part;
mod percent;
mod spec;
