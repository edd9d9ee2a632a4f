//! Inventories of Ansible: files, folders of files, and programs that print one.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use smoker_paths::regular;

use crate::discovery::program::{Printed, output_of};
use crate::error::ExitError;
use crate::inventory::ansible::text::{self, Form};
use crate::inventory::groups::Inventory;

/// Endings of files in a folder that are no inventories, as Ansible has them.
const NO_INVENTORIES: [&str; 12] =
    ["orig", "bak", "retry", "pyc", "pyo", "swp", "md", "rst", "txt", "cfg", "ini", "rpm"];
/// Those among them of which somebody may think that they are read.
const TOLD: [&str; 4] = ["txt", "cfg", "ini", "rpm"];
/// Folders in a folder that have no inventories, as Ansible has them.
const NO_FOLDERS: [&str; 3] = ["group_vars", "host_vars", "vars_plugins"];
/// How deep folders may be in folders: a link may lead back.
const MAX_DEPTH: usize = 16;

/// What an inventory has.
#[derive(Debug, Default)]
pub(crate) struct InventoryFile {
    pub(crate) inventory: Inventory,
    /// What is left out of a folder, and which programs in it name no host.
    pub(crate) remarks: Vec<String>,
}

/// Reads an inventory. `-` is standard input; a file that is executable is run with `--list`, as Ansible does; of a folder
/// all files are read, and those of the folders in it.
///
/// # Errors
///
/// When it cannot be read, is not understood, or names no host: an inventory without hosts is not this host.
pub(crate) fn read(path: &Path) -> Result<InventoryFile, ExitError> {
    let mut found = InventoryFile::default();
    found.add(path, 0)?;
    if !found.inventory.has_hosts() {
        let remarks: String = found.remarks.iter().flat_map(|remark| ["; ", remark.as_str()]).collect();
        return Err(ExitError::usage(format!(
            "the inventory {} names no host; look at what it has or prints, or name hosts by -s (-s localhost for this one){remarks}",
            path.display()
        )));
    }
    Ok(found)
}

impl InventoryFile {
    fn add(&mut self, path: &Path, depth: usize) -> Result<(), ExitError> {
        let failed = |reason: String| ExitError::new(format!("cannot use the inventory {}: {reason}", path.display()));
        if path == Path::new("-") || !fs::metadata(path).map_err(|error| failed(error.to_string()))?.is_dir() {
            let inventory = read_text(path, failed)?;
            if depth > 0 && !inventory.has_hosts() && is_program(path) {
                self.remarks.push(format!("the inventory {} is a program and names no host", path.display()));
            }
            self.inventory.merge(inventory);
            return Ok(());
        }
        if depth > MAX_DEPTH {
            return Err(failed(format!("it is more than {MAX_DEPTH} folders deep")));
        }
        let Entries { inventories, left_out } = entries(path).map_err(|error| failed(error.to_string()))?;
        if !left_out.is_empty() {
            let (folder, names) = (path.display(), left_out.join(", "));
            self.remarks.push(format!(
                "left out of the inventory {folder}, since names of inventories do not end so: {names}; to have them read, rename them"
            ));
        }
        inventories.iter().try_for_each(|inner| self.add(inner, depth + 1))
    }
}

/// What standard input, a file or a program has. `failed` makes the error of a reason.
fn read_text(path: &Path, failed: impl Fn(String) -> ExitError) -> Result<Inventory, ExitError> {
    if path == Path::new("-") {
        let mut printed = String::new();
        io::stdin().read_to_string(&mut printed).map_err(|error| failed(error.to_string()))?;
        return text::read(&printed, Form::Unknown).map_err(failed);
    }
    if is_program(path) {
        let program = fs::canonicalize(path).map_err(|error| failed(error.to_string()))?;
        let failed_run = |reason: &str| failed(format!("it is executable and was run with --list: {reason}"));
        let Printed { text, is_open } =
            output_of(Command::new(program).arg("--list")).map_err(|reason| failed_run(&reason))?;
        if is_open {
            return Err(failed_run(
                "it has ended, and a process that it has left behind may still print hosts; have it wait for that process, or close its output",
            ));
        }
        return text::read(&text, Form::Unknown).map_err(failed);
    }
    let is_open_already = path.starts_with("/dev/fd") || path == Path::new("/dev/stdin");
    let file = if is_open_already { fs::File::open(path) } else { regular::open(path) };
    let content = file.and_then(io::read_to_string).map_err(|error| failed(error.to_string()))?;
    text::read(&content, Form::of_name(&name_of(path))).map_err(failed)
}

/// Whether it is a file that the system could run: on some file systems every file is executable.
fn is_program(path: &Path) -> bool {
    let is_executable =
        fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0);
    let mut first = Vec::new();
    let mut read = || regular::open(path).and_then(|file| file.take(4).read_to_end(&mut first));
    // A program that cannot be read can be run.
    is_executable && (read().is_err() || first.starts_with(b"#!") || first == b"\x7fELF")
}

/// What is in a folder, by name.
struct Entries {
    /// Files and folders with inventories.
    inventories: Vec<PathBuf>,
    /// The names of files that are left out, and might be taken for inventories.
    left_out: Vec<String>,
}

fn entries(folder: &Path) -> io::Result<Entries> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    let mut entries = Entries { inventories: Vec::new(), left_out: Vec::new() };
    for path in paths {
        let name = name_of(&path);
        match Reading::of(&name) {
            Reading::Read => entries.inventories.push(path),
            Reading::Told => entries.left_out.push(name),
            Reading::LeftOut => {}
        }
    }
    Ok(entries)
}

