//! A gate compares with how its hosts were: now, or in the past.

use std::fs::File;
use std::time::Duration;

use serde_json::Value as Json;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::http::Request;

use super::{Host, Operator};

const ANSWER: Duration = Duration::from_secs(10);

/// Two checks whose outcome files decide, and one that is bad in any case.
fn config() -> Config {
    let parts = r#"{"status": "OK", "messages": null, "componentResults": {"/": {"status": "OK", "messages": null}}}"#;
    Config::new()
        .top("state_dir: {{DIR}}/state")
        .file("parts.json", parts)
        .plugin("Web", "Command: '! test -e {{DIR}}/broken'\nCategory: web")
        .plugin("Disk", "Command: cat {{DIR}}/parts.json\nCategory: system\nPassword: secret")
        .plugin("Old", "Command: 'echo known; false'\nCategory: system")
}

fn plugins(operator: &Operator, file: &str) -> Vec<String> {
    let baseline: Json = serde_json::from_str(&operator.read(file)).expect("a baseline");
    let plugins = baseline["hosts"][0]["plugins"].as_array().cloned().unwrap_or_default();
    plugins.iter().map(|plugin| format!("{} {}", plugin["name"].as_str().unwrap_or("?"), plugin["status"])).collect()
}

#[test]
fn what_was_good_counts_and_what_was_bad_is_known() {
    let host = Host::start(5, config());
    let operator = Operator::of([&host]);
    operator.smokercli("baseline -g prod -o before.json").expect_code(0);
    assert_eq!(plugins(&operator, "before.json"), ["Web \"OK\"", "Disk \"OK\"", "Old \"ERROR\""]);

    let gate = "gate -g prod --against before.json --every 100ms --settle 2 --within";
    let output = operator.smokercli(&format!("{gate} 20s"));
    output.expect_code(0);
    assert!(output.stdout.contains(": Old: known failure [ERROR]"), "{}", output.stdout);
    operator.smokercli(&format!("{gate} 1s --strict")).expect_code(3);
    // Without a baseline everything has to be good.
    operator.smokercli("gate -g prod --within 1s --every 200ms").expect_code(3);
    operator.smokercli("gate -g prod --within 20s --every 200ms -p Web Disk").expect_code(0);

    File::create(host.daemon.path("broken")).expect("writable");
    let output = operator.smokercli(&format!("{gate} 1s -o text -o junit=junit.xml -o tap=report.tap"));
    output.expect_code(69);
    assert!(output.stdout.starts_with("WORSE THAN BEFORE after 1.0 s"), "{}", output.stdout);
    assert!(output.stdout.contains(": Web: new failure [ERROR, was OK]"), "{}", output.stdout);
    assert!(operator.read("junit.xml").contains("<failure type=\"new failure\""), "{}", operator.read("junit.xml"));
    assert!(operator.read("report.tap").contains("not ok"), "{}", operator.read("report.tap"));
    operator.smokercli(&format!("{gate} 20s --category system")).expect_code(0);

    // A component that is not there any more.
    std::fs::remove_file(host.daemon.path("broken")).expect("it is there");
    host.daemon
        .write(&config().file("parts.json", "{\"status\": \"OK\", \"messages\": null, \"componentResults\": null}"));
    // As long as its plugin is there it may come back, and the gate has its time.
    let output = operator.smokercli(&format!("{gate} 2s"));
    output.expect_code(69);
    assert!(output.stdout.contains(": Disk / /: gone [was OK]"), "{}", output.stdout);
}

