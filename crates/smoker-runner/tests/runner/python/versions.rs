//! Python 3.6 and newer, the standard library only.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use smoker_model::messages::Level;

use crate::fixture::{Check, Modules, action_of, error, infos, plugin, texts};

/// The folders in which interpreters can be: the path, and what pyenv has.
fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = env::home_dir().unwrap_or_default().join(".pyenv/versions");
    let of_pyenv = fs::read_dir(versions).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    env::split_paths(&path).chain(of_pyenv).filter(|folder| !folder.ends_with("shims")).collect()
}

/// One interpreter of each version that is at hand.
fn interpreters() -> BTreeMap<u32, PathBuf> {
    let mut found = BTreeMap::new();
    for folder in folders() {
        for minor in 6..40 {
            let interpreter = folder.join(format!("python3.{minor}"));
            if interpreter.is_file() {
                found.entry(minor).or_insert(interpreter);
            }
        }
    }
    found
}

#[test]
fn every_version_at_hand_runs_modules() {
    for (minor, interpreter) in interpreters() {
        let modules = Modules::with_python(interpreter.to_str(), &[]);
        let body =
            "self.result.add_info('%d.%d' % sys.version_info[:2])\nself.result.add_info(self.execute('echo out')[0])";
        modules.file("versions.py", &plugin(body));
        modules.file("after.py", &plugin("self.result.add_info(self.args['result'].result['status'])"));
        let result = modules.run(&Check::module("versions").action("after"));
        assert_eq!(infos(&result), [&format!("3.{minor}"), "out"], "{}", interpreter.display());
        assert_eq!(infos(action_of(&result)), ["OK"]);
        let broken = modules.run_body("broken", "import no_such_module");
        assert_eq!(error(&broken), "No module named 'no_such_module'");
    }
}

/// Without such an interpreter `an_interpreter_that_is_none_or_too_old_says_why` is all that there is.
#[test]
fn python_2_is_told_apart() {
    for interpreter in folders().iter().map(|folder| folder.join("python2.7")).filter(|path| path.is_file()) {
        let modules = Modules::with_python(interpreter.to_str(), &[]);
        let result = modules.run_body("any", "pass");
        let expected = format!(
            "{} cannot run modules: it is Python 2.7, and modules need 3.6 or newer (exit status 1); ",
            interpreter.display()
        );
        assert!(error(&result).starts_with(&expected), "{result:?}");
    }
}

/// The same for what no interpreter at hand may be old enough to refuse.
#[test]
fn what_the_host_gets_is_python_3_6_and_the_standard_library() {
    let modules = Modules::new();
    let body = format!(
        "import ast
ours = set(['smoker', '_smoker_host'])
names = getattr(sys, 'stdlib_module_names', None)
old = {{'feature_version': (3, 6)}} if sys.version_info >= (3, 8) else {{}}
count = 0
for folder, _, files in os.walk({:?}):
    for file in files:
        if not file.endswith('.py'): continue
        path = os.path.join(folder, file)
        tree = ast.parse(open(path).read(), path, **old)
        count += 1
        for node in ast.walk(tree):
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom): imported = [node.module]
            for name in imported:
                if names and name.partition('.')[0] not in names and name.partition('.')[0] not in ours:
                    self.result.add_error('%s imports %s' % (path, name))
self.result.add_info('read' if count > 20 else 'only %d files' % count)",
        concat!(env!("CARGO_MANIFEST_DIR"), "/python")
    );
    let result = modules.run_body("syntax", &body);
    assert_eq!(texts(&result, Level::Error), [""; 0]);
    assert_eq!(infos(&result), ["read"]);
}
