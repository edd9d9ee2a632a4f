//! `smokerd --genconfig`: one file of a folder, whole or not at all.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use smoker_tests::boot::Boot;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

/// A folder of parts below the configuration's own.
fn parts() -> Config {
    Config::whole("old: file\n")
        .file("d/common.yaml", "bind_host: 127.0.0.1\nbind_port: {{PORT}}\n")
        .file("d/template.d/BasePlugin.yaml", "Timeout: 15\n")
        .file(
            "d/plugin.d/hello.yaml",
            "Command: |\n  # no comment\n  echo \"on: $SMOKER_PARAM_N\"\nN: 017\nWord: 'yes'\n",
        )
        .file("d/plugin.d/Second.yaml", "Command: !include second.txt\n")
        .file("d/plugin.d/second.txt", "echo second\n")
}

fn sandbox(config: &Config) -> Sandbox {
    let sandbox = Sandbox::new();
    config.write(&sandbox).expect("writable");
    sandbox
}

fn generate(sandbox: &Sandbox, output: &str) -> Output {
    cli::smokerd(sandbox, &["--genconfig", "{{DIR}}/d", "-o", output])
}

/// The names of the files beside the main file, hidden ones, too.
fn files(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.config_folder()).expect("it is there");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
    names.sort();
    names
}

#[test]
fn a_daemon_with_the_file_serves_what_one_with_the_folder_serves() {
    let sandbox = sandbox(&parts());
    let output = generate(&sandbox, "{{DIR}}/smokerd.yaml");
    output.expect_code(0);
    assert_eq!(output.text(), "");
    let text = fs::read_to_string(sandbox.path("smokerd.yaml")).expect("it is written");
    let port = |text: &str| text.replace(&sandbox.port().to_string(), "{{PORT}}");
    // Includes are in it, so it does not need the folder.
    let daemon = Boot::of(Config::whole(&port(&text))).start();
    daemon.run("hello").expect_ok(&["on: 15"]);
    daemon.run("Second").expect_ok(&["second"]);
    let served = |path: &str, boot: Boot| boot.start().get(path).json();
    let folder = served("/plugins", Boot::of(moved(&parts())).of_folder());
    let mut file = daemon.get("/plugins").json();
    for item in file["plugins"]["items"].as_array_mut().expect("a list") {
        item["plugin"]["lastResult"] = serde_json::Value::Null;
    }
    assert_eq!(file, folder);
}

/// The parts in the folder of the configuration itself.
fn moved(parts: &Config) -> Config {
    let sandbox = sandbox(parts);
    let names = [
        "common.yaml",
        "template.d/BasePlugin.yaml",
        "plugin.d/hello.yaml",
        "plugin.d/Second.yaml",
        "plugin.d/second.txt",
    ];
    names.iter().fold(Config::whole("x"), |config, name| {
        let text = fs::read_to_string(sandbox.path(&format!("d/{name}"))).expect("written above");
        config.file(name, &text.replace(&sandbox.port().to_string(), "{{PORT}}"))
    })
}

#[test]
fn without_a_file_it_goes_to_standard_output() {
    let sandbox = sandbox(&parts());
    generate(&sandbox, "{{DIR}}/new.yaml").expect_code(0);
    let text = fs::read_to_string(sandbox.path("new.yaml")).expect("it is written");
    for arguments in [
        &["--genconfig", "{{DIR}}/d"][..],
        &["--genconfig", "{{DIR}}/d", "-o", "-"],
        &["--genconfig", "{{DIR}}/d", "-o", "/dev/stdout"],
    ] {
        let output = cli::smokerd(&sandbox, arguments);
        output.expect_code(0);
        assert_eq!(output.stdout, text, "{arguments:?}");
    }
    assert_eq!(files(&sandbox), ["d", "new.yaml", "smokerd.yaml"]);
}

#[test]
fn a_full_device_is_reported() {
    let sandbox = sandbox(&parts());
    let output = generate(&sandbox, "/dev/full");
    output.expect_code(1);
    expect_line(&output.stderr, &["/dev/full", "No space left"]);
}