#[test]
fn a_baseline_is_made_of_last_results_and_of_the_journal() {
    let host = Host::start(6, config());
    let operator = Operator::of([&host]);
    // Nothing has run, and nothing is in the journal of that time: that is nothing to compare with.
    std::fs::write(operator.0.path().join("last.json"), "of yesterday").expect("writable");
    for (line, words) in [
        ("baseline -g prod --last -o last.json", "no plugin has a result, so nothing is written"),
        ("baseline -g prod --at 2h -o none.json", "no results of the 25 hours before"),
        ("baseline -g prod --category none -o none.json", "no plugin is selected on any host, so nothing is written"),
    ] {
        let output = operator.smokercli(line);
        output.expect_code(1);
        assert!(output.stderr.contains(words), "{line}: {}", output.stderr);
    }
    assert_eq!(operator.read("last.json"), "of yesterday");
    assert!(!operator.0.path().join("none.json").exists(), "an empty file");

    operator.smokercli("-g prod -f").expect_code(0);
    operator.smokercli("baseline -g prod --last -o last.json").expect_code(0);
    assert_eq!(plugins(&operator, "last.json"), ["Web \"OK\"", "Disk \"OK\"", "Old \"ERROR\""]);
    let page = Request::get("/results").send(host.address, ANSWER).expect("an answer").json();
    assert_eq!(page["results"].as_array().map(Vec::len), Some(3), "{page}");
    std::thread::sleep(Duration::from_millis(1100));
    File::create(host.daemon.path("broken")).expect("writable");
    operator.smokercli("-g prod -f -p Web").expect_code(0);
    let started = page["results"][0]["started"].as_str().expect("a time").to_owned();
    operator.smokercli(&format!("baseline -g prod --at {started} -o then.json")).expect_code(0);
    let mut then = plugins(&operator, "then.json");
    then.sort();
    assert_eq!(then, ["Disk \"OK\"", "Old \"ERROR\"", "Web \"OK\""]);
    operator.smokercli("gate -g prod --against then.json --within 1s --every 200ms").expect_code(69);

    // What a call asks for, and the host had not, is told as of any other call.
    let output = operator.smokercli(&format!("baseline -g prod --at {started} -p Web Dsik -o part.json"));
    output.expect_code(3);
    assert!(
        output.stderr.contains("MISSING Dsik: no host has a plugin of that name; did you mean Disk?"),
        "{}",
        output.stderr
    );
    let output = operator.smokercli(&format!("baseline -g prod --at {started} --category systme -o part.json"));
    output.expect_code(1);
    assert!(output.stderr.contains("no plugin has the Category systme; did you mean system?"), "{}", output.stderr);
    let output = cli::run(
        operator.command(&format!("baseline -g prod --at {started} -o part.json")).args(["--filter", "Password x"]),
    );
    output.expect_code(1);
    assert!(output.stderr.contains("does not show this value, which is secret"), "{}", output.stderr);
}

/// Who holds the actions of a plugin is told by whatever shows the plugin.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn silences_are_told_and_change_no_verdict() {
    let [one, other] = [7, 8].map(|number| Host::start(number, config().top("socket: {{DIR}}/smokerd.sock")));
    let operator = Operator::of([&one, &other]);
    for host in [&one, &other] {
        let silence = operator.command("silence --for 30m --reason deploy --category web --socket");
        cli::run({ silence }.arg(host.daemon.path("smokerd.sock"))).expect_code(0);
    }
    let told = |text: &str| text.contains("2 plugins of 2 hosts are silenced until ") && text.contains(": deploy");
    let formats = ["text", "minimal", "long", "table", "markdown", "github", "junit", "tap"];
    let files = formats.map(|format| format!("-o {format}={format}.out")).join(" ");
    let output = operator.smokercli(&format!("gate -g prod --within 20s --category web -o json {files}"));
    output.expect_code(0);
    let report: Json = serde_json::from_str(&output.stdout).expect("a report");
    assert_eq!((&report["silences"][0]["plugins"], &report["silences"][0]["reason"]), (&2.into(), &"deploy".into()));
    for format in formats {
        assert!(
            told(&operator.read(&format!("{format}.out"))),
            "{format}: {}",
            operator.read(&format!("{format}.out"))
        );
    }
    let output = operator.smokercli("odd -g prod");
    assert!(told(&output.stdout), "{}", output.stdout);
    // A bad result is bad, although nobody is told.
    File::create(one.daemon.path("broken")).expect("writable");
    operator.smokercli("gate -g prod --within 1s --every 200ms --category web").expect_code(3);
}
