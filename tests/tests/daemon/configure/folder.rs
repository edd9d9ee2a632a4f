//! A folder with a file for each plugin as configuration, and the examples that are shipped.

use std::fs;
use std::path::{Path, PathBuf};

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

/// What is no part of the folder must not matter: there is a broken main file beside the parts.
fn folder() -> Config {
    Config::whole("broken: [")
        .file("common.yaml", "bind_host: 127.0.0.1\nbind_port: {{PORT}}\n")
        .file("template.d/BasePlugin.yaml", "Timeout: 15\n")
        .file("plugin.d/hello.yaml", "Command: echo hello\nAction: note\n")
        .file("action.d/note.yaml", "Command: echo %(status)s\n")
}

fn names(daemon: &Daemon) -> Vec<String> {
    let page = daemon.get("/plugins").json();
    let items = page["plugins"]["items"].as_array().expect("a list");
    items.iter().map(|item| item["plugin"]["name"].as_str().expect("a name").to_owned()).collect()
}

fn etc(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../etc").join(name)
}

#[test]
fn a_daemon_runs_with_a_folder() {
    let config = folder()
        .file("plugin.d/module.yaml", "Module: local\n")
        .file("plugin.d/Zulu.yaml", "Command: echo %(Word)s\nWord: !include word.txt\n")
        .file("plugin.d/word.txt", "included\n")
        .file(
            "local.py",
            "from smoker.server.plugins import BasePlugin\n\nclass Plugin(BasePlugin):\n    def run(self):\n        \
             self.result.set_status('OK')\n        self.result.add_info('from the folder')\n        return self.result\n",
        );
    let daemon = Boot::of(config).of_folder().start();
    assert_eq!(names(&daemon), ["Zulu", "hello", "module"]);
    daemon.run("hello").expect_ok(&["hello"]);
    daemon.run("Zulu").expect_ok(&["included"]);
    daemon.run("module").expect_ok(&["from the folder"]);
    assert_eq!(daemon.run("hello").0["action"]["messages"]["info"][0], "OK");
    assert!(!daemon.log().contains("WARN"), "{}", daemon.log());
}

#[test]
fn what_is_wrong_is_reported_with_the_file_that_has_it() {
    let config = folder().file("plugin.d/odd.yaml", "Command: 'true'\n# a line\nTimeout: never\n");
    let daemon = Boot::of(config).of_folder().start();
    assert_eq!(names(&daemon), ["hello"]);
    expect_line(&daemon.log(), &["c/plugin.d/odd.yaml:3:1", "Plugin odd not loaded", "Timeout"]);

    let sandbox = Sandbox::new();
    folder().file("plugin.d/odd.yaml", "Command: [x\n").write(&sandbox).expect("writable");
    let output = cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}"]);
    output.expect_code(3);
    expect_line(&output.stderr, &["plugin.d/odd.yaml:", "Plugin odd not loaded", "not closed"]);
    std::os::unix::fs::symlink("/no/such/file", sandbox.path("plugin.d/gone.yaml")).expect("writable");
    let output = cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}"]);
    expect_line(
        &output.stderr,
        &["Plugin gone not loaded", "it is a link to /no/such/file, which is not there; correct"],
    );
}

#[test]
fn a_folder_is_read_again_at_a_hang_up() {
    let daemon = Boot::of(folder()).of_folder().start();
    let write = |name: &str, text: &str| fs::write(daemon.path(name), text).expect("writable");
    write("plugin.d/Added.yaml", "Command: echo added\n");
    fs::remove_file(daemon.path("plugin.d/hello.yaml")).expect("it is there");
    daemon.signal(Signal::SIGHUP);
    wait::until_true("the files of now to count", || names(&daemon) == ["Added"]);
    daemon.run("Added").expect_ok(&["added"]);

    write("plugin.d/Broken.yaml", "Command: [x\n");
    write("plugin.d/Other.yaml", "Command: echo other\n");
    daemon.signal(Signal::SIGHUP);
    wait::until_true("all but the broken one to count", || names(&daemon) == ["Added", "Other"]);
    expect_line(&daemon.log(), &["ERROR", "plugin.d/Broken.yaml:", "Plugin Broken not loaded"]);
    write("common.yaml", "bind_port: [x\n");
    daemon.signal(Signal::SIGHUP);
    let refused = || daemon.log().contains("common.yaml:") && daemon.log().contains("is refused");
    wait::until_true("the refusal", refused);
    assert_eq!(names(&daemon), ["Added", "Other"]);
}

#[test]
fn a_folder_without_a_configuration_is_refused_with_what_it_lacks() {
    let output = cli::smokerd(&Sandbox::new(), &["--check", "-c", "{{DIR}}"]);
    output.expect_code(1);
    expect_line(&output.stderr, &["common.yaml", "plugin.d"]);
}

#[test]
fn a_plugin_of_a_folder_can_be_tried() {
    let sandbox = Sandbox::new();
    folder().write(&sandbox).expect("writable");
    let output = cli::smokerd(&sandbox, &["-c", "{{DIR}}", "--test-plugin", "hello", "-o", "json"]);
    output.expect_code(0);
    let shown: serde_json::Value = serde_json::from_str(&output.stdout).expect("one JSON object");
    assert_eq!(shown["command"], "echo hello");
}

#[test]
fn the_shipped_examples_load_without_a_warning() {
    let sandbox = Sandbox::new();
    for example in ["smokerd.yaml", "smokerd", "quickstart/smokerd.yaml", "quickstart/macos.yaml"] {
        let path = etc(example).display().to_string();
        let output = cli::smokerd(&sandbox, &["--check", "-c", &path]);
        output.expect_code(0);
        assert_eq!(output.stderr, "", "{example}");
    }
}

#[test]
fn the_shipped_folder_and_the_shipped_file_are_the_same_configuration() {
    let sandbox = Sandbox::new();
    let one_file = |folder: &str| {
        let output = cli::smokerd(&sandbox, &["--genconfig", folder]);
        output.expect_code(0);
        assert_eq!(output.stderr, "", "{folder}");
        output.stdout
    };
    // A folder may have everything in common.yaml.
    sandbox.write("common.yaml", &fs::read(etc("smokerd.yaml")).expect("shipped")).expect("writable");
    assert_eq!(one_file(&etc("smokerd").display().to_string()), one_file("{{DIR}}"));
}
