//! Shells complete options, formats and states.

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::documents::help;
use smoker_tests::machine::skip::program;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::{binary, cli};

use crate::options::PROGRAMS;

fn script(name: &str, shell: &str) -> String {
    let output = cli::run(Command::new(binary::path(name)).args(["--generate", shell]));
    output.expect_code(0);
    output.stdout
}

#[test]
fn every_shell_knows_every_option() {
    let others = [("smoker-fleet", "docs/man/smoker-fleet.1"), ("smoker-bridge", "docs/man/smoker-bridge.1")];
    for (name, _) in PROGRAMS.into_iter().chain(others) {
        let help = cli::run(Command::new(binary::path(name)).arg("--help")).stdout;
        for shell in ["bash", "zsh", "fish"] {
            let script = script(name, shell);
            for option in help::options(&help).iter().flat_map(|option| &option.names) {
                // Fish is told the names without their dashes; -fg is two options to a shell.
                let word = if shell == "fish" { option.trim_start_matches('-') } else { option };
                assert!(script.contains(word) || option == "-fg", "{shell} does not complete {option} of {name}");
            }
        }
    }
}

/// What bash offers for the last word of a command line.
fn offered(name: &str, words: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("completions");
    fs::write(&path, script(name, "bash")).expect("writable");
    let line = "COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); . \"$SCRIPT\" && \
                $(complete -p \"$1\" | sed 's/.*-F \\([^ ]*\\).*/\\1/') \"$1\" \"${COMP_WORDS[COMP_CWORD]}\" \
                \"${COMP_WORDS[COMP_CWORD-1]}\"; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut command = Command::new("bash");
    command.env("COMP_LINE", format!("{name} {}", words.join(" ")));
    command.args(["-c", line, "bash", name]).args(words).env("SCRIPT", &path).env("HOME", folder.path());
    fs::write(folder.path().join(".smokercli.yaml"), "groups: {web: ['web[1-2]'], data: db1}\n").expect("writable");
    let programs = binary::path(name).parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    command.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap_or_default()));
    let output = cli::run(&mut command);
    output.expect_code(0);
    assert_eq!(output.stderr, "");
    output.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_the_last_word() {
    if program("bash", "apt-get install bash").is_none() {
        return;
    }
    assert_eq!(offered("smokercli", &["-o", "nd"]), ["ndjson"]);
    assert_eq!(offered("smokercli", &["--filter-status", "W"]), ["WARN"]);
    assert_eq!(offered("smokercli", &["-g", "w"]), ["web"]);
    assert_eq!(offered("smokercli", &["-s", "web"]), ["web1", "web2"]);
    assert_eq!(offered("smokercli", &["gate", "--sett"]), ["--settle"]);
    assert_eq!(offered("smokercli", &["gate", "-g", "d"]), ["data"]);
    assert_eq!(offered("smokercli", &["gate", "-o", "git"]), ["github", "gitlab"]);
    assert_eq!(offered("smokercli", &["odd", "-o", "l"]), ["long"]);
    assert_eq!(offered("smokercli", &["odd", "-s", "db"]), ["db1"]);
    assert_eq!(offered("smokercli", &["roll", "--on-"]), ["--on-bad"]);
    assert_eq!(offered("smokercli", &["roll", "-g", "w"]), ["web"]);
    assert_eq!(offered("smokercli", &["diff", "--exit"]), ["--exitcode"]);
    assert_eq!(offered("smokercli", &["silence", "--rea"]), ["--reason"]);
    assert_eq!(offered("smokerd", &["--test-p"]), ["--test-plugin"]);
    assert_eq!(offered("smokerd", &["--genc"]), ["--genconfig"]);
    assert_eq!(offered("check_smoker_plugin", &["--hea"]), ["--health"]);
    assert_eq!(offered("smoker-fleet", &["--lis"]), ["--listen"]);
    assert_eq!(offered("smoker-fleet", &["-g", "w"]), ["web"]);
    assert_eq!(offered("smoker-bridge", &["--max"]), ["--max-requests"]);
}

/// A folder with the script for a shell and a configuration with groups, and what runs the shell there.
fn shell(shell: &str, name: &str, file: &str) -> (tempfile::TempDir, Command) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join(file), script(name, shell)).expect("writable");
    fs::write(folder.path().join(".smokercli.yaml"), "groups: {web: ['web[1-2]'], data: db1}\n").expect("writable");
    let programs = binary::path(name).parent().map(|folder| folder.display().to_string()).unwrap_or_default();
    let mut command = Command::new(shell);
    command.env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap_or_default()));
    command.env("HOME", folder.path()).env("TERM", "dumb").current_dir(folder.path());
    (folder, command)
}

