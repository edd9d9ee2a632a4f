//! Which interpreter runs modules, and where they are looked up.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{env, fs};

use nix::unistd::geteuid;
use smoker_model::value::Value;

/// The advice for an operator whose host has no interpreter for modules.
pub(crate) const PYTHON_ADVICE: &str = "modules in Python need Python 3.6 or newer: install python3, or name an \
                                        interpreter under 'python' in the configuration";

/// What is taken when the configuration names none; looked up in `PATH`.
const DEFAULT_INTERPRETER: &str = "python3";

/// The folders that Python searches before its own.
const PYTHON_PATH: &str = "PYTHONPATH";

/// The interpreter and the folders of the user's modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PythonSettings {
    interpreter: Result<PathBuf, String>,
    users_path: Vec<PathBuf>,
    environment: Vec<(String, String)>,
    /// The accounts whose modules root imports besides its own.
    trusted: Vec<u32>,
}

impl PythonSettings {
    /// Reads the keys `python` and `python_path` of a configuration in
    /// `folder`, which is always the first folder of modules; those of the
    /// environment's `PYTHONPATH` come last. Relative paths start at `folder`,
    /// those of `PYTHONPATH` at `working`, where we were started.
    ///
    /// `python` is the path or name of an interpreter, the folder of a virtual
    /// environment, or a mapping with one of the keys `interpreter` and
    /// `virtualenv`. What makes no sense is an error of each run that needs Python.
    #[must_use]
    pub fn new(python: Option<&Value>, python_path: &[PathBuf], folder: &Path, working: &Path) -> Self {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let environment = env::var_os(PYTHON_PATH).unwrap_or_default();
        let environment: Vec<_> = without_working_directory(&environment, working);
        let configured = python_path.iter().map(|entry| folder.join(entry));
        let mut users_path: Vec<PathBuf> = Vec::new();
        for entry in std::iter::once(folder.clone()).chain(configured).chain(environment.iter().cloned()) {
            let entry = std::path::absolute(&entry).unwrap_or(entry);
            if !users_path.contains(&entry) {
                users_path.push(entry);
            }
        }
        Self {
            interpreter: interpreter(python, &folder),
            users_path,
            environment: variables(&environment),
            trusted: Vec::new(),
        }
    }

    /// The same, with further accounts whose modules a daemon that is root imports.
    #[must_use]
    pub fn trusting(self, trusted: Vec<u32>) -> Self {
        Self { trusted, ..self }
    }

    /// The accounts whose modules are imported, that of the run apart: root's, where root imports them; none: all accounts.
    pub(crate) fn importable_owners(&self) -> Option<Vec<u32>> {
        geteuid().is_root().then(|| std::iter::once(0).chain(self.trusted.iter().copied()).collect())
    }

    /// What decides which code modules run, beside their own files: the folders that are searched, and the interpreter with
    /// its virtual environment, if a path names it or `needs_python`.
    #[must_use]
    pub fn deciding_paths(&self, needs_python: bool) -> Vec<PathBuf> {
        let interpreter = match self.interpreter.as_deref() {
            Ok(path) if path.components().count() > 1 => Some(path.to_owned()),
            Ok(name) if needs_python => in_search_path(name),
            _ => None,
        };
        let around = interpreter.iter().filter_map(|path| path.parent()?.parent()).flat_map(read_at_start);
        self.users_path.iter().cloned().chain(around).chain(interpreter.iter().cloned()).collect()
    }

    /// Why the configuration names no interpreter that can be used; none when it does.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.interpreter.as_ref().err().map(String::as_str)
    }

    /// The interpreter's path.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn interpreter(&self) -> Result<&Path, String> {
        self.interpreter.as_deref().map_err(Clone::clone)
    }

    /// The variables that an interpreter needs beside the daemon's own.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    /// The folders of the user's modules, in the order in which they are searched.
    #[must_use]
    pub fn users_path(&self) -> &[PathBuf] {
        &self.users_path
    }
}

/// The folders of a `PYTHONPATH`. To Python an empty one means the working directory, where nothing is ever searched.
fn without_working_directory(path: &OsStr, working: &Path) -> Vec<PathBuf> {
    let entries = env::split_paths(path).filter(|entry| !entry.as_os_str().is_empty());
    entries.map(|entry| working.join(entry)).collect()
}