#[test]
fn what_no_daemon_starts_with_is_not_written() {
    let broken = [
        ("d/common.yaml", "bind_port: 70000\n", "bind_port"),
        ("d/template.d/BasePlugin.yaml", "Timeout: [\n", "BasePlugin.yaml"),
    ];
    for (name, content, reason) in broken {
        let sandbox = sandbox(&parts().file(name, content));
        for output in ["{{DIR}}/smokerd.yaml", "{{DIR}}/new.yaml", "-"] {
            let output = generate(&sandbox, output);
            output.expect_code(1);
            expect_line(&output.stderr, &[reason]);
            assert_eq!(output.stdout, "");
        }
        assert_eq!(fs::read_to_string(sandbox.path("smokerd.yaml")).expect("it stays"), "old: file\n");
        assert_eq!(files(&sandbox), ["d", "smokerd.yaml"]);
    }
}

/// As in a daemon with the folder itself.
#[test]
fn a_plugin_that_does_not_load_costs_only_itself() {
    let broken = [
        ("d/plugin.d/bad.yaml", "Command: [x\n", "not closed"),
        ("d/plugin.d/bad.yaml", "", "Plugin bad not loaded: the plugin is empty"),
        ("d/plugin.d/bad.yaml", "Command: 'true'\nTemplate: Nowhere\n", "Plugin bad not loaded"),
        ("d/plugin.d/bad.yaml", "Command: 'true'\nTimeout: 0\n", "Plugin bad not loaded"),
        ("d/common.yaml", "plugins: {hello: {Command: 'true'}}\n", "remove one of the two"),
    ];
    for (name, content, reason) in broken {
        let sandbox = sandbox(&parts().file(name, content));
        let output = generate(&sandbox, "{{DIR}}/smokerd.yaml");
        output.expect_code(3);
        expect_line(&output.stderr, &["ERROR", reason]);
        expect_line(&output.stderr, &["WARNING: it is written, but a daemon leaves out"]);
        let written = fs::read_to_string(sandbox.path("smokerd.yaml")).expect("it is written");
        assert!(written.contains("Second:"), "{written}");
        let check = cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"]);
        assert!(matches!(check.code, 0 | 3), "{check:?}");
    }
}

#[test]
fn a_warning_is_reported_and_the_file_is_written() {
    let sandbox = sandbox(&parts().file("d/plugin.d/odd.yaml", "Command: 'true'\nIntervall: 5\n"));
    let output = generate(&sandbox, "{{DIR}}/new.yaml");
    output.expect_code(0);
    expect_line(&output.stderr, &["WARNING", "odd.yaml:2", "Interval?"]);
    assert!(sandbox.path("new.yaml").exists());
}

