//! The files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The top folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The text of a file, by its path from the top folder.
pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder, or the file itself, as sorted paths from the top folder.
pub(crate) fn files(path: &str) -> Vec<String> {
    if !root().join(path).is_dir() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<_> = names.flat_map(|name| files(&format!("{path}/{name}"))).collect();
    files.sort();
    files
}
