//! What lies in a folder of configuration files, was probably meant to be read, and is not.

use std::fs;
use std::path::Path;

use crate::problem::SourcePlace;

/// Each with what to do about it. Backups and notes may lie there, too.
pub(crate) fn in_folder(folder: &Path) -> Vec<(SourcePlace, &'static str)> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| unread(path)).collect()
}

fn has_yaml(folder: &Path) -> bool {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| entry.path().extension().is_some_and(|it| it == "yaml"))
}

fn unread(path: &Path) -> Option<(SourcePlace, &'static str)> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_exact = path.extension().is_some_and(|extension| extension == "yaml");
    if path.file_name().unwrap_or_default().to_string_lossy().starts_with('.') {
        return None;
    }
    if ["yaml", "yml"].contains(&&*extension) && path.is_dir() {
        let text = "this is a folder, and nothing in it is read: put its files beside it, or rename it";
        return Some((SourcePlace::of_folder(path), text));
    }
    if path.is_dir() && has_yaml(path) {
        let text = "nothing in this folder is read, since folders in a folder are not: put its files beside it";
        return Some((SourcePlace::of_folder(path), text));
    }
    let is_other = !is_exact && ["yaml", "yml", "json", "conf", "cfg"].contains(&&*extension);
    (is_other && path.is_file())
        .then(|| (SourcePlace::start_of(&path.into()), "this file is not read: the name has to end in .yaml"))
}