#[test]
fn a_file_keeps_its_mode_and_a_new_one_is_not_for_everybody() {
    let sandbox = sandbox(&parts());
    let mode = |name: &str| fs::metadata(sandbox.path(name)).expect("it is there").mode() & 0o7777;
    generate(&sandbox, "{{DIR}}/new.yaml").expect_code(0);
    assert_eq!(mode("new.yaml"), 0o640);
    for kept in [0o600, 0o644, 0o664] {
        fs::write(sandbox.path("smokerd.yaml"), "old").expect("writable");
        fs::set_permissions(sandbox.path("smokerd.yaml"), fs::Permissions::from_mode(kept)).expect("ours");
        generate(&sandbox, "{{DIR}}/smokerd.yaml").expect_code(0);
        assert_eq!(mode("smokerd.yaml"), kept);
    }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_file_keeps_its_owner() {
    let sandbox = sandbox(&parts());
    let path = sandbox.path("smokerd.yaml");
    std::os::unix::fs::chown(&path, Some(12345), Some(12346)).expect("root may");
    generate(&sandbox, "{{DIR}}/smokerd.yaml").expect_code(0);
    let owner = fs::metadata(&path).map(|metadata| (metadata.uid(), metadata.gid())).expect("it is there");
    assert_eq!(owner, (12345, 12346));
    assert!(fs::read_to_string(&path).expect("readable").contains("hello"));
}

#[test]
fn the_file_is_replaced_in_one_step() {
    let sandbox = sandbox(&parts());
    let inode = || fs::metadata(sandbox.path("smokerd.yaml")).expect("it is there").ino();
    let old = fs::File::open(sandbox.path("smokerd.yaml")).expect("readable");
    let first = inode();
    generate(&sandbox, "{{DIR}}/smokerd.yaml").expect_code(0);
    assert_ne!(inode(), first, "a new file took the name");
    assert_eq!(std::io::read_to_string(&old).expect("readable"), "old: file\n", "who reads the old one sees all of it");
    let second = inode();
    generate(&sandbox, "{{DIR}}/smokerd.yaml").expect_code(0);
    assert_eq!(inode(), second, "what would not change is left alone");
    assert_eq!(files(&sandbox), ["d", "smokerd.yaml"]);
}

#[test]
fn a_link_stays_and_what_it_stands_for_is_written() {
    let sandbox = sandbox(&parts());
    fs::create_dir(sandbox.path("real")).expect("writable");
    fs::write(sandbox.path("real/conf.yaml"), "old").expect("writable");
    symlink("real/conf.yaml", sandbox.path("link.yaml")).expect("writable");
    generate(&sandbox, "{{DIR}}/link.yaml").expect_code(0);
    assert!(fs::symlink_metadata(sandbox.path("link.yaml")).expect("it is there").is_symlink());
    assert!(fs::read_to_string(sandbox.path("real/conf.yaml")).expect("readable").contains("hello"));
    symlink("nowhere/conf.yaml", sandbox.path("lost.yaml")).expect("writable");
    let output = generate(&sandbox, "{{DIR}}/lost.yaml");
    output.expect_code(1);
    expect_line(&output.stderr, &["lost.yaml", "link to a file that does not exist"]);
}

#[test]
fn the_parts_themselves_are_never_written() {
    let sandbox = sandbox(&parts());
    for part in ["d/common.yaml", "d/plugin.d/hello.yaml", "d/plugin.d/smokerd.yaml", "d/../d/template.d/new.yaml"] {
        let output = generate(&sandbox, &format!("{{{{DIR}}}}/{part}"));
        output.expect_code(1);
        expect_line(&output.stderr, &["is a part of the folder itself"]);
    }
    assert!(!sandbox.path("d/plugin.d/smokerd.yaml").exists());
    generate(&sandbox, "{{DIR}}/d/smokerd.yaml").expect_code(0);
}

#[test]
fn what_cannot_be_written_is_reported_with_the_reason() {
    let sandbox = sandbox(&parts());
    for (output, reason) in [
        ("{{DIR}}/nosuch/x.yaml", "No such file"),
        ("{{DIR}}/d", "directory"),
        ("{{DIR}}/smokerd.yaml/x", "Not a directory"),
    ] {
        let result = generate(&sandbox, output);
        result.expect_code(1);
        expect_line(&result.stderr, &["cannot write", reason]);
    }
    let file = cli::smokerd(&sandbox, &["--genconfig", "{{DIR}}/smokerd.yaml"]);
    file.expect_code(1);
    expect_line(&file.stderr, &["smokerd.yaml is a file", "plugin.d"]);
}

#[test]
fn a_write_that_breaks_off_keeps_the_old_file() {
    let sandbox = sandbox(&parts());
    let command = cli::smokerd_command(&sandbox, &["--genconfig", "{{DIR}}/d", "-o", "{{DIR}}/smokerd.yaml"]);
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_str().expect("plain")).collect();
    // No file may get larger than nothing; the signal that comes with it is ignored, so writing fails.
    let script = format!("(trap '' XFSZ; ulimit -f 0; exec {}) 2>&1 | cat", words.join(" "));
    let output = cli::run(sandbox.command("/bin/sh".as_ref()).args(["-c", &script]));
    expect_line(&output.stdout, &["cannot write", "File too large", "unchanged"]);
    assert_eq!(fs::read_to_string(sandbox.path("smokerd.yaml")).expect("it stays"), "old: file\n");
    assert_eq!(files(&sandbox), ["d", "smokerd.yaml"]);
}
