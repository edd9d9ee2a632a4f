//! Repositories of the packages: `make repo`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use smoker_tests::cli::{self, Output};
use smoker_tests::machine::skip::program;
use tempfile::TempDir;

use crate::built::{deb, folder, make, rpm};

/// A folder with the packages, and their repositories; `None`, told loudly, where they cannot be made.
fn made() -> Option<TempDir> {
    program("createrepo_c", "apt-get install createrepo-c")?;
    program("gpg", "apt-get install gpg")?;
    deb()?;
    rpm()?;
    let packages = tempfile::tempdir().expect("a temporary folder");
    for entry in fs::read_dir(folder()).expect("the folder is there").flatten() {
        symlink(entry.path(), packages.path().join(entry.file_name())).expect("writable");
    }
    let output = make(&["repo", &format!("DIST={}", packages.path().display())]);
    output.expect_code(0);
    assert!(output.stdout.contains("signed with a throw-away key"), "{}", output.stdout);
    assert!(!packages.path().join(".repo").exists());
    Some(packages)
}

/// Has apt read only this repository, with lists and a state of its own, and fetch the package.
fn fetch(repository: &Path) -> Output {
    let state = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| state.path().join(name).display().to_string();
    for name in ["lists/partial", "cache/archives/partial", "packages"] {
        fs::create_dir_all(path(name)).expect("writable");
    }
    let at = repository.display();
    fs::write(path("list"), format!("deb [signed-by={at}/smoker.asc] file:{at}/apt stable main\n")).expect("writable");
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.args(arguments).current_dir(path("packages"));
        for (name, value) in [("Dir::Etc::SourceList", path("list")), ("Dir::State::Lists", path("lists"))] {
            apt.args(["-o", &format!("{name}={value}")]);
        }
        apt.args(["-o", &format!("Dir::Cache={}", path("cache"))]);
        apt.args([
            "-o",
            "Dir::Etc::SourceParts=-",
            "-o",
            "Dir::State::status=/dev/null",
            "-o",
            "APT::Sandbox::User=root",
        ]);
        cli::run(&mut apt)
    };
    let updated = apt(&["update"]);
    if updated.code != 0 {
        return updated;
    }
    apt(&["download", "smoker", "python3-smokerd"]).expect_code(0);
    let fetched = files(&PathBuf::from(path("packages")), "deb");
    assert_eq!(fetched.len(), 2, "{fetched:?}");
    for package in fetched {
        let name = package.file_name().expect("a file");
        assert!(
            fs::read(&package).expect("readable") == fs::read(folder().join(name)).expect("readable"),
            "{}",
            name.display()
        );
    }
    updated
}

fn files(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).expect("a folder").flatten().map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|end| end == kind)).collect()
}

fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("readable");
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replace(from, to)).expect("writable");
}

#[test]
fn apt_takes_packages_of_a_repository_that_nobody_has_changed() {
    let Some(packages) = made() else { return };
    let repository = packages.path().join("repo");
    fetch(&repository).expect_code(0);
    for name in ["InRelease", "Release"] {
        replace(&repository.join("apt/dists/stable").join(name), "Suite: stable", "Suite: latest");
    }
    let output = fetch(&repository);
    assert_ne!(output.code, 0, "{}", output.text());
}

#[test]
fn packages_and_lists_for_yum_are_signed() {
    let Some(packages) = made() else { return };
    let repository = packages.path().join("repo");
    let yum = repository.join("yum");
    let keys = tempfile::tempdir().expect("a temporary folder");
    let check = |packages: &[PathBuf]| {
        let mut check = Command::new("rpmkeys");
        cli::run(check.arg("--dbpath").arg(keys.path().join("rpm")).arg("--checksig").args(packages)).stdout
    };
    let mut import = Command::new("rpmkeys");
    import.arg("--dbpath").arg(keys.path().join("rpm")).arg("--import").arg(repository.join("smoker.asc"));
    cli::run(&mut import).expect_code(0);
    let signed = check(&files(&yum, "rpm"));
    assert_eq!(signed.matches(": digests signatures OK\n").count(), 2, "{signed}");
    assert!(!check(&files(folder(), "rpm")).contains("signatures"), "what is not in the repository stays as it was");

    let gpg = |arguments: &[&Path]| {
        let mut gpg = Command::new("gpg");
        cli::run(gpg.arg("--batch").args(arguments).env("GNUPGHOME", keys.path()).current_dir(&yum)).code
    };
    assert_eq!(gpg(&["--import".as_ref(), &repository.join("smoker.asc")]), 0);
    let verify = || gpg(&["--verify", "repodata/repomd.xml.asc", "repodata/repomd.xml"].map(Path::new));
    assert_eq!(verify(), 0);
    replace(&yum.join("repodata/repomd.xml"), "primary", "primari");
    assert_ne!(verify(), 0);
}

#[test]
fn a_folder_without_packages_is_refused() {
    let Some(_) = program("createrepo_c", "apt-get install createrepo-c") else { return };
    let empty = tempfile::tempdir().expect("a temporary folder");
    let output = make(&["repo", &format!("DIST={}", empty.path().display())]);
    assert!(output.stderr.contains("run make deb first"), "{}", output.stderr);
    assert_eq!(fs::read_dir(empty.path()).expect("a folder").count(), 0);
}
