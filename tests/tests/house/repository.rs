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

/// The bytes of a file, which may be no text.
pub(crate) fn bytes(path: &str) -> Vec<u8> {
    fs::read(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below a folder, or the file itself, as sorted paths from the top folder. None for a link or a missing path, and
/// none of what npm installs.
pub(crate) fn files(path: &str) -> Vec<String> {
    match fs::symlink_metadata(root().join(path)) {
        Ok(_) if path.ends_with("/node_modules") => return Vec::new(),
        Ok(metadata) if metadata.is_dir() => {}
        Ok(metadata) if metadata.is_file() => return vec![path.to_owned()],
        _ => return Vec::new(),
    }
    let entries = fs::read_dir(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut files: Vec<_> = names.flat_map(|name| files(&format!("{path}/{name}"))).collect();
    files.sort();
    files
}