/// What becomes of a file or folder in the folder of an inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Read,
    LeftOut,
    /// It is left out, and might be taken for an inventory.
    Told,
}

impl Reading {
    /// By its name.
    fn of(name: &str) -> Self {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        if name.starts_with('.') || name.ends_with('~') || NO_FOLDERS.contains(&name) {
            Self::LeftOut
        } else if TOLD.contains(&ending) {
            Self::Told
        } else if NO_INVENTORIES.contains(&ending) {
            Self::LeftOut
        } else {
            Self::Read
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Whether a file is read as an inventory where this folder is one, or would be if it were there.
pub(crate) fn reads(folder: &Path, file: &Path) -> bool {
    reads_at(folder, file, 0)
}

fn reads_at(folder: &Path, file: &Path, depth: usize) -> bool {
    let parent = file.parent().filter(|parent| *parent != Path::new("")).unwrap_or_else(|| Path::new("."));
    if depth > MAX_DEPTH {
        return false;
    }
    if is_same(folder, parent) && Reading::of(&name_of(file)) == Reading::Read {
        return true;
    }
    let inner = entries(folder).map(|entries| entries.inventories).unwrap_or_default();
    inner.iter().any(|inner| if inner.is_dir() { reads_at(inner, file, depth + 1) } else { is_same(inner, file) })
}

/// Whether these are one file or folder.
fn is_same(one: &Path, other: &Path) -> bool {
    let id = |path: &Path| fs::metadata(path).ok().map(|found| (found.dev(), found.ino()));
    id(one).is_some_and(|one| Some(one) == id(other))
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
        let hosts = |path: &Path| read(path).expect("valid").inventory.resolve().expect("no circle").all();
        assert_eq!(hosts(&path("hosts")), ["web1"]);
        assert_eq!(hosts(&path("program")), ["db1"]);
        assert_eq!(hosts(folder.path()), ["db1", "web1", "web2"]);
    }

    /// Hosts that are left out are missed by nobody.
    #[test]
    fn folders_in_a_folder_are_read_and_what_is_left_out_is_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
            fs::write(path, text).expect("writable");
        };
        write("a", "[g]\na1\n");
        write("sub/x", "[g]\nsub1\n");
        write("sub/deep.old/y.yml", "g: {hosts: {deep1: }}\n");
        for other in [".git/x", "group_vars/g", "sub/host_vars/a1", "vars_plugins/x", "readme.md", "sub/x.orig"] {
            write(other, "not: [an inventory\n");
        }
        write("more.txt", "lost1\n");
        write("prod.ini", "lost2\n");
        write("sub/ansible.cfg", "[defaults]\ninventory = hosts\n");
        executable::write(&folder.path().join("sub/program"), "#!/bin/sh\necho '{\"g\": {\"hosts\": []}}'\n");
        let InventoryFile { inventory, remarks } = read(folder.path()).expect("valid");
        assert_eq!(inventory.resolve().expect("no circle").all(), ["a1", "deep1", "sub1"]);
        assert!(
            remarks[0].contains("so: more.txt, prod.ini;") && remarks[1].contains("so: ansible.cfg;"),
            "{remarks:?}"
        );
        assert!(remarks[2].ends_with("sub/program is a program and names no host"), "{remarks:?}");
        assert_eq!(remarks.len(), 3);
        write("only/prod.ini", "lost3\n");
        let error = read(&folder.path().join("only")).expect_err("no host").message;
        assert!(error.contains("names no host;") && error.contains("so: prod.ini;"), "{error}");
        std::os::unix::fs::symlink("/no/such/file", folder.path().join("link")).expect("writable");
        assert!(read(folder.path()).expect_err("a link").message.contains("link: No such file"));
        fs::remove_file(folder.path().join("link")).expect("it is there");
        std::os::unix::fs::symlink("..", folder.path().join("sub/up")).expect("writable");
        assert!(read(folder.path()).expect_err("a circle").message.contains("more than 16 folders deep"));
    }

    #[test]
    fn an_inventory_without_hosts_is_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("inventory");
        for text in [
            "[g]\n",
            "[g]\n[k:children]\ng\n",
            "[all:vars]\na=1\n",
            "[g:vars]\nx=1\n",
            "all:\n",
            "all:\n  hosts:\n",
            "all: {children: {g: {}}}\n",
            "web:\n",
            "{}",
            "{\"web\": null}",
            "{\"g\": {\"hosts\": []}, \"_meta\": {\"hostvars\": {}}}",
            "{\"_meta\": {\"hostvars\": {\"old\": {\"a\": 1}}}, \"all\": {\"children\": [\"ungrouped\", \"g\"]}, \"g\": {\"hosts\": []}}",
        ] {
            fs::write(&path, text).expect("writable");
            let error = read(&path).expect_err(text);
            assert_eq!(error.code, crate::exit_code::USAGE, "{text}");
            assert!(error.message.contains("inventory names no host; look at"), "{text}: {error}");
        }
        for text in ["[\"w1\", \"w2\"]", " [ ]\n", "null", "true"] {
            fs::write(&path, text).expect("writable");
            let error = read(&path).expect_err(text).message;
            assert!(error.contains("an object of groups"), "{text}: {error}");
        }
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