/// An interpreter imports `sitecustomize` and what belongs to it before any program of ours can correct its path.
fn variables(python_path: &[PathBuf]) -> Vec<(String, String)> {
    let inherited = env::var_os(PYTHON_PATH);
    let safe = env::join_paths(python_path).unwrap_or_default();
    let is_safe = inherited.is_none_or(|inherited| inherited == safe);
    if is_safe { Vec::new() } else { vec![(PYTHON_PATH.to_owned(), safe.to_string_lossy().into_owned())] }
}

fn interpreter(python: Option<&Value>, folder: &Path) -> Result<PathBuf, String> {
    let refuse = |found: &str| {
        format!(
            "python has to be the path of an interpreter or of a virtual environment, or a mapping with the key \
             interpreter or virtualenv, not {found}"
        )
    };
    let text = match python {
        None | Some(Value::Null) => return Ok(DEFAULT_INTERPRETER.into()),
        Some(Value::Text(text)) => text,
        Some(Value::Map(entries)) => match entries.as_slice() {
            [(name, Value::Text(text))] if matches!(name.as_text(), Some("interpreter" | "virtualenv")) => text,
            _ => return Err(refuse("another mapping")),
        },
        Some(other) => return Err(refuse(other.python_type())),
    };
    let text = text.trim();
    if text.is_empty() {
        return Err(refuse("an empty text"));
    }
    if !text.contains('/') {
        // A name is looked up in PATH, unless the configuration has such a virtual environment beside it.
        return Ok(of_virtualenv(&folder.join(text)).unwrap_or_else(|| text.into()));
    }
    let path = folder.join(text);
    Ok(of_virtualenv(&path).unwrap_or(path))
}

/// What an interpreter below this folder reads before it runs anything.
fn read_at_start(folder: &Path) -> Vec<PathBuf> {
    let named =
        |path: &PathBuf, begin: &str| path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(begin));
    let libraries = entries(&folder.join("lib")).filter(|path| named(path, "python3"));
    let packages: Vec<_> = libraries.map(|library| library.join("site-packages")).collect();
    let is_run = |path: &PathBuf| {
        path.extension().is_some_and(|it| it == "pth")
            || ["sitecustomize", "usercustomize"].iter().any(|it| named(path, it))
    };
    let files: Vec<_> = packages.iter().flat_map(|packages| entries(packages)).filter(is_run).collect();
    packages.into_iter().chain(files).chain([folder.join("pyvenv.cfg")]).collect()
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// The program of this name that a run would start.
fn in_search_path(name: &Path) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The interpreter of a virtual environment in this folder, if it is one.
fn of_virtualenv(folder: &Path) -> Option<PathBuf> {
    ["bin/python3", "bin/python"].iter().map(|name| folder.join(name)).find(|path| path.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interpreter_of(python: &Value, folder: &Path) -> Result<PathBuf, String> {
        PythonSettings::new(Some(python), &[], folder, folder).interpreter
    }

    #[test]
    fn an_interpreter_is_a_name_a_path_or_a_virtual_environment() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir_all(folder.path().join("venv/bin")).expect("a folder");
        std::fs::write(folder.path().join("venv/bin/python3"), "").expect("a file");
        let of = |text: &str| interpreter_of(&Value::Text(text.to_owned()), folder.path()).expect("an interpreter");
        let in_venv = folder.path().join("venv/bin/python3");
        assert_eq!(of("python3.9"), PathBuf::from("python3.9"));
        assert_eq!(of("/usr/bin/python3"), PathBuf::from("/usr/bin/python3"));
        assert_eq!(of("./venv"), folder.path().join("./venv/bin/python3"));
        assert_eq!(of("venv"), in_venv);
        let mapping = Value::Map(vec![(Value::Text("virtualenv".into()), Value::Text("venv".into()))]);
        assert_eq!(interpreter_of(&mapping, folder.path()), Ok(in_venv));
    }

    #[test]
    fn anything_else_is_refused() {
        for python in [Value::Int(3), Value::Text(" ".into()), Value::Map(Vec::new())] {
            let error = interpreter_of(&python, Path::new("/")).expect_err("no interpreter");
            assert!(error.starts_with("python has to be"), "{error}");
        }
    }

    #[test]
    fn the_configuration_folder_comes_first() {
        let settings = PythonSettings::new(
            None,
            &["lib".into(), "/opt/checks".into(), ".".into()],
            Path::new("/etc/s"),
            Path::new("/"),
        );
        assert_eq!(settings.users_path[..3], ["/etc/s", "/etc/s/lib", "/opt/checks"].map(PathBuf::from));
    }
}
