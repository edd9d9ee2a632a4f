//! Values as text, and text as values.
//!
//! # Layout
//!
//! - `value_json`: values and JSON; `bounded_json`: JSON of untrusted origin, with a bound on its values
//! - `python_json`: JSON as Python writes it
//! - `python_json_reader`: JSON as Python reads it; `json_scanner`: its words; `read_error`: why a text is none
//! - `python_text`: values written the way Python's `str()` and `repr()` write them
//! - `escaped_bytes`: bytes that are escaped in a text
//! - `shell_word`: words of command lines for shells

pub mod bounded_json;
pub mod escaped_bytes;
mod json_scanner;
pub mod python_json;
pub mod python_json_reader;
pub mod python_text;
pub mod read_error;
pub mod shell_word;
mod value_json;
