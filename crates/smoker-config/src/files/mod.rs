//! Several files become one tree.
//!
//! # Layout
//!
//! - `include`: where an include looks for its file or folder
//! - `assemble`: the main file and everything that it includes
//! - `part`: which part of a configuration a file is
//! - `weights`: how much a tree holds
//! - `secret`: what `!env` and `!file` give
//! - `folder`: a folder with a file for each entry

pub(crate) mod assemble;
pub(crate) mod folder;
pub(crate) mod include;
pub(crate) mod part;
pub(crate) mod secret;

mod weights;