#[test]
fn fish_completes_the_last_word() {
    if program("fish", "apt-get install fish").is_none() {
        return;
    }
    for (name, line, expected) in [
        ("smokercli", "-g w", &["web"][..]),
        ("smokercli", "-s web", &["web1", "web2"]),
        ("smokercli", "--filter-status W", &["WARN"]),
        ("smokercli", "-f -o nd", &["ndjson"]),
        ("smokercli", "si", &["silence"]),
        ("smokercli", "gate -g d", &["data"]),
        ("smokercli", "gate --sett", &["--settle"]),
        ("smoker-fleet", "-g w", &["web"]),
        ("smokerd", "--test-p", &["--test-plugin"]),
        ("check_smoker_plugin", "--hea", &["--health"]),
        ("smoker-bridge", "si", &["sink"]),
    ] {
        let (_folder, mut command) = shell("fish", name, "completions");
        let output =
            cli::run(command.args(["-c", "source completions; complete -C $argv[1]", &format!("{name} {line}")]));
        output.expect_code(0);
        let words: Vec<_> = output.stdout.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words, expected, "{name} {line}: {output:?}");
    }
}

#[test]
fn zsh_completes_the_last_word() {
    if program("zsh", "apt-get install zsh").is_none() {
        return;
    }
    // The shell types at another one, in a terminal, and reads until the word is there.
    let types = "zmodload zsh/zpty && zpty shell zsh -f -i && \
        zpty -w shell 'fpath=($PWD $fpath); autoload -Uz compinit && compinit -u -D; PS1=; print re\"\"ady' && \
        zpty -r -m shell ready '*ready*' && zpty -n -w shell \"$1\"$'\\t' && zpty -r -m shell line \"*$2*\" && print -r -- $line";
    for (name, line, expected) in [
        ("smokercli", "-g w", "-g web"),
        ("smokercli", "-s db", "-s db1"),
        ("smokercli", "--filter-status W", "--filter-status WARN"),
        ("smokercli", "-o nd", "-o ndjson"),
        ("smokercli", "si", "silence"),
        ("smokercli", "gate -g d", "gate -g data"),
        ("smokercli", "gate --sett", "gate --settle"),
        ("smoker-fleet", "-g w", "-g web"),
        ("smokerd", "--test-p", "--test-plugin"),
        ("check_smoker_plugin", "--hea", "--health"),
        ("smoker-bridge", "si", "sink"),
    ] {
        let (_folder, mut command) = shell("zsh", name, &format!("_{name}"));
        let line = format!("{name} {line}");
        let output = cli::run(command.args(["-f", "-c", types, "zsh", &line, expected]));
        output.expect_code(0);
        assert!(output.stdout.contains(expected), "{line}: {output:?}");
    }
}

/// What a shell calls to complete the name of a plugin on this line.
fn completed(sandbox: &Sandbox, line: &str) -> cli::Output {
    let mut command = sandbox.command(&binary::path("smokercli"));
    cli::run(command.args(["--complete", "plugins", "--complete-line", line]))
}

#[test]
fn names_of_plugins_are_those_of_the_hosts_on_the_line() {
    if program("bash", "apt-get install bash").is_none() {
        return;
    }
    let config = Config::new()
        .plugin("Disk", "Command: 'true'")
        .plugin("DiskData", "Command: 'true'")
        .plugin("'D$(touch {{DIR}}/expanded)'", "Command: 'true'");
    let daemon = Daemon::start(config);
    let host = daemon.address().to_string();
    assert_eq!(offered("smokercli", &["-s", &host, "-p", "D"]), ["Disk", "DiskData"]);
    assert_eq!(offered("smokercli", &["gate", "-s", &host, "--exclude-plugins", "DiskD"]), ["DiskData"]);
    assert!(!daemon.path("expanded").exists());
    // What the other shells call.
    let line = format!("smokercli -s {host} -p D");
    let printed = completed(&daemon.sandbox, &line);
    assert_eq!((printed.code, printed.stdout.as_str(), printed.stderr.as_str()), (0, "Disk\nDiskData\n", ""));
    for shell in ["zsh", "fish"] {
        let script = script("smokercli", shell);
        assert!(script.contains("smokercli --complete plugins --complete-line"), "{shell}");
    }
}

/// A shell waits for it.
#[test]
fn a_host_that_does_not_answer_gives_no_names_soon_and_says_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let host = listener.local_addr().expect("an address");
    let sandbox = Sandbox::new();
    let begin = Instant::now();
    for line in
        [format!("smokercli -s {host} -p "), "smokercli -s a:b:c -p ".to_owned(), "smokercli -g none -p ".to_owned()]
    {
        let printed = completed(&sandbox, &line);
        assert_eq!((printed.code, printed.stdout.as_str(), printed.stderr.as_str()), (0, "", ""), "{line}");
    }
    assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
}
