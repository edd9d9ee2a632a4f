//! `!env` and `!file`: the value reaches the plugin and nothing else.

use std::fs;

use serde_json::{Value as Json, json};
use smoker_tests::boot::Boot;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

const OF_VARIABLE: &str = "open-sesame 1";
const OF_FILE: &str = "it's \"abra\\cadabra\"";

/// A plugin for each way to a secret. Each compares what it gets with the file, whose text it does not print.
fn config() -> Config {
    Config::new()
        .top("show_secrets: true\nhistory_memory: 1M")
        .file("secret", &format!("{OF_FILE}\n"))
        .file("variable", OF_VARIABLE)
        .file("command", "[ \"$(cat {{DIR}}/secret)\" = %(Label)s ] && echo secret command\n")
        .file(
            "compare.py",
            "import logging\n\nfrom smoker.server.plugins import BasePlugin\n\n\nclass Plugin(BasePlugin):\n    def run(self):\n        \
             with open('{{DIR}}/secret') as file:\n            same = self.plugin.get_param('Deep')[0]['x'] == file.read()[:-1]\n        \
             logging.getLogger('x').warning(self.plugin.get_param('Deep'))\n        self.result.set_status('OK' if same else 'ERROR')\n        return self.result\n",
        )
        .action(
            "Tell",
            "Command: '[ \"$SMOKER_PARAM_KEY\" = \"$(cat {{DIR}}/variable)\" ] && [ \"$SMOKER_PARAM_LABEL\" = \"$(cat {{DIR}}/secret)\" ] && echo told'\n\
             Key: !env OF_VARIABLE",
        )
        .base("Label: !file secret")
        .plugin("line", "Command: '[ \"$(cat {{DIR}}/variable)\" = %(Token)s ] && echo reached'\nToken: !env OF_VARIABLE\nAction: Tell")
        .plugin("variable", "Command: '[ \"$SMOKER_PARAM_LABEL\" = \"$(cat {{DIR}}/secret)\" ] && echo reached'")
        .plugin("env", "Command: '[ \"$PGPASSWORD\" = \"$(cat {{DIR}}/variable)\" ] && echo reached'\nEnv: {PGPASSWORD: !env OF_VARIABLE}")
        .plugin("stdin", "Command: 'grep -q \"$(cat {{DIR}}/variable)\" && echo reached'\nStdin: json\nDeep: {a: [!env OF_VARIABLE]}")
        .plugin("command", "Command: !file command")
        .plugin("python", "Module: compare\nDeep: [{x: !file secret}]")
        .plugin("number", "Command: 'echo $((%(Label)s))'")
        .plugin("nowhere", "Command: 'curl -u x:%(Label)s'\nWorkDir: /nosuch")
        .plugin("builtin", "Module: smoker.server.plugins.mongo\nHost: 127.0.0.1\nPort: !env OF_VARIABLE")
        .plugin("refused", "Module: smoker.server.plugins.testconnection\nConnections: [[!env OF_VARIABLE, 1]]")
        .plugin("broken", "Command: 'true'\nToken: !env NOT_SET")
}

const REACHED: [&str; 4] = ["line", "variable", "env", "stdin"];
const FAILING: [&str; 4] = ["number", "nowhere", "builtin", "refused"];

/// Fails the test where a text has a secret, as it is or in JSON.
#[track_caller]
fn expect_none(what: &str, text: &str) {
    for secret in [OF_VARIABLE, "sesame", "cadabra"] {
        assert!(!text.contains(secret), "{secret} in {what}:\n{text}");
    }
}

#[test]
fn a_secret_reaches_the_plugin_and_no_page_and_no_log() {
    let daemon = Boot::of(config()).argument("-d").environment("OF_VARIABLE", OF_VARIABLE).start();
    for name in REACHED {
        daemon.run(name).expect_ok(&["reached"]);
    }
    daemon.run("command").expect_ok(&["secret command"]);
    assert_eq!(daemon.run("python").status(), "OK");
    daemon.run("line").action().expect("its action").expect_ok(&["told"]);
    for name in FAILING {
        expect_none(name, &daemon.run(name).expect_error());
    }
    assert!(daemon.run("nowhere").expect_error().contains("curl -u x:'***'"), "the mask takes its place");
    for path in [
        "/",
        "/plugins",
        "/processes",
        "/plugins/line",
        "/plugins/stdin",
        "/plugins/command",
        "/plugins/refused",
        "/metrics",
    ] {
        expect_none(path, &daemon.get(path).text());
    }
    let parameters = &served(&daemon, "line");
    assert_eq!((&parameters["Token"], &parameters["Action"]["Key"]), (&json!("***"), &json!("***")));
    assert_eq!(served(&daemon, "stdin")["Deep"], json!({"a": ["***"]}));
    assert_eq!(served(&daemon, "command")["Command"], "***");
    expect_line(
        &daemon.log(),
        &["broken not loaded", "Token: !env NOT_SET", "NOT_SET; set it where smokerd is started"],
    );
    filters_are_refused(&daemon);
    fs::write(daemon.path("secret"), "another\n").expect("writable");
    expect_line(&daemon.hang_up(), &["Reloaded", "changed"]);
    daemon.run("variable").expect_ok(&["reached"]);
    expect_none("the log", &(daemon.log() + &daemon.console()));
}

