//! `smokerd --compare`: what differs from a running daemon.

use serde_json::{Value as Json, json};
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::machine::ports;
use smoker_tests::outcome::Outcome;
use smoker_tests::sandbox::Sandbox;

/// Runs the comparison with this configuration and gives exit code, standard output and standard error.
fn compare(url: &str, config: &Config, more: &[&str]) -> (i32, String, String) {
    let sandbox = Sandbox::new();
    config.write(&sandbox).expect("writable");
    let output = cli::smokerd(&sandbox, &[&["--compare", url, "-c", "{{DIR}}/smokerd.yaml"], more].concat());
    (output.code, output.stdout, output.stderr)
}

fn both() -> Config {
    Config::new()
        .plugin("same", "Command: echo one; echo two >&2\nPassword: hunter2")
        .plugin("module", "Module: smoker.server.plugins.uname\nInterval: 3600\nSplay: 3600")
}

#[test]
fn the_same_configuration_has_no_differences_and_nothing_of_it_is_scheduled() {
    let config = both()
        .action("Tell", "Command: echo told >> {{DIR}}/told")
        .plugin("told", "Command: echo ran >> {{DIR}}/ran\nAction: Tell\nInterval: 3600\nSplay: 3600");
    let daemon = Daemon::start(config.clone());
    let sandbox = Sandbox::new();
    config.write(&sandbox).expect("writable");
    let url = format!("http://{}", daemon.address());
    let output = cli::smokerd(&sandbox, &["--compare", &url, "-c", "{{DIR}}/smokerd.yaml"]);
    // The folder of the sandbox is in the commands.
    assert!(output.stdout.contains("parameter Command"), "{}", output.stdout);
    let ran = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!((ran(sandbox.path("ran")).as_str(), ran(sandbox.path("told")).as_str()), ("ran\n", ""));
    assert_eq!((ran(daemon.path("ran")).as_str(), ran(daemon.path("told")).as_str()), ("ran\n", "told\n"));
    assert_eq!(daemon.results("told").len(), 1, "one run there, forced");

    // One of them, with its action, as on the other side.
    let config = "{{DIR}}/smokerd.yaml";
    let acting = ["--compare", &url, "-c", config, "--plugins", "told", "--with-action"];
    let output = cli::smokerd(&sandbox, &acting);
    assert!(output.stdout.contains("\n1 plugin compared with "), "{}", output.stdout);
    assert_eq!((ran(sandbox.path("ran")).as_str(), ran(sandbox.path("told")).as_str()), ("ran\nran\n", "told\n"));
    let output = cli::smokerd(&sandbox, &["--compare", &url, "-c", config, "--plugins", "tol"]);
    assert!(output.code == 1 && output.stderr.contains("there is no plugin tol in "), "{}", output.stderr);

    let daemon = Daemon::start(both());
    let (code, stdout, stderr) = compare(&daemon.address().to_string(), &both(), &[]);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("same: Password is masked there and not compared"), "{stdout}");
    let url = format!("http://{}", daemon.address());
    assert!(stdout.ends_with(&format!("2 plugins compared with {url}, 0 plugins differ, 0 differences\n")), "{stdout}");
}

#[test]
fn every_kind_of_difference_is_shown() {
    let python = "from smoker.server.plugins import BasePlugin\nclass Plugin(BasePlugin):\n    def run(self):\n        \
                  self.result.add_component('disk', STATUS, info=['free'])\n        self.result.set_status()\n";
    let there = both()
        .file("site_disk.py", &format!("STATUS = 'OK'\n{python}"))
        .plugin("parts", "Module: site_disk")
        .plugin("counts", "Command: echo 5 users")
        .plugin("gone", "Command: 'true'");
    let here = both()
        .file("site_disk.py", &format!("STATUS = 'WARN'\n{python}"))
        .plugin("parts", "Module: site_disk\nLevel: 5")
        .plugin("counts", "Command: echo 6 users; exit 1")
        .plugin("new", "Command: 'true'");
    let daemon = Daemon::start(there);
    let url = format!("http://{}", daemon.address());
    let (code, stdout, stderr) = compare(&url, &here, &["-o", "json"]);
    assert_eq!(code, 3, "{stdout}{stderr}");
    let report: Json = serde_json::from_str(&stdout).expect("one object");
    let row = |plugin: &str, what: &str, there: Json, here: Json, numbers: bool| json!({"plugin": plugin, "what": what, "there": there, "here": here, "numbersOnly": numbers});
    let expected = [
        row("parts", "parameter Level", json!(null), json!(5), false),
        row("parts", "status", json!("OK"), json!("WARN"), false),
        row("parts", "component disk status", json!("OK"), json!("WARN"), false),
        row("counts", "parameter Command", json!("echo 5 users"), json!("echo 6 users; exit 1"), false),
        row("counts", "status", json!("OK"), json!("ERROR"), false),
        row("counts", "info", json!(["5 users"]), json!(["6 users"]), true),
        row("gone", "plugin", json!("configured"), json!(null), false),
        row("new", "plugin", json!(null), json!("configured"), false),
    ];
    assert_eq!(report["differences"], json!(expected));
    assert_eq!((&report["compared"], &report["differing"]), (&json!(4), &json!(4)));
    assert_eq!(report["masked"], json!([{"plugin": "same", "parameter": "Password"}]));

    let (code, stdout, _) = compare(&url, &here, &[]);
    assert_eq!(code, 3);
    let line = stdout.lines().find(|line| line.contains("numbers only")).expect("a marked line");
    assert_eq!(line.split("  ").filter(|part| !part.trim().is_empty()).count(), 4, "{line}");
    assert!(stdout.starts_with("PLUGIN  WHAT"), "{stdout}");
    let sum = format!(
        "4 plugins compared with {url}, 4 plugins differ, 7 differences; 1 more in numbers only, which two runs can have\n"
    );
    assert!(stdout.ends_with(&sum), "{stdout}");
}

