//! Several files become one tree.
//!
//! # Layout
//!
//! - `include`: where an include looks for its file or folder
//! - `assemble`: the main file and everything that it includes
//! - `secret`: what `!env` and `!file` give
//! - `folder`: a folder with a file for each entry

pub(crate) mod assemble;
pub(crate) mod folder;
pub(crate) mod include;
pub(crate) mod secret;
