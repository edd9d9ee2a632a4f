//! `--check` and `--test-plugin` verify the parameters of built-in modules, parsers and actions.

use serde_json::Value as Json;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

fn smokerd(config: &Config, arguments: &[&str]) -> Output {
    let sandbox = Sandbox::new();
    config.write(&sandbox).expect("writable");
    cli::smokerd(&sandbox, &[&["-c", "{{DIR}}/smokerd.yaml"], arguments].concat())
}

fn check(config: &Config) -> Output {
    smokerd(config, &["--check"])
}

/// A configuration of these sections, with a good plugin.
fn sections(text: &str) -> String {
    let start = "bind_host: 127.0.0.1\nbind_port: {{PORT}}\ntemplates: {BasePlugin: {Timeout: 15}}\n";
    format!("{start}{text}  good: {{Command: 'true'}}\n")
}

/// The place of the line with this text, as problems show it.
fn place_of(config: &str, text: &str) -> String {
    let before = config.lines().position(|line| line.contains(text)).expect("a line with the text");
    format!("smokerd.yaml:{}:", before + 1)
}

fn good() -> Config {
    Config::new().plugin("good", "Command: 'true'")
}

#[test]
fn good_parameters_and_those_of_a_users_own_are_no_problem() {
    let config = good()
        .top("actions: {Tell: {Module: smoker.plugins.nsca, Host: localhost, EncryptionMethod: 3DES, Site: [a]}}")
        .plugin("mounts", "Module: smoker.server.plugins.fsmount\nTypes: [nfs]\nType: smokeTest\nAction: Tell")
        .plugin("lines", "Command: 'echo %(OK)s'\nParser: regex\nError: 'x'\nOK: y")
        .plugin("any", "Command: 'true'\nParser: nagios\nMount: /");
    check(&config).expect_code(0);
}

#[test]
fn each_kind_of_mistake_has_its_place() {
    let config = sections(
        "plugins:\n  missing:\n    Module: smoker.server.plugins.testconnection\n  \
         wrong:\n    Module: smoker.server.plugins.glusterfs\n    HealWarn: many\n  \
         misspelt:\n    Module: smoker.server.plugins.fsmount\n    Mount: /\n  \
         none:\n    Command: 'true'\n    Parser: json\n  \
         limit:\n    Command: 'true'\n    Parser: json\n    JsonValues: {n: {Path: n, Crit: 5}}\n",
    );
    let output = check(&Config::whole(&config));
    output.expect_code(3);
    for (plugin, line, text) in [
        ("missing", "missing:", "Connections is missing: set it to a list of [host, port]"),
        (
            "wrong",
            "HealWarn:",
            "HealWarn has to be a whole number from 0 up, not 'many': correct it in the configuration",
        ),
        ("misspelt", "Mount:", "the parameter Mount is not known to it; did you mean Mounts?"),
        ("none", "none:", "one of the parameters JsonStatus, JsonValues is required: set it"),
        ("limit", "JsonValues:", "JsonValues.n.Crit is none of Path, Warn and Error (is Error meant?)"),
    ] {
        expect_line(&output.stderr, &["WARNING: ", &place_of(&config, line), &format!("Plugin {plugin}: "), text]);
    }
    expect_line(&output.stderr, &["Module smoker.server.plugins.fsmount: ", "did you mean Mounts?"]);
    expect_line(&output.stderr, &["5 problems found; the daemon would start"]);
}

#[test]
fn an_actions_mistake_has_the_place_in_the_action_and_no_password() {
    let config = sections(
        "actions:\n  Tell:\n    Module: smoker.plugins.nsca\n    Password: [hidden]\n\
         plugins:\n  told: {Command: 'true', Action: Tell}\n",
    );
    let output = check(&Config::whole(&config));
    output.expect_code(3);
    let of_action = "Plugin told: the action Tell: Module smoker.plugins.nsca: ";
    expect_line(&output.stderr, &[&place_of(&config, "Password:"), of_action, "Password has to be text"]);
    assert!(!output.text().contains("hidden"), "{}", output.text());
}

