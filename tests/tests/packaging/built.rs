//! The packages, made once for all tests of the programs that they test anyway.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use smoker_tests::cli::{self, Output};
use smoker_tests::machine::skip::program;
use smoker_tests::{binary, wait};
use tempfile::TempDir;

/// Where both packages lie, when this machine can make them.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));
static DEB: LazyLock<Option<PathBuf>> = LazyLock::new(|| package("dpkg-deb", "dpkg-dev", "deb"));
static RPM: LazyLock<Option<PathBuf>> = LazyLock::new(|| package("rpmbuild", "rpm", "rpm"));

/// How the name of the package for authors of modules begins.
const FOR_AUTHORS: &str = "python3-smokerd";

/// The folder of the packages.
pub(crate) fn folder() -> &'static Path {
    FOLDER.path()
}

/// The Debian package.
pub(crate) fn deb() -> Option<&'static Path> {
    DEB.as_deref()
}

/// The package for authors of modules that was made with this one.
pub(crate) fn for_authors(package: &Path) -> PathBuf {
    let kind = package.extension();
    files().find(|path| path.extension() == kind && is_for_authors(path)).expect("the package for authors of modules")
}

/// The RPM package.
pub(crate) fn rpm() -> Option<&'static Path> {
    RPM.as_deref()
}

fn package(tool: &str, debian: &str, kind: &str) -> Option<PathBuf> {
    program(tool, &format!("apt-get install {debian}"))?;
    make(&[kind, &tested(), &format!("DIST={}", folder().display())]).expect_code(0);
    let made = files().find(|path| path.extension().is_some_and(|end| end == kind) && !is_for_authors(path));
    Some(made.unwrap_or_else(|| panic!("make {kind} made nothing")))
}

fn files() -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder()).expect("the folder is there").flatten().map(|entry| entry.path())
}

fn is_for_authors(package: &Path) -> bool {
    package.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FOR_AUTHORS))
}

/// The programs that are tested, without symbols, as those that are built for release: a third of the bytes to pack and copy.
static PROGRAMS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["smokerd", "smokercli", "check_smoker_plugin", "smoker-fleet", "smoker-bridge"] {
        let copy = folder.path().join(name);
        fs::copy(binary::path(name), &copy).expect("a copy");
        cli::run(Command::new("strip").arg(copy)).expect_code(0);
    }
    folder
});

/// What tells make to take the programs that are tested in place of those that are built for release.
pub(crate) fn tested() -> String {
    format!("RELEASE={}", PROGRAMS.path().display())
}

/// A home whose settings make rpmbuild pack quickly.
static HOME: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join(".rpmmacros"), "%smoker_payload w1.gzdio\n").expect("writable");
    folder
});

/// Runs make at the top of the repository.
pub(crate) fn make(arguments: &[&str]) -> Output {
    let mut command = Command::new("make");
    command.arg("-s").args(arguments).current_dir(root());
    // A make that runs the tests has its own say about jobs.
    command.env_remove("MAKEFLAGS").env_remove("MAKELEVEL").env_remove("MFLAGS");
    // What a test throws away need not be small.
    command.env("DPKG_DEB_COMPRESSOR_TYPE", "gzip").env("DPKG_DEB_COMPRESSOR_LEVEL", "1").env("HOME", HOME.path());
    cli::run_within(&mut command, wait::DEADLINE * 10)
}

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository is there")
}
