//! Under a mask that forbids nothing, nobody but the owner may change what is made.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::wait;

/// Becomes its arguments under a mask that forbids nothing.
const OPEN: [&str; 3] = ["/bin/sh", "-c", "umask 0; exec \"$0\" \"$@\""];

/// The files and folders below this one that others than their owner may write to.
fn open_to_others(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let metadata = fs::symlink_metadata(entry.path()).expect("it exists");
        if metadata.permissions().mode() & 0o022 != 0 && !metadata.is_symlink() {
            found.push(entry.path().display().to_string());
        }
        if metadata.is_dir() {
            found.extend(open_to_others(&entry.path()));
        }
    }
    found
}

const LOGGING: &str = "[loggers]\nkeys=root\n[handlers]\nkeys=file\n[formatters]\nkeys=plain\n\
    [logger_root]\nlevel=INFO\nhandlers=file\n[handler_file]\nclass=FileHandler\nformatter=plain\nargs=('{{DIR}}/log/smokerd.log',)\n\
    [formatter_plain]\nformat=%(message)s\n";

#[test]
fn a_daemon_in_the_background() {
    let config = Config::new()
        .top("stdout: {{DIR}}/logs/out\nstderr: {{DIR}}/logs/err")
        .file("log/here", "")
        .file("logging.ini", LOGGING)
        .plugin("maker", "Command: mkdir {{DIR}}/made; touch {{DIR}}/made/file\nInterval: 0.1\nSplay: 0");
    let boot = Boot::in_background(config).argument("--logging-conf").argument("{{DIR}}/logging.ini");
    let daemon = boot.through(&OPEN).start();
    for name in ["logs/err", "log/smokerd.log", "made/file"] {
        wait::until_true(name, || daemon.path(name).exists());
    }
    assert!(daemon.pidfile().exists());
    assert_eq!(open_to_others(daemon.pidfile().parent().expect("a folder")), [""; 0]);
}

#[test]
fn a_daemon_in_the_foreground() {
    let config = Config::new()
        .file("log/here", "")
        .file("logging.ini", LOGGING)
        .plugin("maker", "Command: touch {{DIR}}/made; umask");
    let daemon = Boot::of(config).argument("--logging-conf").argument("{{DIR}}/logging.ini").through(&OPEN).start();
    daemon.run("maker").expect_ok(&["0022"]);
    wait::until_true("the log", || daemon.path("log/smokerd.log").exists());
    assert_eq!(open_to_others(&daemon.path("")), [""; 0]);
}

#[test]
fn a_stricter_mask_stays() {
    let strict = ["/bin/sh", "-c", "umask 0077; exec \"$0\" \"$@\""];
    let daemon = Boot::of(Config::new().plugin("mask", "Command: umask")).through(&strict).start();
    daemon.run("mask").expect_ok(&["0077"]);
}

#[test]
fn a_generated_configuration() {
    let folder = Config::whole("")
        .file("d/template.d/BasePlugin.yaml", "Timeout: 15\n")
        .file("d/plugin.d/hello.yaml", "Command: echo\n");
    let boot = Boot::in_background(folder).only(&["--genconfig", "{{DIR}}/d", "-o", "{{DIR}}/generated.yaml"]);
    let generated = boot.through(&OPEN).prepare();
    generated.launch().expect_code(0);
    assert!(generated.path("generated.yaml").exists());
    assert_eq!(open_to_others(&generated.path("")), [""; 0]);
}
