//! Secrets among the parameters are neither shown to clients nor to be guessed by them.

use serde_json::{Value as Json, json};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::lines::expect_line;

const SECRETS: [&str; 6] = ["hunter2", "in-a-list", "in-a-mapping", "in-a-url", "of-the-action", "4711"];

fn config() -> Config {
    Config::new()
        .action("Tell", "Command: 'true'\nApiKey: of-the-action")
        .plugin(
            "DB",
            "Command: 'true'\nAction: Tell\nCategory: db\nPassword: hunter2\nPin: 4711\nTokens: [in-a-list]\n\
             Servers: [{host: a, credentials: {user: scott, value: in-a-mapping}}]\nUrl: http://scott:in-a-url@a/\n\
             PasswordFile: /etc/password",
        )
        .plugin("other", "Command: 'true'\nPassword: '***'\nUrl: http://a/")
}

/// All pages that show parameters.
fn pages(daemon: &Daemon) -> String {
    let process = daemon.force(&["DB"]);
    let _ = daemon.finish(&process);
    ["/plugins", "/plugins/DB", &process].map(|path| daemon.get(path).text()).concat()
}

#[test]
fn secrets_are_masked_on_every_page() {
    for setting in ["", "show_secrets: local", "show_secrets: false"] {
        let daemon = Daemon::start(if setting.is_empty() { config() } else { config().top(setting) });
        let pages = pages(&daemon);
        for secret in SECRETS {
            assert!(!pages.contains(secret), "{secret} with {setting}: {pages}");
        }
        let parameters = &daemon.get("/plugins/DB").json()["plugin"]["parameters"];
        assert_eq!(parameters["Password"], "***");
        assert_eq!(parameters["Action"]["ApiKey"], "***");
        assert_eq!(parameters["Servers"], json!([{"host": "a", "credentials": {"user": "scott", "value": "***"}}]));
        assert_eq!(parameters["Url"], "http://scott:***@a/");
        assert_eq!(parameters["PasswordFile"], "/etc/password");
    }
}

#[test]
fn the_error_of_a_command_that_cannot_be_run_has_a_mask_for_each_secret() {
    let config = Config::new()
        .base("Password: hunter2")
        .plugin("nowhere", "Command: 'curl -u x:%(Password)s http://scott:in-a-url@a/'\nWorkDir: /nosuch")
        .plugin("missing", "Command: 'curl http://scott:in-a-url@a/ %(Nope)s'")
        .plugin("number", "Command: 'echo $((%(Password)s))'");
    let daemon = Daemon::start(config);
    for (name, expected) in [
        ("nowhere", "Can't execute command curl -u x:'***' http://scott:***@a/: cannot change to its WorkDir"),
        ("missing", "Can't format command curl http://scott:***@a/ %(Nope)s: missing parameter 'Nope'"),
        ("number", "the value of %(Password)s is secret"),
    ] {
        let error = daemon.run(name).expect_error();
        assert!(error.contains(expected), "{error}");
        assert!(SECRETS.iter().all(|secret| !error.contains(secret)), "{error}");
    }
}

#[test]
fn the_configuration_may_show_secrets_to_all() {
    let daemon = Daemon::start(config().top("show_secrets: true"));
    let pages = pages(&daemon);
    assert!(SECRETS.iter().all(|secret| pages.contains(secret)), "{pages}");
    let filter = json!({"process": {"filter": {"Password": "hunter2"}}});
    assert_eq!(daemon.send(&Request::post("/processes", filter.to_string())).status, 202);
    let log = daemon.reload(&config());
    expect_line(&log, &["Reloaded", "2 unchanged", "settings: show_secrets"]);
    let plugin = daemon.get("/plugins/DB").text();
    assert!(SECRETS.iter().all(|secret| !plugin.contains(secret)), "{plugin}");
}

#[test]
fn a_filter_by_a_secret_is_refused_whether_it_is_right_or_wrong() {
    let daemon = Daemon::start(config());
    let answer = |filter: &Json| {
        let body = json!({"process": {"plugins": null, "filter": filter}});
        daemon.send(&Request::post("/processes", body.to_string()))
    };
    for (name, right, wrong) in [
        ("Password", json!("hunter2"), json!("wrong")),
        ("Password", json!("***"), json!(null)),
        ("Pin", json!(4711), json!(4712)),
        ("Tokens", json!(["in-a-list"]), json!([])),
        ("Url", json!("http://scott:in-a-url@a/"), json!("http://a/")),
    ] {
        let answers = [right, wrong].map(|value| answer(&json!({"Category": "db", name: value})));
        for answer in &answers {
            assert!(answer.expect_error(403).contains(name), "{name}");
        }
        assert_eq!(answers[0].text(), answers[1].text(), "{name}");
    }
    assert_eq!(daemon.get("/processes").json(), json!([]), "nothing was forced");
    assert_eq!(answer(&json!({"Category": "db"})).status, 202);
}
