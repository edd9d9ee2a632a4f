//! Where an include looks for its file or folder: beside the including file, beside the main file, beside each file
//! included before. The working directory comes last, as a fallback: the original looked there first.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// What an include was found as.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Whether only the working directory has it, in which anybody's file may lie.
    pub(crate) is_in_working_directory: bool,
}

/// The folders that a relative path is looked up in.
#[derive(Debug)]
pub(crate) struct SearchPath {
    /// The working directory; empty for that of the process.
    working: PathBuf,
    main: PathBuf,
    /// The folder of each file included so far, in order.
    included: Vec<PathBuf>,
}

impl SearchPath {
    /// The search path of a main file.
    pub(crate) fn of(main: &Path, working: &Path) -> Self {
        Self::in_folder(&folder_of(main), working)
    }

    /// The search path of a folder that is a configuration.
    pub(crate) fn in_folder(folder: &Path, working: &Path) -> Self {
        Self { working: working.to_owned(), main: folder.to_owned(), included: Vec::new() }
    }

    /// Adds the folder of a file that is being included.
    pub(crate) fn add(&mut self, file: &Path) {
        let folder = folder_of(file);
        if !self.included.contains(&folder) {
            self.included.push(folder);
        }
    }

    /// Finds a file that a file in the folder `including` names. The error is the reason without the path.
    pub(crate) fn find_file(&self, path: &Path, including: &Path) -> Result<Found, String> {
        let candidates = self.candidates(path, including, &self.included);
        if let Some(found) = candidates.iter().find(|found| exists(&found.path).is_ok_and(|is_folder| !is_folder)) {
            return Ok(Found { path: found.path.clone(), ..*found });
        }
        if candidates.iter().any(|candidate| matches!(exists(&candidate.path), Ok(true))) {
            return Err("it is a folder; use !include_dir".to_owned());
        }
        let reason = candidates.first().and_then(|first| exists(&first.path).err());
        let reason = reason.map_or_else(String::new, |error| error.to_string());
        if path.to_string_lossy().contains(['*', '?']) {
            let folder = folder_of(path);
            return Err(format!(
                "{reason}; patterns are not expanded, but `!include_dir {}` takes each *.yaml there",
                folder.display()
            ));
        }
        if path.is_absolute() {
            return Err(reason);
        }
        let mut folders = Vec::new();
        for folder in [including, &self.main].into_iter().chain(self.included.iter().map(PathBuf::as_path)) {
            let folder = folder.display().to_string();
            if !folder.is_empty() && !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        folders.push("the working directory".to_owned());
        Err(format!("{reason}; looked for it in {}", folders.join(", ")))
    }

    /// Finds a folder that a file in the folder `including` names. `None` when there is none.
    pub(crate) fn find_folder(&self, path: &Path, including: &Path) -> Option<Found> {
        self.candidates(path, including, &[]).into_iter().find(|candidate| candidate.path.is_dir())
    }

    fn candidates(&self, path: &Path, including: &Path, included: &[PathBuf]) -> Vec<Found> {
        let beside = [including, &self.main].into_iter().chain(included.iter().map(PathBuf::as_path));
        let found = |folder: &Path, is_in_working_directory| Found { path: folder.join(path), is_in_working_directory };
        let beside: Vec<_> = beside.map(|folder| found(folder, false)).collect();
        if path.is_absolute() {
            return beside;
        }
        beside.into_iter().chain(std::iter::once(found(&self.working, true))).collect()
    }
}

/// The `*.yaml` files of a folder, sorted by the names that they give; hidden files and folders are left out.
pub(crate) fn yaml_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "yaml") && !name.starts_with('.') && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort_by(|one, other| one.file_stem().cmp(&other.file_stem()));
    Ok(files)
}

/// The name that a file gives to the entry that it holds.
pub(crate) fn entry_name(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether an existing path is a folder.
fn exists(path: &Path) -> io::Result<bool> {
    fs::metadata(path).map(|metadata| metadata.is_dir())
}

/// The path by which a file is recognized, whatever links lead to it.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The folder that a file lies in.
pub(crate) fn folder_of(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).to_owned()
}
