//! Where targets keep files.

use std::path::Path;

use tempfile::TempDir;

/// A folder in memory where the system has such a place: nothing in it has to last.
pub(crate) fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    tempfile::Builder::new().prefix("smoker-fuzz").tempdir_in(parent).expect("a temporary folder")
}
