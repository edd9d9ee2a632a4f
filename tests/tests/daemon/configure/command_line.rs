//! The command line: what each option does, and what bad usage gets.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::sys::signal::Signal;
use smoker_tests::binary;
use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::sandbox::Sandbox;

fn hello() -> Config {
    Config::new().plugin("hello", "Command: echo hello")
}

#[test]
fn an_unknown_option_is_bad_usage() {
    let sandbox = Sandbox::new();
    for arguments in [&["--nonsense"][..], &["-x"], &["stray"], &["-gf"]] {
        let output = cli::smokerd(&sandbox, arguments);
        output.expect_code(2);
        assert!(output.stderr.to_lowercase().contains("usage"), "{arguments:?}: {}", output.stderr);
        assert_eq!(output.stdout, "");
    }
    cli::smokerd(&sandbox, &["-c"]).expect_code(2);
}

#[test]
fn help_and_version_are_shown() {
    let sandbox = Sandbox::new();
    let help = cli::smokerd(&sandbox, &["--help"]);
    help.expect_code(0);
    for option in [
        "-fg",
        "--foreground",
        "--config",
        "--pidfile",
        "--stop",
        "--no-syslog",
        "--no-console",
        "--logging-conf",
        "--check",
        "--version",
        "SIGHUP",
    ] {
        assert!(help.stdout.contains(option), "{option} is missing in\n{}", help.stdout);
    }
    let version = cli::smokerd(&sandbox, &["--version"]);
    version.expect_code(0);
    assert!(version.stdout.contains(env!("CARGO_PKG_VERSION")), "{}", version.stdout);
}

#[test]
fn the_long_option_for_the_foreground_works_too() {
    let mut daemon = Boot::in_background(hello()).argument("--foreground").prepare();
    daemon.spawn(&mut daemon.command());
    daemon.wait_until_it_serves();
    assert!(!daemon.pidfile().exists());
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
}

#[test]
fn warnings_are_reported_without_options_and_more_with_them() {
    let log = |arguments: &[&str]| {
        let arguments = [&["--no-syslog", "-c", "{{DIR}}/smokerd.yaml"], arguments].concat();
        let mut daemon = Boot::of(hello().plugin("broken", "Timeout: 0")).only(&arguments).start();
        daemon.signal(Signal::SIGTERM);
        assert_eq!(daemon.wait_for_exit(), 0);
        (daemon.sandbox.stdout(), daemon.sandbox.stderr())
    };
    let (stdout, stderr) = log(&[]);
    assert!(stderr.lines().any(|line| line.starts_with("ERROR: ") && line.contains("broken")), "{stderr}");
    assert!(!stdout.contains("INFO: "), "{stdout}");
    let (stdout, _) = log(&["-v"]);
    assert!(stdout.contains("INFO: Loaded plugin hello") && !stdout.contains("DEBUG: "), "{stdout}");
    let (stdout, stderr) = log(&["-v", "--no-console"]);
    assert_eq!((stdout, stderr), (String::new(), String::new()));
}

#[test]
fn a_missing_syslog_is_reported_once() {
    if Path::new("/dev/log").exists() {
        eprintln!("SKIPPED: this machine has a /dev/log, and no test takes it away");
        return;
    }
    let mut daemon = Boot::of(hello()).with_syslog().start();
    for _ in 0..3 {
        assert_eq!(daemon.get("/").status, 200);
    }
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let told = daemon.sandbox.stdout();
    assert_eq!(told.matches("/dev/log").count(), 1, "{told}");
}

#[test]
fn a_configuration_that_cannot_be_read_is_reported() {
    for (path, reason) in [("{{DIR}}/nosuch", "Can't read config file"), ("{{DIR}}", "Can't read config folder")] {
        let output = cli::smokerd(&Sandbox::new(), &["-fg", "--no-syslog", "-c", path]);
        output.expect_code(1);
        assert!(output.stderr.contains(reason), "{}", output.stderr);
    }
}

#[test]
fn an_inherited_environment_reaches_the_commands() {
    let config = Config::new().plugin("env", "Command: echo $SITE_NAME");
    Boot::of(config).environment("SITE_NAME", "here").start().run("env").expect_ok(&["here"]);
}

#[test]
fn no_command_panics_when_a_stream_is_full_or_closed() {
    let sandbox = Sandbox::new();
    let config = sandbox.fill("state_dir: {{DIR}}/state\ntemplates: {BasePlugin: {Timeout: 5, Typo: 1}}\nplugins: {hello: {Command: echo hello}}\n");
    sandbox.write("smokerd.yaml", config.as_bytes()).expect("writable");
    sandbox.write("d/plugin.d/a.yaml", b"Command: echo a\nTimeout: 5\n").expect("writable");
    sandbox.write("d/template.d/BasePlugin.yaml", b"Timeout: 5\n").expect("writable");
    fs::create_dir_all(sandbox.path("state/results")).expect("writable");
    fs::set_permissions(sandbox.path("state"), Permissions::from_mode(0o700)).expect("ours");
    let run = |arguments: &str, streams: &str| {
        let script =
            format!("cd {{{{DIR}}}}; run() {{ \"$0\" {arguments}; echo \"exit $?\" >code; }}; run {streams}; cat code");
        let mut command = sandbox.command(Path::new("/bin/sh"));
        command.args(["-c", &sandbox.fill(&script)]).arg(binary::path("smokerd"));
        let output = cli::run(&mut command);
        assert!(
            !output.text().contains("panicked") && !output.stdout.contains("exit 101"),
            "{arguments} {streams}: {output:?}"
        );
        output
    };
    for arguments in [
        "--check -c smokerd.yaml",
        "--check -v -o json -c smokerd.yaml",
        "--genconfig d",
        "--journal verify -c smokerd.yaml",
        "--journal dump -c smokerd.yaml",
        "--identity -c smokerd.yaml",
        "--token add name --role read -c smokerd.yaml",
        "--token list -c smokerd.yaml",
        "--test-plugin hello -c smokerd.yaml",
        "--stop -p none",
        "--help",
        "--generate bash",
        "--nonsense",
    ] {
        for streams in ["2>/dev/full", ">/dev/full 2>&1", "2>&1 | true", "| { exec <&-; }"] {
            run(arguments, streams);
        }
        for streams in [">/dev/full", ">&-"] {
            let output = run(arguments, streams);
            assert!(
                !output.stdout.contains("exit 0") || arguments.contains("list") || arguments.contains("dump"),
                "{arguments} {streams}: {output:?}"
            );
        }
    }
    let listed = cli::smokerd(&sandbox, &["--token", "list", "-c", "{{DIR}}/smokerd.yaml"]);
    assert!(listed.stdout.matches("name has the role").count() <= 1, "{listed:?}");
    run("--token remove name -c smokerd.yaml", "2>&1");
    run("--token add unread --role read -c smokerd.yaml", ">/dev/full");
    run("--token add unread --role read -c smokerd.yaml", ">&-");
    let listed = cli::smokerd(&sandbox, &["--token", "list", "-c", "{{DIR}}/smokerd.yaml"]);
    assert!(!listed.stdout.contains("unread"), "a token that nobody has read: {listed:?}");
}
