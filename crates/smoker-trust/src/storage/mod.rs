//! Private folders and files.
//!
//! # Layout
//!
//! - `private_folder`: a folder of mode 0700; `private_file`: a file of mode 0600 in one
//! - `text_file`: small texts that are edited in one step
//! - `lines`: the lines of such a text
//! - `regular_file`: files of a bounded size, as all of these are read
//! - `pem`: PEM, written and read
//! - `file_error`: what goes wrong with a file

pub mod file_error;
pub mod lines;
pub mod pem;
pub mod private_file;
pub mod private_folder;
pub mod regular_file;
pub mod text_file;
