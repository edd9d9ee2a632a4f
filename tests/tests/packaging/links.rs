//! Links of installed documents.

use std::fs;
use std::path::Path;

/// The links of all documents below a folder that lead to no file of it.
pub(crate) fn broken(folder: &Path) -> Vec<String> {
    let mut broken = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                let text = fs::read_to_string(&path).expect("readable");
                let dead = targets(&text).filter(|target| !next.join(target).exists());
                broken.extend(dead.map(|target| format!("{}: {target}", path.display())));
            }
        }
    }
    broken
}

/// What a text links to in files beside it.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let ends = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let files = ends.filter_map(|(target, _)| target.split('#').next());
    files.filter(|target| !target.is_empty() && !target.contains("://") && !target.contains(char::is_whitespace))
}
