//! `Parameters`: values that a request gives for one run.

use std::fs;
use std::process::Command;

use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::outcome::Outcome;
use smoker_tests::{binary, cli, wait};

fn body(plugin: &str, values: &Json) -> Json {
    json!({"process": {"plugins": [plugin], "parameters": values}})
}

#[test]
fn a_forced_run_has_the_values_that_its_request_gives() {
    let config = Config::new()
        .plugin(
            "curl",
            "Command: 'echo host=%(host)s \"$SMOKER_PARAM_PORT\"'\nParameters:\n  host: {Pattern: '[^ ]+', Default: db0}\n  \
             port: {Type: integer, Default: 80}\n  pin: {Pattern: '[0-9]+', Secret: true, Default: !file pin}",
        )
        .plugin("own", "Command: 'echo %(host)s'\nhost: here\nParameters: {host: {Pattern: 'db[0-9]'}}")
        .plugin("given", "Command: 'echo %(host)s'\nInterval: 1\nSplay: 0\nParameters: {host: {Pattern: 'db[0-9]'}}")
        .plugin(
            "slow",
            "Command: 'echo %(n)s >> {{DIR}}/begun; until [ -e {{DIR}}/go ]; do sleep 0.05; done; echo %(n)s'\n\
             Parameters: {n: {Type: integer, Default: 0}}",
        )
        .plugin("plain", "Command: 'echo %(Parameters)s'\nParameters: a b")
        .file("pin", "0000\n");
    let daemon = Daemon::start(config);
    let run = |plugin: &str, values: &Json| {
        let process = daemon.force_with(&body(plugin, values));
        daemon.finish(&process).pop().expect("a result").1.0
    };
    let says = |result: &Json, text: &str| assert_eq!(result["messages"]["info"], json!([text]), "{result}");

    says(&daemon.run("curl").0, "host=db0 80");
    says(
        &run("curl", &json!({"host": "db1;touch${IFS}{{DIR}}/x", "port": "8080"})),
        "host=db1;touch${IFS}{{DIR}}/x 8080",
    );
    says(&run("curl", &json!({})), "host=db0 80");
    says(&daemon.run("own").0, "here");
    says(&run("own", &json!({"host": "db7"})), "db7");
    says(&daemon.run("plain").0, "a b");
    says(&run("given", &json!({"host": "db7"})), "db7");
    wait::until_true("a scheduled run without a value", || {
        let without = |result: &Outcome| result.0.to_string().contains("the parameter host has no value");
        daemon.results("given").iter().any(|result| result.status() == "ERROR" && without(result))
    });

    let refused = |plugin: &str, values: &Json| {
        daemon.send(&Request::post("/processes", body(plugin, values).to_string())).expect_error(400)
    };
    assert_eq!(
        refused("own", &json!({"host": "db77"})),
        "Plugin own: host has to be text and match db[0-9] as a whole"
    );
    assert!(refused("own", &json!({"hots": "db7"})).contains("did you mean host?"));
    assert!(refused("own", &json!({"Command": "reboot"})).contains("takes no value for Command"));
    assert!(refused("curl", &json!({"host": "a".repeat(4097)})).contains("more than 4096 bytes"));
    assert!(refused("plain", &json!({"host": "a"})).contains("Parameters"));
    assert!(!refused("curl", &json!({"pin": "sesame"})).contains("sesame"));

    // Other values: another run. The same: the same one.
    let [first, second, third, same] = [1, 2, 3, 2].map(|n| daemon.force_with(&body("slow", &json!({"n": n}))));
    assert_eq!(daemon.wait_for_file("begun"), "1\n");
    fs::write(daemon.path("go"), "").expect("writable");
    for (process, n) in [(&first, "1"), (&second, "2"), (&third, "3"), (&same, "2")] {
        says(&daemon.finish(process).pop().expect("a result").1.0, n);
    }
    assert_eq!(fs::read_to_string(daemon.path("begun")).expect("a file"), "1\n2\n3\n");

    run("curl", &json!({"host": "db2", "pin": "4711"}));
    wait::until_true("the values in the audit log", || daemon.log().contains("with host='db2', pin=***"));
    assert!(!daemon.log().contains("4711"));
    let client = |arguments: &[&str]| {
        let mut command = Command::new(binary::path("smokercli"));
        command.args(["-s", &daemon.address().to_string(), "-p", "own", "--no-progress"]).args(arguments);
        cli::run(command.env("HOME", daemon.path("")).current_dir(daemon.path("")))
    };
    let given = client(&["--param", "host=db4", "-o", "long"]);
    given.expect_code(0);
    assert!(given.stdout.contains("db4"), "{}", given.text());
    let wrong = client(&["--param", "host=x"]);
    assert!(wrong.code != 0 && wrong.text().contains("match db[0-9]"), "{}", wrong.text());
    assert!(client(&["--param", "host"]).stderr.contains("write NAME=VALUE"));
}

/// What is asked of another host says nothing of the one that the plugin checks.
#[test]
fn a_run_with_other_values_has_a_result_of_its_own_alone() {
    let config = Config::new()
        .top("state_dir: {{DIR}}/state")
        .action("Tell", "Command: 'echo \"$SMOKER_PLUGIN $SMOKER_EVENT\" >> {{DIR}}/told'\nActionOn: change")
        .plugin("Look", "Command: 'exit %(code)s'\nAction: Tell\nParameters: {code: {Type: integer, Default: 0}}")
        .plugin("Child", "Command: 'true'\nDependsOn: Look")
        .plugin("Mark", "Command: exit 1\nAction: Tell");
    let mut daemon = Daemon::start(config);
    let run = |daemon: &Daemon, code: u8| {
        let process = daemon.force_with(&body("Look", &json!({"code": code})));
        daemon.finish(&process).pop().expect("a result").1.status().to_owned()
    };
    let shown = |daemon: &Daemon| daemon.plugin("Look")["plugin"]["lastResult"]["status"].clone();
    assert_eq!(run(&daemon, 1), "ERROR");
    assert_eq!(shown(&daemon), Json::Null);
    assert_eq!(daemon.run("Look").status(), "OK");
    assert_eq!(run(&daemon, 1), "ERROR");
    assert_eq!(shown(&daemon), "OK");
    let _ = daemon.run("Mark");
    wait::until_true("the mark to be told", || {
        fs::read_to_string(daemon.path("told")).is_ok_and(|told| told.lines().any(|line| line == "Mark problem"))
    });
    assert_eq!(fs::read_to_string(daemon.path("told")).expect("a file"), "Mark problem\n");

    // So it is after a restart.
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0, "{}", daemon.console());
    daemon.try_start().expect("it starts again");
    assert_eq!(shown(&daemon), "OK");
}
