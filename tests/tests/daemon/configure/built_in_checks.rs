//! `Check` in place of a command: where it counts, what `--check` says of it, and what its runs give.

use std::fs::OpenOptions;
use std::io::Write;

use nix::sys::signal::Signal;
use serde_json::json;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

fn check(config: &Config) -> Output {
    let sandbox = Sandbox::new();
    config.write(&sandbox).expect("writable");
    cli::smokerd(&sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--check"])
}

#[test]
fn check_names_a_built_in_check_only_without_command_and_module() {
    let good = Config::new()
        .plugin("load", "Check: load\nComponent: cpu\nSite: b\nWarn: {PerCore: '> 100'}")
        .plugin("word", "Command: 'echo %(Check)s'\nCheck: anything")
        .plugin("module", "Module: smoker.server.plugins.uname\nCheck: anything");
    check(&good).expect_code(0);

    let one = |body: &str| check(&Config::new().plugin("good", "Command: 'true'").plugin("p", body));
    let unknown = one("Check: dsik");
    unknown.expect_code(3);
    expect_line(
        &unknown.stderr,
        &["ERROR: ", "Command or Module parameter has to be set; Check dsik is none", "did you mean disk?"],
    );
    expect_line(&one("Check: [disk]").stderr, &["ERROR: ", "Check ['disk'] is none of the built-in checks; these are"]);
    expect_line(&one("Check: load\nParser: tap").stderr, &["ERROR: ", "Parser can be used only with Command"]);
    let both = one("Check: load\nCommand: 'true'");
    expect_line(&both.stderr, &["WARNING: ", "the built-in check load is not run, because it has a Command"]);
    expect_line(&one("Check: laod\nCommand: 'true'").stderr, &["WARNING: ", "did you mean load?", "like others"]);
}

#[test]
fn what_a_check_refuses_is_an_error_of_the_configuration_at_its_place() {
    for (body, expected) in [
        ("Check: disk\nMounts: []", "Check disk: Mounts has to be a text or a list of at least one, not []"),
        ("Check: disk\nError: '> 5s'", "Error has to be a condition such as > 90% or < 5G, not '> 5s'"),
        ("Check: disk\nError: {Inode: '> 5%'}", "Error.Inode is none of the numbers of this check"),
        ("Check: process", "one of the parameters Processes, Process is required: set it"),
        ("Check: http\nUrl: localhost", "Url has to be addresses of pages; localhost: it has to begin with http://"),
        ("Check: http\nUrl: http://a\nContains: {Contain: x}", "did you mean Contains?"),
        ("Check: port\nPort: 70000", "Port has to be ports such as 22"),
        ("Check: file\nFile: /x\nMode: 644", "Mode has to be permissions in octal and in quotes"),
        ("Check: log\nFile: /x\nPattern: a\nIgnore: ''", "Ignore has an empty pattern, which every line matches"),
        ("Check: tls\nAddress: a\nError: 7", "of Days it is too little that is bad: write \"< 7\""),
        ("Check: disk\nError: '> 10% and < 5%'", "Error > 10% and < 5% holds for no number that Used can be"),
    ] {
        let output = check(&Config::new().plugin("p", body));
        output.expect_code(3);
        expect_line(&output.stderr, &["ERROR: ", "smokerd.yaml:", "Plugin p: Check ", expected]);
    }
    for (body, expected) in [
        ("Check: cluster\nPlugins: [good, godo]", "Plugins names godo, which is no plugin"),
        ("Command: 'echo %(host)s'\nInterval: 5\nParameters: {host: {Pattern: x}}", "have no value for host"),
        ("Command: 'echo %(n)s'\nn: 5\nParameters: [n]", "Parameters has to be a mapping such as"),
    ] {
        let output = check(&Config::new().plugin("good", "Command: 'true'").plugin("p", body));
        output.expect_code(3);
        expect_line(&output.stderr, &["WARNING: ", "smokerd.yaml:", "Plugin p: ", expected]);
    }
    let fine = "Command: 'echo %(host)s %(n)s'\nn: 5\nParameters: {host: {Pattern: '[a-z]+'}, n: {Type: integer}}";
    check(&Config::new().plugin("good", fine).plugin("all", "Check: cluster\nPlugin: 'g*'")).expect_code(0);
    let near = check(&Config::new().plugin("p", "Check: disk\nMouns: /"));
    expect_line(&near.stderr, &["WARNING: ", "the parameter Mouns is not known to it; did you mean Mounts?"]);
    let misplaced = check(&Config::new().plugin("p", "Check: uname"));
    expect_line(&misplaced.stderr, &["ERROR: ", "Check uname is none of the built-in checks"]);
}

#[test]
fn a_run_of_a_check_has_components_messages_and_numbers_and_ends_in_time() {
    let config = Config::new()
        .plugin("disk", "Check: disk\nMounts: [/, /no/such]\nWarn: '>= 0%'\nError: {Inodes: never}")
        .plugin(
            "file",
            "Check: file\nFile: '{{DIR}}/smokerd.yaml'\nOwner: nobody at all\nHidden: !file secret\nContains: plugins",
        )
        .plugin("wrong", "Check: disk\nMounts: []")
        .plugin("slow", "Check: cpu\nSample: 60s\nTimeout: 100")
        .file("secret", "hidden-text\n");
    let daemon = Daemon::start(config);
    let disk = daemon.run("disk").0;
    assert_eq!(disk["status"], "ERROR");
    let parts = &disk["componentResults"];
    assert_eq!(parts["/"]["status"], "WARN", "{disk}");
    let text = parts["/"]["messages"]["warn"][0].as_str().expect("a warning");
    assert!(text.starts_with("Used ") && text.ends_with("%, wanted less than 0%"), "{text}");
    let missing = &parts["/no/such"]["messages"]["error"][0];
    assert_eq!(missing, "wanted a mounted file system, got none; it lies on /");
    assert_eq!(disk["perfdata"][0]["label"], "/ Used");
    assert_eq!((&disk["perfdata"][0]["unit"], &disk["perfdata"][0]["warn"]), (&json!("%"), &json!("~:0")));

    let file = daemon.run("file").0.to_string();
    assert!(file.contains("wanted the owner nobody at all, got ") && !file.contains("hidden-text"), "{file}");
    let wrong = daemon.run("wrong").0;
    let text = wrong["messages"]["error"][0].as_str().expect("an error");
    assert!(text.contains("Mounts has to be a text or a list of at least one"), "{wrong}");
}

#[test]
fn lines_of_a_log_count_once_also_over_a_restart() {
    let config = Config::new()
        .top("state_dir: '{{DIR}}/state'")
        .plugin("log", "Check: log\nFile: '{{DIR}}/app.log'\nPattern: bad\nInterval: 0.2\nSplay: 0\nHistory: 1000")
        .file("app.log", "bad old\n");
    let mut daemon = Daemon::start(config);
    let append = |daemon: &Daemon, line: &str| {
        let mut file = OpenOptions::new().append(true).open(daemon.path("app.log")).expect("the log");
        writeln!(file, "{line}").expect("written");
    };
    let errors_with = |daemon: &Daemon, text: &str| {
        let results = daemon.results("log");
        results.iter().filter(|result| result.status() == "ERROR" && result.0.to_string().contains(text)).count()
    };
    let is_good = |daemon: &Daemon| daemon.results("log").last().is_some_and(|last| last.status() == "OK");
    wait::until_true("a first run", || is_good(&daemon));
    append(&daemon, "bad one");
    wait::until_true("an error", || errors_with(&daemon, "'bad one'") == 1);
    wait::until_true("the line to be an old one", || is_good(&daemon));
    assert_eq!(daemon.run("log").status(), "OK");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0, "{}", daemon.console());
    append(&daemon, "bad while it was down");
    daemon.try_start().expect("it starts again");
    wait::until_true("the line that came meanwhile", || errors_with(&daemon, "'bad while it was down'") == 1);
    assert_eq!((errors_with(&daemon, "'bad one'"), errors_with(&daemon, "bad old")), (1, 0));
}

#[test]
fn a_log_that_is_looked_at_on_request_only_has_its_new_lines_once() {
    let config = Config::new()
        .plugin("log", "Check: log\nFile: '{{DIR}}/app.log'\nPattern: bad\nInterval: 0")
        .file("app.log", "bad old\n");
    let daemon = Daemon::start(config);
    assert_eq!(daemon.run("log").status(), "OK");
    let mut file = OpenOptions::new().append(true).open(daemon.path("app.log")).expect("the log");
    writeln!(file, "bad new").expect("written");
    let result = daemon.run("log");
    assert!(result.status() == "ERROR" && result.0.to_string().contains("'bad new'"), "{}", result.0);
    assert_eq!(daemon.run("log").status(), "OK");
}
