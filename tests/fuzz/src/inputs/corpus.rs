//! The inputs that are kept in the repository: `corpus/TARGET/NAME`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::target::Target;

/// Where they lie.
#[must_use]
pub fn folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name)
}

/// The inputs of a target with their files, sorted by name.
#[must_use]
pub fn load(target: &Target) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(folder(target)).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.into_iter().filter_map(|path| fs::read(&path).ok().map(|input| (path, input))).collect()
}
