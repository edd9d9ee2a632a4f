//! Several files become one tree.
//!
//! # Layout
//!
//! - `include`: where an include looks for its file or folder
//! - `assemble`: the main file and everything that it includes
//! - `part`: which part of a configuration a file is
//! - `weights`: how much a tree holds
//! - `secret`: what `!env` and `!file` give
//! - `unread`: what lies beside them and is not read
//! - `folder`: a folder with a file for each entry

pub(crate) mod assemble;
pub(crate) mod folder;
pub(crate) mod include;
pub(crate) mod part;
pub(crate) mod secret;

mod unread;
mod weights;