/// The parameters as a client sees them.
fn served(daemon: &Daemon, plugin: &str) -> Json {
    daemon.get(&format!("/plugins/{plugin}")).json()["plugin"]["parameters"].clone()
}

fn filters_are_refused(daemon: &Daemon) {
    let answers = [OF_VARIABLE, "wrong", "***"].map(|value| {
        let body = json!({"process": {"filter": {"Token": value}}});
        daemon.send(&Request::post("/processes", body.to_string())).expect_error(403)
    });
    assert!(answers[0].contains("Token") && answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    expect_none("the refusal", &answers[0]);
}

fn smokerd(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    cli::run(cli::smokerd_command(sandbox, arguments).env("OF_VARIABLE", OF_VARIABLE))
}

#[test]
fn nothing_that_prints_a_configuration_prints_a_secret() {
    let sandbox = Sandbox::new();
    let folder = Config::whole("")
        .file("d/common.yaml", "bind_port: !env OF_VARIABLE\n")
        .file("d/template.d/BasePlugin.yaml", "Timeout: 15\n")
        .file("d/plugin.d/a.yaml", "Command: 'true'\nPort: 1\n");
    folder.write(&sandbox).expect("writable");
    let refused = smokerd(&sandbox, &["--check", "-c", "{{DIR}}/d"]);
    refused.expect_code(1);
    expect_line(&refused.stderr, &["bind_port has to be a port number from 0 to 65535, not '***'"]);
    let pidfile =
        Config::new().top("pidfile: !file pidfile").plugin("a", "Command: 'true'\nParser: regex\nOk: !file pidfile");
    pidfile.file("pidfile", "/nosuch/open-sesame(").write(&sandbox).expect("writable");
    for arguments in [&["--stop"][..], &["--check", "-v"]] {
        let output = smokerd(&sandbox, &[arguments, &["-c", "{{DIR}}/smokerd.yaml"]].concat());
        assert_ne!(output.code, 0, "{}", output.text());
        expect_none("the refusal", &output.text());
    }
    let check = smokerd(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"]).stderr;
    expect_line(&check, &["Ok is refused; it is not shown, because it is of !env or !file"]);
    config().write(&sandbox).expect("writable");
    for arguments in [&["--check", "-v"][..], &["--check", "-o", "json"], &["--check", "--strict"]] {
        let output = smokerd(&sandbox, &[arguments, &["-c", "{{DIR}}/smokerd.yaml"]].concat());
        expect_none("the check", &output.text());
        for what in
            ["%(Label)s puts a secret into its command line", "Port has to be a port from 1 to 65535, not '***'"]
        {
            expect_line(&output.text(), &[what]);
        }
    }
    for name in REACHED.iter().chain(&FAILING).chain(&["command", "python"]) {
        for format in ["text", "json"] {
            let arguments = ["--test-plugin", name, "--with-action", "-o", format, "-d", "-c", "{{DIR}}/smokerd.yaml"];
            let output = smokerd(&sandbox, &arguments);
            expect_none(name, &output.text());
            assert_eq!(output.code == 0, !FAILING.contains(name), "{}", output.text());
        }
    }
    let shown = smokerd(&sandbox, &["--test-plugin", "line", "-c", "{{DIR}}/smokerd.yaml"]).stdout;
    expect_line(&shown, &["command", "= '***' ] && echo reached"]);
    sandbox.write("d/common.yaml", b"bind_port: 1\n").expect("writable");
    sandbox
        .write("d/plugin.d/a.yaml", b"Command: x\nA: !env OF_VARIABLE\nB: [!file ../../secret]\n")
        .expect("writable");
    let generated = smokerd(&sandbox, &["--genconfig", "{{DIR}}/d", "-o", "-"]);
    generated.expect_code(0);
    expect_none("the generated file", &generated.text());
    expect_line(&generated.stdout, &["A: !env OF_VARIABLE"]);
    expect_line(&generated.stdout, &["- !file /", "/secret"]);
}
