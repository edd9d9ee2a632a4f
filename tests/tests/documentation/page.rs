//! The pages of the documentation.

use std::fs;
use std::path::{Path, PathBuf};

/// Where pages take the configuration to be.
pub(crate) const FOLDER: &str = "/etc/smokerd/";

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a page, by its path from the top of the repository.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
