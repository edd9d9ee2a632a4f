//! What root imports: modules, what they import, compiled code and the interpreter obey the rule of configuration files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};

use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

use crate::paths::acl;

/// An account that nobody has.
const STRANGER: u32 = 12345;

const MODULE: &str = "\
import helper
from smoker.server.plugins import BasePlugin

class Plugin(BasePlugin):
    def run(self):
        open(self.plugin.params['Note'], 'w').close()
        self.result.set_status('OK')
";

fn prepare(top: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let text = format!(
        "bind_host: 127.0.0.1\nbind_port: {{{{PORT}}}}\n{top}templates: {{BasePlugin: {{Timeout: 20}}}}\nplugins:\n  \
         M: {{Module: checks.m, Note: '{{{{DIR}}}}/ran'}}\n"
    );
    Config::whole(&text).write(&sandbox).expect("writable");
    for (name, text) in [("checks/__init__.py", ""), ("checks/m.py", MODULE), ("helper.py", "")] {
        sandbox.write(name, text.as_bytes()).expect("writable");
    }
    sandbox
}

fn smokerd(sandbox: &Sandbox, order: &[&str]) -> Output {
    cli::smokerd(sandbox, &[order, &["-c", "{{DIR}}/smokerd.yaml"]].concat())
}

fn set_mode(sandbox: &Sandbox, name: &str, mode: u32) {
    fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(mode)).expect("ours");
}

/// The module does not run, `--check` says why, and `said` is a part of both.
fn expect_refused(sandbox: &Sandbox, said: &str) {
    let checked = smokerd(sandbox, &["--check"]);
    checked.expect_code(3);
    expect_line(&checked.stderr, &["WARNING", "Plugin M: every run will fail", said]);
    let tried = smokerd(sandbox, &["--test-plugin", "M"]);
    assert!(tried.text().contains(said), "{said}: {}", tried.text());
    assert!(!sandbox.path("ran").exists(), "{said}");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_imports_nothing_that_others_can_write() {
    let sandbox = prepare("");
    smokerd(&sandbox, &["--check"]).expect_code(0);
    smokerd(&sandbox, &["--test-plugin", "M"]).expect_code(0);
    fs::remove_file(sandbox.path("ran")).expect("it ran");
    fs::create_dir_all(sandbox.path("checks/__pycache__")).expect("writable");
    for name in ["checks/m.py", "checks/__init__.py", "checks", "checks/__pycache__", "helper.py"] {
        let before = fs::metadata(sandbox.path(name)).expect("there").permissions().mode() & 0o7777;
        set_mode(&sandbox, name, before | 0o002);
        expect_refused(&sandbox, &format!("{name} can be written by everybody, who would decide what smokerd runs"));
        set_mode(&sandbox, name, before);
        chown(sandbox.path(name), Some(STRANGER), None).expect("root may");
        expect_refused(&sandbox, &format!("{name} belongs to 12345, neither to root nor to the daemon's account"));
        smokerd(&sandbox, &["--check", "--trust-owner", "12345"]).expect_code(0);
        smokerd(&sandbox, &["--test-plugin", "M", "--trust-owner", "12345"]).expect_code(0);
        fs::remove_file(sandbox.path("ran")).expect("it ran");
        chown(sandbox.path(name), Some(0), None).expect("root may");
    }
    if acl::let_write(&sandbox.path("helper.py"), STRANGER) {
        expect_refused(&sandbox, "helper.py can be written by 12345, whom its access control list (ACL) names");
        smokerd(&sandbox, &["--test-plugin", "M", "--trust-owner", "12345"]).expect_code(0);
        fs::remove_file(sandbox.path("ran")).expect("it ran");
        set_mode(&sandbox, "helper.py", 0o644);
    }
    fs::rename(sandbox.path("checks/m.py"), sandbox.path("theirs")).expect("ours");
    chown(sandbox.path("theirs"), Some(STRANGER), None).expect("root may");
    symlink("../theirs", sandbox.path("checks/m.py")).expect("ours");
    expect_refused(&sandbox, "theirs belongs to 12345");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_runs_no_interpreter_that_others_can_write() {
    for (python, parts) in [
        ("python: '{{DIR}}/venv/bin/python3'\n", vec!["venv/bin/python3", "venv/bin"]),
        (
            "python: {virtualenv: venv}\n",
            vec![
                "venv",
                "venv/pyvenv.cfg",
                "venv/lib/python3.11/site-packages",
                "venv/lib/python3.11/site-packages/a.pth",
            ],
        ),
    ] {
        let sandbox = prepare(python);
        sandbox.write("venv/bin/python3", b"#!/bin/sh\nexec python3 \"$@\"\n").expect("writable");
        sandbox.write("venv/pyvenv.cfg", b"").expect("writable");
        sandbox.write("venv/lib/python3.11/site-packages/a.pth", b"").expect("writable");
        set_mode(&sandbox, "venv/bin/python3", 0o755);
        smokerd(&sandbox, &["--check"]).expect_code(0);
        for part in parts {
            chown(sandbox.path(part), Some(STRANGER), None).expect("root may");
            for order in [&["--check"][..], &["--test-plugin", "M"], &["-fg", "--no-syslog"]] {
                let refused = smokerd(&sandbox, order);
                refused.expect_code(1);
                assert!(refused.stderr.contains(&format!("{part} belongs to 12345")), "{}", refused.stderr);
            }
            smokerd(&sandbox, &["--check", "--trust-owner", "12345"]).expect_code(0);
            chown(sandbox.path(part), Some(0), None).expect("root may");
        }
    }
}

/// A plugin's own umask is for its files, not for the compiled modules that all runs import.
#[test]
fn compiled_modules_can_be_written_by_their_owner_alone() {
    let sandbox = prepare("");
    let text = fs::read_to_string(sandbox.path("smokerd.yaml")).expect("there");
    fs::write(sandbox.path("smokerd.yaml"), text.replace("Module:", "Umask: 000, Module:")).expect("ours");
    for name in ["checks/__init__.py", "checks/m.py", "helper.py"] {
        let file = fs::File::options().write(true).open(sandbox.path(name)).expect("there");
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("ours");
    }
    let mut command = cli::smokerd_command(&sandbox, &["--test-plugin", "M", "-c", "{{DIR}}/smokerd.yaml"]);
    cli::run(command.env_remove("PYTHONDONTWRITEBYTECODE")).expect_code(0);
    let cache = sandbox.path("checks/__pycache__");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("there").permissions().mode();
    assert_eq!(mode(&cache) & 0o022, 0);
    for entry in fs::read_dir(&cache).expect("there").flatten() {
        assert_eq!(mode(&entry.path()) & 0o022, 0, "{entry:?}");
    }
}
