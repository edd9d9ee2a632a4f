//! Finds the built program and refuses one that is older than its sources.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// Names the folder of the programs under test when it is not that of the running test's own build.
const FOLDER: &str = "SMOKER_TESTS_PROGRAMS";

/// The path of a program of this workspace, built with the same profile as
/// the running test: it lies in the folder above the test's own.
///
/// The test fails when the program is missing or when one of the sources that
/// it was built from has changed since.
#[must_use]
pub fn path(name: &str) -> PathBuf {
    let test = env::current_exe().expect("the running test has a path");
    let own = test.parent().and_then(Path::parent).expect("a test lies two folders deep in the target folder");
    let program = env::var_os(FOLDER).map_or_else(|| own.to_owned(), PathBuf::from).join(name);
    let mut checked = CHECKED.lock().unwrap_or_else(PoisonError::into_inner);
    let result = checked.entry(program.clone()).or_insert_with(|| check(&program));
    if let Err(reason) = result {
        panic!("{reason}; run `make test`, or `cargo build` before `cargo test`");
    }
    program
}

/// Each program is checked once, so that who goes on editing while the tests
/// run does not turn the rest of them red.
static CHECKED: Mutex<BTreeMap<PathBuf, Result<(), String>>> = Mutex::new(BTreeMap::new());

/// Says what is wrong with a built program.
///
/// # Errors
///
/// A sentence when the program or cargo's list of its sources (the `.d` file
/// beside it) is missing, or when a source is newer.
pub fn check(program: &Path) -> Result<(), String> {
    let built = modified(program).ok_or_else(|| format!("{} is not built", program.display()))?;
    let list = program.with_extension("d");
    let list = fs::read_to_string(&list).map_err(|error| format!("cannot read {} ({error})", list.display()))?;
    for source in sources(&list) {
        match modified(&source) {
            Some(changed) if changed > built => {
                return Err(format!("{} is older than {}", program.display(), source.display()));
            }
            Some(_) => {}
            None => return Err(format!("{} was built from {}, which is gone", program.display(), source.display())),
        }
    }
    Ok(())
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// The files after the colon of a dep-info file as cargo writes it: separated
/// by blanks, where a blank inside a path has a backslash before it.
fn sources(list: &str) -> Vec<PathBuf> {
    let Some((_, files)) = list.lines().next().and_then(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    files.replace("\\ ", "\0").split_whitespace().map(|file| PathBuf::from(file.replace('\0', " "))).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn age(path: &Path, seconds: u64) {
        let file = fs::File::options().append(true).open(path).expect("the file exists");
        file.set_modified(SystemTime::now() - Duration::from_secs(seconds)).expect("its owner may change its time");
    }

    #[test]
    fn a_program_older_than_a_source_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (program, source) = (folder.path().join("smokerd"), folder.path().join("a b.rs"));
        assert!(check(&program).expect_err("missing").ends_with("is not built"));

        fs::write(&program, "").expect("writable");
        fs::write(&source, "").expect("writable");
        let escaped = source.display().to_string().replace(' ', "\\ ");
        fs::write(folder.path().join("smokerd.d"), format!("{}: {escaped}\n", program.display())).expect("writable");
        age(&source, 20);
        age(&program, 10);
        assert_eq!(check(&program), Ok(()));

        age(&source, 5);
        assert!(check(&program).expect_err("older").contains("is older than"));

        fs::remove_file(&source).expect("removable");
        assert!(check(&program).expect_err("gone").contains("which is gone"));
    }
}