/// What two runs of one plugin print is listed, and is not a difference of the daemons.
#[test]
fn numbers_alone_are_listed_and_no_difference() {
    let config = Config::new()
        .plugin("uptime", "Command: 'date +%%s.%%N; date; echo pid $$; mktemp -u; echo took 0.$$ s >&2'")
        .plugin("infinite", "Command: 'true'\nCeiling: .inf\nWhole: 1.0e+16");
    let daemon = Daemon::start(config.clone());
    let url = format!("http://{}", daemon.address());
    let (code, stdout, stderr) = compare(&url, &config, &["-o", "json"]);
    let report: Json = serde_json::from_str(&stdout).expect("one object");
    let rows = report["differences"].as_array().expect("a list");
    assert!(rows.iter().all(|row| row["numbersOnly"] == true) && !rows.is_empty(), "{stdout}");
    assert_eq!((code, &report["differing"]), (0, &json!(0)), "{stdout}{stderr}");
    assert_eq!(report["numbersOnly"], json!(rows.len()));
    let none = Config::new()
        .plugin("uptime", "Command: 'date +%%s.%%N; date; echo pid 0; mktemp -u; echo took 0.$$ s >&2'")
        .plugin("infinite", "Command: 'true'\nCeiling: .inf\nWhole: 1.0e+16");
    let (code, stdout, _) = compare(&url, &none, &["-o", "json"]);
    let report: Json = serde_json::from_str(&stdout).expect("one object");
    let rows = report["differences"].as_array().expect("a list");
    let info = rows.iter().find(|row| row["what"] == "info").expect("a row");
    assert_eq!((code, &info["numbersOnly"]), (3, &json!(false)), "no process is none of some: {stdout}");
}

#[test]
fn what_cannot_be_compared_is_an_error_with_a_way_out() {
    let closed = ports::free().to_string();
    let errors = [
        (format!("http://127.0.0.1:{closed}"), "Connection refused", "is the other daemon running there"),
        ("https://web1".to_owned(), "by http only", "ssh -L"),
        ("web1/plugins".to_owned(), "is no address of a daemon", "http://HOST:PORT"),
    ];
    for (url, reason, advice) in errors {
        let (code, stdout, stderr) = compare(&url, &both(), &[]);
        assert_eq!((code, stdout.as_str()), (1, ""), "{stderr}");
        assert!(stderr.contains(reason) && stderr.contains(advice), "{stderr}");
    }
    let daemon = Daemon::start(both());
    let url = format!("http://{}", daemon.address());
    let broken = Config::whole("plugins: [");
    let (code, _, stderr) = compare(&url, &broken, &[]);
    assert!(code == 1 && stderr.contains("smokerd.yaml"), "{stderr}");
    // Nothing in common: all of both are differences, and nothing is run.
    let (code, stdout, _) = compare(&url, &Config::new().plugin("other", "Command: 'true'"), &["-o", "json"]);
    let report: Json = serde_json::from_str(&stdout).expect("one object");
    assert_eq!((code, &report["compared"], &report["differing"]), (3, &json!(0), &json!(3)));
    let page = daemon.send(&Request::get("/processes")).json();
    assert_eq!(page, json!([]));
    let Outcome(result) = daemon.run("same");
    assert_eq!(result["status"], "OK");
}
