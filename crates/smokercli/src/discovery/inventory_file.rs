//! Inventories of Ansible: files, folders of files, and programs that print one.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use smoker_paths::regular;

use crate::discovery::program::output_of;
use crate::error::ExitError;
use crate::inventory::ansible::text::{self, Form};
use crate::inventory::groups::Inventory;

/// Endings of files in a folder that are no inventories.
const NO_INVENTORIES: [&str; 9] = ["orig", "bak", "retry", "pyc", "pyo", "swp", "md", "rst", "txt"];

/// Reads an inventory. `-` is standard input; a file that is executable is run with `--list`, as Ansible does; of a folder
/// all files are read, without those of `group_vars` and `host_vars`.
///
/// # Errors
///
/// When it cannot be read or is not understood.
pub(crate) fn read(path: &Path) -> Result<Inventory, ExitError> {
    let inventory = read_any(path)?;
    if inventory.is_empty() {
        return Err(ExitError::new(format!("the inventory {} names no host", path.display())));
    }
    Ok(inventory)
}

fn read_any(path: &Path) -> Result<Inventory, ExitError> {
    let failed = |reason: String| ExitError::new(format!("cannot use the inventory {}: {reason}", path.display()));
    if path == Path::new("-") {
        let mut printed = String::new();
        io::stdin().read_to_string(&mut printed).map_err(|error| failed(error.to_string()))?;
        return text::read(&printed, Form::Unknown).map_err(failed);
    }
    let metadata = fs::metadata(path).map_err(|error| failed(error.to_string()))?;
    if metadata.is_dir() {
        let mut inventory = Inventory::default();
        for file in files(path).map_err(|error| failed(error.to_string()))? {
            inventory.merge(read_any(&file)?);
        }
        return Ok(inventory);
    }
    if metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 && is_program(path) {
        let program = fs::canonicalize(path).map_err(|error| failed(error.to_string()))?;
        let printed = output_of(Command::new(program).arg("--list"))
            .map_err(|reason| failed(format!("it is executable and was run with --list: {reason}")))?;
        return text::read(&printed, Form::Unknown).map_err(failed);
    }
    let is_open_already = path.starts_with("/dev/fd") || path == Path::new("/dev/stdin");
    let file = if is_open_already { fs::File::open(path) } else { regular::open(path) };
    let content = file.and_then(io::read_to_string).map_err(|error| failed(error.to_string()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    text::read(&content, Form::of_name(&name)).map_err(failed)
}

/// Whether the system could run it: on some file systems every file is executable.
fn is_program(path: &Path) -> bool {
    let mut first = Vec::new();
    let read = regular::open(path).and_then(|file| file.take(4).read_to_end(&mut first));
    // A program that cannot be read can be run.
    read.is_err() || first.starts_with(b"#!") || first == b"\x7fELF"
}

/// The files of a folder by name.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let is_left_out = name.starts_with('.') || name.ends_with('~') || NO_INVENTORIES.contains(&ending);
        if path.is_file() && !is_left_out {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use smoker_tests::executable;

    use super::*;

    #[test]
    fn files_programs_and_folders_are_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("hosts"), "[web]\nweb1\n").expect("writable");
        fs::write(path("more.yml"), "web: {hosts: {web2: }}\n").expect("writable");
        executable::write(&path("program"), "#!/bin/sh\n[ \"$1\" = --list ] && echo '{\"db\": [\"db1\"]}'\n");
        fs::write(path("hosts~"), "broken [\n").expect("writable");
        fs::create_dir(path("group_vars")).expect("writable");
        let hosts = |path: &Path| read(path).expect("valid").resolve().expect("no circle").all();
        assert_eq!(hosts(&path("hosts")), ["web1"]);
        assert_eq!(hosts(&path("program")), ["db1"]);
        assert_eq!(hosts(folder.path()), ["db1", "web1", "web2"]);
    }

    #[test]
    fn what_cannot_be_used_is_named_with_the_reason() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        fs::write(path("empty"), "# nothing\n").expect("writable");
        executable::write(&path("fails"), "#!/bin/sh\nexit 3\n");
        fs::write(path("wrong.ini"), "[web\na b\n").expect("writable");
        for (name, words) in
            [("none", "none: No such file"), ("empty", "names no host"), ("fails", "run with --list: exit status: 3")]
        {
            let error = read(&path(name)).expect_err(name).message;
            assert!(error.contains(words), "{error}");
        }
        assert!(read(&path("wrong.ini")).expect_err("wrong").message.contains("line 1"));
    }
}
