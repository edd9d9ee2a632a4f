//! What paths of a configuration stand for: the files of `*` and `?`, the homes of `~`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use nix::unistd::{Uid, User};

use crate::checks::system_file;
use crate::matchers::glob;

/// No pattern stands for more files.
const MOST: usize = 100_000;

/// The path with the home in it that `~` or `~name` at its beginning stands for.
///
/// # Errors
///
/// When there is no such account, or it cannot be looked up.
pub(super) fn home(path: String) -> Result<String, String> {
    let Some(rest) = path.strip_prefix('~') else { return Ok(path) };
    let (name, below) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let user = if name.is_empty() { User::from_uid(Uid::current()) } else { User::from_name(name) };
    let user = user.map_err(|error| format!("the home in {path} cannot be looked up: {}", error.desc()))?;
    let user = user.ok_or_else(|| format!("the home in {path} is that of no account"))?;
    Ok(format!("{}{below}", user.dir.display()))
}

/// Whether a path is a pattern rather than the path of one file.
pub(super) fn is_pattern(path: &str) -> bool {
    glob::is_pattern(path)
}

/// The files, in the order of their names. Names that begin with a point are meant only by a pattern that does, too.
pub(super) fn files(pattern: &str) -> Result<Vec<PathBuf>, String> {
    let mut found = vec![PathBuf::from(if pattern.starts_with('/') { "/" } else { "" })];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for folder in found {
            if glob::is_pattern(part) {
                next.extend(children(&folder, part)?);
            } else {
                match fs::symlink_metadata(folder.join(part)) {
                    Ok(_) => next.push(folder.join(part)),
                    Err(error) if is_absence(&error) => {}
                    Err(error) => return Err(system_file::unreadable(&folder.join(part), &error)),
                }
            }
            if next.len() > MOST {
                return Err(format!("{pattern} stands for more than {MOST} files: name fewer"));
            }
        }
        found = next;
    }
    Ok(found)
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn children(folder: &Path, part: &str) -> Result<Vec<PathBuf>, String> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        // A file or nothing where the pattern has a folder is no file that it stands for.
        Err(error) if is_absence(&error) => return Ok(Vec::new()),
        Err(error) => return Err(system_file::unreadable(folder, &error)),
    };
    let mut names = Vec::new();
    for entry in entries.take(MOST + 1) {
        let name = entry.map_err(|error| system_file::unreadable(folder, &error))?.file_name();
        let text = name.to_string_lossy();
        if glob::matches(part, &text) && (!text.starts_with('.') || part.starts_with('.')) {
            names.push(folder.join(&name));
        }
    }
    names.sort();
    Ok(names)
}
