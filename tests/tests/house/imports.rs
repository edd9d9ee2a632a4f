//! Which file of a crate imports which: an arrow from the importing file to the file that has the item.

use std::collections::{BTreeMap, BTreeSet};

use crate::repository;
use crate::source::{Path, Source};

/// The sources of one crate, without its binaries and without files that only tests have.
pub(crate) struct Crate {
    /// Its folder's name.
    pub(crate) name: &'static str,
    /// Each module's file (from `src/` on) and what it imports, by the names of its path; the crate itself has no name.
    modules: BTreeMap<Path, (String, Source)>,
}

impl Crate {
    /// Reads the crate in `crates/NAME`.
    pub(crate) fn read(name: &'static str) -> Self {
        let folder = format!("crates/{name}/src/");
        let mut modules = BTreeMap::new();
        for path in repository::files(folder.trim_end_matches('/')) {
            let file = path[folder.len()..].to_owned();
            if let Some(module) = module(&file) {
                modules.insert(module, (file, Source::read(&repository::text(&path))));
            }
        }
        let tests =
            modules.iter().flat_map(|(module, (_, source))| source.test_modules.iter().map(|name| child(module, name)));
        for test in tests.collect::<Vec<_>>() {
            modules.retain(|module, _| !module.starts_with(&test));
        }
        Self { name, modules }
    }

    /// Files with the paths of other crates that they name, the standard library's too.
    pub(crate) fn foreign(&self) -> impl Iterator<Item = (&str, String)> {
        self.modules.iter().flat_map(|(module, (file, source))| {
            let foreign = source.paths.iter().filter(|path| self.target(module, path).is_none());
            foreign.map(move |path| (file.as_str(), path.join("::") + "::"))
        })
    }

    /// All arrows between two files of the crate.
    pub(crate) fn arrows(&self) -> BTreeSet<(&str, &str)> {
        let mut arrows = BTreeSet::new();
        for (module, (file, source)) in &self.modules {
            let targets = source.paths.iter().filter_map(|path| self.target(module, path));
            arrows.extend(targets.filter(|target| target != file).map(|target| (file.as_str(), target)));
        }
        arrows
    }

    /// The file that has what a path in a module names. A path that ends at a module names nothing yet: what the code
    /// takes from that module has a longer path.
    fn target(&self, module: &[String], path: &[String]) -> Option<&str> {
        let mut full = match path[0].as_str() {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module[..module.len().checked_sub(1)?].to_vec(),
            name if self.modules.contains_key(&child(module, name)) => child(module, name),
            _ => return None,
        };
        for name in &path[1..] {
            if name == "super" {
                full.pop();
            } else {
                full.push(name.clone());
            }
        }
        let own = &self.modules[module].0;
        if self.modules.contains_key(&full) {
            return Some(own);
        }
        (0..full.len()).rev().find_map(|length| self.modules.get(&full[..length])).map(|(file, _)| file.as_str())
    }
}

fn child(module: &[String], name: &str) -> Path {
    module.iter().cloned().chain([name.to_owned()]).collect()
}

/// The module that a file is; `None` for a binary.
fn module(file: &str) -> Option<Path> {
    let path = file.strip_suffix(".rs")?;
    if path == "main" || path.starts_with("bin/") {
        return None;
    }
    let path = path.strip_suffix("mod").map_or(path, |folder| folder.trim_end_matches('/'));
    Some(path.split('/').filter(|name| *name != "lib" && !name.is_empty()).map(str::to_owned).collect())
}

/// The folder or file of `src/` in which a file lies, without its ending.
pub(crate) fn room(file: &str) -> &str {
    file.split(['/', '.']).next().unwrap_or_default()
}

/// Whether the second file is the `mod.rs` (or `lib.rs`) of a folder in which the first lies.
pub(crate) fn is_upward(from: &str, to: &str) -> bool {
    let module = |file| module(file).unwrap_or_default();
    module(from) != module(to) && module(from).starts_with(&module(to))
}

/// Groups of files that reach each other.
pub(crate) fn circles<'a>(arrows: &BTreeSet<(&'a str, &'a str)>) -> BTreeSet<BTreeSet<&'a str>> {
    let reached = |start: &'a str| {
        let (mut found, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(file) = next.pop() {
            let targets = arrows.iter().filter(|(from, _)| *from == file).map(|(_, to)| *to);
            next.extend(targets.filter(|to| found.insert(*to)));
        }
        found
    };
    let reach: BTreeMap<_, _> = arrows.iter().map(|(from, _)| (*from, reached(from))).collect();
    let circle = |file: &'a str| -> BTreeSet<&'a str> {
        reach[file].iter().copied().filter(|other| reach.get(other).is_some_and(|back| back.contains(file))).collect()
    };
    reach.keys().map(|file| circle(file)).filter(|circle| !circle.is_empty()).collect()
}

#[test]
fn circles_and_upward_arrows_are_found() {
    let arrows = [("a.rs", "b.rs"), ("b.rs", "c/mod.rs"), ("c/mod.rs", "a.rs"), ("c/mod.rs", "d.rs")];
    assert_eq!(circles(&arrows.into()), [["a.rs", "b.rs", "c/mod.rs"].into()].into());
    assert_eq!(circles(&arrows[1..].iter().copied().collect()), BTreeSet::new());
    assert!(is_upward("c/d/e.rs", "c/mod.rs") && is_upward("c.rs", "lib.rs"));
    assert!(!is_upward("c/mod.rs", "c/d.rs") && !is_upward("cd.rs", "c/mod.rs"));
}
