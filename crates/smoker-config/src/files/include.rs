//! Where an include looks for its file or folder.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The folders that a relative path is looked up in, after the working directory.
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

    /// Finds a file: as given, beside the main file, beside each included file.
    /// The error is the reason without the path.
    pub(crate) fn find_file(&self, path: &Path) -> Result<PathBuf, String> {
        let candidates: Vec<_> = std::iter::once(self.working.join(path))
            .chain(std::iter::once(&self.main).chain(&self.included).map(|folder| folder.join(path)))
            .collect();
        if let Some(found) = candidates.iter().find(|candidate| exists(candidate).is_ok_and(|is_folder| !is_folder)) {
            return Ok(found.clone());
        }
        if candidates.iter().any(|candidate| matches!(exists(candidate), Ok(true))) {
            return Err("it is a folder; use !include_dir".to_owned());
        }
        let reason = exists(&self.working.join(path)).err().map_or_else(String::new, |error| error.to_string());
        if path.is_absolute() {
            return Err(reason);
        }
        let mut folders = vec!["the working directory".to_owned()];
        for folder in std::iter::once(&self.main).chain(&self.included).filter(|folder| **folder != Path::new("")) {
            let folder = folder.display().to_string();
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        Err(format!("{reason}; looked for it in {}", folders.join(", ")))
    }

    /// Finds a folder: as given, else beside the main file. `None` when there is none.
    pub(crate) fn find_folder(&self, path: &Path) -> Option<PathBuf> {
        [self.working.join(path), self.main.join(path)].into_iter().find(|candidate| candidate.is_dir())
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

fn folder_of(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).to_owned()
}
