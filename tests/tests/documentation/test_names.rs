//! The names of all tests, for pages that name the test of what they say.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use crate::page::root;

/// The names of all tests.
pub(crate) fn all() -> BTreeSet<String> {
    let name =
        Regex::new(r"#\[(?:tokio::)?test\]\n\s*(?:#\[cfg_attr\([^\n]*\n\s*)?(?:async )?fn (\w+)\(").expect("a pattern");
    let mut names = BTreeSet::new();
    for folder in ["crates", "tests"] {
        collect(&root().join(folder), &mut |text| {
            names.extend(name.captures_iter(text).map(|found| found[1].to_owned()));
        });
    }
    names
}

fn collect(folder: &Path, take: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, take);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            take(&fs::read_to_string(path).expect("text"));
        }
    }
}