#[test]
fn one_mistake_in_two_actions_is_two_lines_with_their_places() {
    let config = sections(
        "actions:\n  Chat: {Module: smoker.actions.webhook,\n    Url: 'ftp://chat'}\n  Page: {Module: smoker.actions.webhook,\n    Url: 'ftp://page'}\n\
         plugins:\n  told: {Command: 'true', Actions: [Chat, Page]}\n",
    );
    let output = check(&Config::whole(&config));
    output.expect_code(3);
    for (line, action) in [("Url: 'ftp://chat'", "Chat"), ("Url: 'ftp://page'", "Page")] {
        let text = format!("Plugin told: the action {action}: Module smoker.actions.webhook: Url has to be");
        expect_line(&output.stderr, &[&place_of(&config, line), &text]);
    }
}

#[test]
fn a_module_of_the_users_own_that_replaces_a_built_in_is_not_verified() {
    let parser = "from smoker.server.parser import BaseParser\nclass Parser(BaseParser):\n    pass\n";
    let action = "from smoker.server.plugins import BasePlugin\nclass Plugin(BasePlugin):\n    pass\n";
    let config = good()
        .top("actions: {Tell: {Module: smoker.plugins.nsca, Port: none}}")
        .plugin("own", "Command: 'true'\nParser: regex\nAction: Tell");
    check(&config).expect_code(3);
    let replaced = config.file("regex.py", parser).file("smoker/plugins/nsca.py", action);
    check(&replaced).expect_code(0);
}

#[test]
fn a_test_of_one_plugin_lists_the_mistakes_among_its_problems() {
    let config = sections("plugins:\n  mounts:\n    Module: smoker.server.plugins.uname\n    Mount: /\n");
    let arguments = ["--test-plugin", "mounts", "--param", "Module=smoker.server.plugins.fsmount", "-o", "json"];
    let output = smokerd(&Config::whole(&config), &[&arguments[..], &["--param", "Types=none"]].concat());
    let report: Json = serde_json::from_str(&output.stdout).expect("JSON");
    let problem = report["problems"][0].as_str().expect("a problem");
    assert!(problem.contains(&place_of(&config, "Mount:")), "{problem}");
    assert!(problem.ends_with("the parameter Mount is not known to it; did you mean Mounts?"), "{problem}");
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_daemon_starts_with_a_mistake_and_its_runs_result_has_it() {
    let daemon = Daemon::start(good().plugin("missing", "Module: smoker.server.plugins.testconnection"));
    let expected = ["Parameter Connections have to be dictionary of (host, port) tuples"];
    assert_eq!(daemon.run("missing").error(), expected);
}

#[test]
fn files_of_certificates_that_are_not_there_are_told() {
    let config = sections(
        "otlp: {endpoint: 'https://localhost/', ca_file: /nowhere/otlp.pem}\n\
         actions:\n  Hook:\n    Module: smoker.actions.webhook\n    Url: https://localhost/\n    CaFile: {{DIR}}/empty.pem\n\
         plugins:\n  web:\n    Check: http\n    Url: https://localhost/\n    CaFile: /nowhere/ca.pem\n    ClientKey: {{DIR}}\n  \
         mine: {Command: 'echo %(CaFile)s', CaFile: /nowhere/mine.pem, Action: Hook}\n",
    );
    let output = check(&Config::whole(&config).file("empty.pem", "no certificate"));
    output.expect_code(3);
    for (line, text) in [
        ("otlp:", "otlp.ca_file: /nowhere/otlp.pem cannot be read: No such file"),
        ("CaFile: {{DIR}}", "Plugin mine: every run of its action will fail: CaFile: "),
        (
            "CaFile: /nowhere/ca",
            "Plugin web: every run will fail: CaFile: /nowhere/ca.pem cannot be read: No such file",
        ),
        ("ClientKey:", "Plugin web: every run will fail: ClientKey: "),
    ] {
        expect_line(&output.stderr, &["WARNING: ", &place_of(&config, line), text]);
    }
    expect_line(&output.stderr, &["4 problems found; the daemon would start"]);
}
