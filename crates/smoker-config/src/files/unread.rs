//! What lies in a folder of configuration files, was probably meant to be read, and is not. Backups and notes may lie there, too.

use std::fs;
use std::path::{Path, PathBuf};

use crate::files::include::canonical;
use crate::problem::{ProblemLog, Severity, SourcePlace};

/// Looks into the folders that are read.
#[derive(Debug, Default)]
pub(crate) struct Unread {
    /// Folders in them that hold configuration files.
    below: Vec<PathBuf>,
}

impl Unread {
    /// Warns of files of this folder, with what to do about each.
    pub(crate) fn look_into(&mut self, folder: &Path, problems: &mut ProblemLog) {
        let paths = paths_in(folder);
        for (place, text) in paths.iter().filter_map(|path| unread(path)) {
            problems.add(Severity::Warning, &place, text.to_owned());
        }
        // One with the name of a file is reported for that.
        let folders = paths.into_iter().filter(|path| !is_yaml(path) && !is_hidden(path) && path.is_dir());
        self.below.extend(folders.filter(|path| paths_in(path).iter().any(|file| is_yaml(file))));
    }

    /// Warns of the folders from which none of the paths that were read is.
    pub(crate) fn report_folders(&self, read: &[PathBuf], problems: &mut ProblemLog) {
        let read: Vec<_> = read.iter().map(|path| canonical(path)).collect();
        for folder in self.below.iter().filter(|folder| !read.iter().any(|path| path.starts_with(canonical(folder)))) {
            let text = "nothing in this folder is read, since folders in a folder are not: put its files beside it";
            problems.add(Severity::Warning, &SourcePlace::of_folder(folder), text.to_owned());
        }
    }
}

fn paths_in(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|it| ["yaml", "yml"].iter().any(|end| it.eq_ignore_ascii_case(end)))
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().unwrap_or_default().to_string_lossy().starts_with('.')
}

fn unread(path: &Path) -> Option<(SourcePlace, &'static str)> {
    if is_hidden(path) {
        return None;
    }
    if is_yaml(path) && path.is_dir() {
        let text = "this is a folder, and nothing in it is read: put its files beside it, or rename it";
        return Some((SourcePlace::of_folder(path), text));
    }
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_exact = path.extension().is_some_and(|extension| extension == "yaml");
    let is_other = !is_exact && ["yaml", "yml", "json", "conf", "cfg"].contains(&&*extension);
    (is_other && path.is_file())
        .then(|| (SourcePlace::start_of(&path.into()), "this file is not read: the name has to end in .yaml"))
}
