//! The files of discovery plugins. They are found without starting Python, so
//! that a configuration without plugins costs nothing.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// The original's own package, which is rarely installed and holds only a site's own plugins.
const STOCK_PACKAGE: &str = "smoker.client.plugins";

/// A file with a discovery plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct PluginFile {
    path: PathBuf,
    /// The folder from which the module can be imported.
    root: Option<PathBuf>,
    /// The module's dotted name.
    module: Option<String>,
}

impl PluginFile {
    /// Its path for messages.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

/// All plugin files of `plugin_paths`, in its order, in each folder by name; and
/// a warning for each entry that does not exist, or has none.
pub(super) fn plugin_files(entries: &[String]) -> (Vec<PluginFile>, Vec<String>) {
    let mut files = Vec::new();
    let mut warnings = Vec::new();
    for entry in entries {
        match files_of(entry) {
            // Plugins that were uninstalled, or that may not be read, find no hosts, and that is not to be this host.
            Some(found) if found.is_empty() && entry != STOCK_PACKAGE => warnings.push(format!(
                "plugin_paths: {entry} has no plugin that can be read; put plugins into it (NAME.py), or take the entry out"
            )),
            Some(found) => files.extend(found),
            None if entry == STOCK_PACKAGE => {}
            None => warnings.push(format!(
                "plugin_paths: {entry} is neither a folder nor a package that can be found; write the folder's path, \
                 or set PYTHONPATH to where the package lies"
            )),
        }
    }
    (files, warnings)
}

fn files_of(entry: &str) -> Option<Vec<PluginFile>> {
    if entry.contains('/') {
        let folder = home_expanded(entry);
        return folder.is_dir().then(|| {
            let file = |(path, _)| PluginFile { path, root: None, module: None };
            modules(&folder).into_iter().map(file).collect()
        });
    }
    let package = entry.split('.').collect::<PathBuf>();
    let root = import_roots().into_iter().find(|root| root.join(&package).is_dir())?;
    let file = |(path, name)| PluginFile { path, root: Some(root.clone()), module: Some(format!("{entry}.{name}")) };
    Some(modules(&root.join(package)).into_iter().map(file).collect())
}

/// The modules of a folder with their names, sorted.
fn modules(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found: Vec<_> = entries(folder)
        .filter(|path| path.extension().is_some_and(|extension| extension == "py"))
        .filter_map(|path| Some((path.clone(), path.file_stem()?.to_str()?.to_owned())))
        .filter(|(_, name)| name != "__init__")
        .collect();
    found.sort();
    found
}

/// The folders in which `python3` searches packages, as far as they can be found without it.
fn import_roots() -> Vec<PathBuf> {
    let mut roots: Vec<_> = std::env::var_os("PYTHONPATH").iter().flat_map(std::env::split_paths).collect();
    // An empty entry would be the working directory.
    roots.retain(|root| !root.as_os_str().is_empty());
    let environment = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let home = std::env::var_os("HOME").map(|home| Path::new(&home).join(".local"));
    for prefix in environment.into_iter().chain(home).chain(["/usr/local".into(), "/usr".into()]) {
        for folder in ["lib", "lib64"] {
            let mut pythons: Vec<_> = entries(&prefix.join(folder)).filter(|path| is_python3(path)).collect();
            pythons.sort();
            for python in pythons.into_iter().rev() {
                roots.push(python.join("site-packages"));
                roots.push(python.join("dist-packages"));
            }
        }
    }
    roots
}

fn is_python3(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("python3"))
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn home_expanded(entry: &str) -> PathBuf {
    match (entry.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(entry),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_modules_by_name() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.py", "a.py", "__init__.py", "c.txt"] {
            std::fs::write(folder.path().join(name), "").expect("a file");
        }
        let (files, warnings) = plugin_files(&[folder.path().display().to_string()]);
        let names: Vec<_> = files.iter().filter_map(|file| file.path.file_name()).collect();
        assert_eq!(names, ["a.py", "b.py"]);
        assert!(warnings.is_empty());
    }

    #[test]
    fn a_folder_without_plugins_gives_a_warning() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("__init__.py"), "").expect("a file");
        let (files, warnings) = plugin_files(&[folder.path().display().to_string()]);
        assert!(files.is_empty() && warnings.len() == 1 && warnings[0].contains("has no plugin"), "{warnings:?}");
    }

    #[test]
    fn the_stock_package_may_be_absent_and_another_one_gives_a_warning() {
        let (files, warnings) = plugin_files(&[STOCK_PACKAGE.to_owned(), "no.such.package".to_owned()]);
        assert!(files.is_empty());
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].contains("no.such.package"));
    }
}
