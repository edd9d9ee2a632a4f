//! The actions that come with smokerd, against real receivers.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::thread;

use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::machine::skip;
use smoker_tests::receiver::{Posted, Receiver};
use smoker_tests::{cli, wait};

#[test]
fn a_webhook_gets_what_services_expect_and_a_restart_is_bounded() {
    let receiver = Receiver::start(false);
    let address = receiver.address();
    let config = Config::new()
        .top("state_dir: {{DIR}}/state")
        .file("url", &format!("http://{address}/services/key\n"))
        .action(
            "Slack",
            "Module: smoker.actions.webhook\nPreset: slack\nUrl: !file {{DIR}}/url\nSigningKey: Jefe\nActionOn: change\n\
             Headers: {X-Team: !file {{DIR}}/team, X-Plain: blue-whale}",
        )
        .file("team", "web-team\n")
        .action(
            "Own",
            &format!("Module: smoker.actions.webhook\nUrl: http://{address}/own/secret-path\nBody: {{what: '%(status)s was %(previousStatus)s', of: '%(plugins)s'}}\nActionOn: problem"),
        )
        .action("Restart", "Module: smoker.actions.restart\nService: smoker-no-such-service\nMaxPerHour: 2\nStateFile: {{DIR}}/restart.state")
        .plugin("Db", "Command: test -e {{DIR}}/db || { echo refused >&2; exit 1; }\nActions: [Slack]\n")
        // What the plugin has under names of the action's is about the plugin.
        .plugin("Web", "Command: echo down >&2; exit 1\nActions: [Own]\nHeaders: {X-Other: x}\nVerify: 7\nToken: sesame-street")
        .plugin("Nginx", "Command: exit 1\nAction: Restart\nActions: [Own]\nActionOn: always");
    let mut daemon = Daemon::start(config);
    let host = nix::unistd::gethostname().expect("a name").into_string().expect("text");
    assert_eq!(daemon.run("Db").status(), "ERROR");
    wait::until_true("the receiver to be down", || {
        let log = daemon.log();
        log.contains("Plugin Db: action Slack (problem: ERROR) failed: http://127.0.0.1:")
            && log.contains("it is tried again in 5 s")
    });
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    receiver.go_up();
    daemon.try_start().expect("it starts again");
    let told = receiver.next();
    for part in [
        "post /services/key http/1.1",
        "x-team: web-team",
        "x-plain: blue-whale",
        "content-type: application/json",
        "x-smoker-signature: sha256=",
    ] {
        assert!(told.head.contains(part), "{part}: {}", told.head);
    }
    let text = told.body["text"].as_str().expect("a text");
    assert!(text.starts_with(&format!("ERROR Db on {host}: refused (since ")), "{text}");
    fs::write(daemon.path("db"), "").expect("writable");
    assert_eq!(daemon.run("Db").status(), "OK");
    let text = receiver.next().body["text"].clone();
    assert!(
        text.as_str().is_some_and(|text| text.starts_with(&format!("OK Db on {host} (was ERROR, bad since "))),
        "{text}"
    );
    assert_eq!(daemon.run("Web").status(), "ERROR");
    let Posted { head, body: own } = receiver.next();
    assert!(!head.contains("x-other") && !head.contains("sesame"), "{head}");
    assert_eq!(
        (&own["what"], &own["of"][0]["name"], &own["of"][0]["message"]),
        (&json!("ERROR was "), &json!("Web"), &json!("down"))
    );
    wait::until_true("the log to say so", || {
        daemon.log().contains("action Slack (recovery: OK): posted to http://127.0.0.1:")
    });

    let path = daemon.path("smokerd.yaml").display().to_string();
    let smokerd = |arguments: &[&str]| cli::smokerd(&daemon.sandbox, &[arguments, &["-c", &path]].concat());
    let test = smokerd(&["--test-action", "Slack", "--status", "OK"]);
    assert_eq!(test.code, 0, "{}", test.text());
    assert!(
        test.stdout.contains("plugin: Db\ntold: OK (a test)\n") && test.stdout.contains("status 200 ok"),
        "{}",
        test.text()
    );
    assert!(receiver.next().body["text"].as_str().is_some_and(|text| text.contains("a test of the action Slack")));
    let unknown = smokerd(&["--test-action", "Slck"]);
    assert!(
        unknown.code == 1 && unknown.stderr.contains("has an action Slck; did you mean Slack?"),
        "{}",
        unknown.text()
    );

    let restarted = |daemon: &Daemon| daemon.run("Nginx").0["action"]["status"].clone();
    // There is no such service, so the restart fails, which counts, too.
    assert_eq!(restarted(&daemon), "ERROR");
    let _ = (restarted(&daemon), receiver.next());
    assert_eq!(restarted(&daemon), "WARN");
    assert_eq!(fs::read_to_string(daemon.path("restart.state")).expect("readable").lines().count(), 2);
    assert!(receiver.has_no_more());

    // Where it posts, and with what, is a secret wherever it is written.
    let pages = daemon.get("/plugins").text() + &daemon.get("/plugins/Nginx/explain").text();
    let shown = smokerd(&["--check"]).text() + &smokerd(&["--explain", "Nginx"]).text() + &test.text();
    for secret in ["/services/key", "secret-path", "Jefe", "web-team", "blue-whale"] {
        assert!(!daemon.log().contains(secret), "{secret}: {}", daemon.log());
        assert!(!pages.contains(secret), "{secret}: {pages}");
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
}

/// The reason may be that of a component, or how the command ended: it is told wherever a result is told, by actions that follow each one, too.
#[test]
fn each_action_that_is_told_of_a_result_is_told_its_reason() {
    let receiver = Receiver::start(true);
    let address = receiver.address();
    let webhook =
        |path: &str, more: &str| format!("Module: smoker.actions.webhook\nUrl: http://{address}/{path}\n{more}");
    let collect = "Command: cat > {{DIR}}/$SMOKER_PLUGIN.json; echo \"$SMOKER_MESSAGE\" > {{DIR}}/$SMOKER_PLUGIN.text\nStdin: json";
    let disk = json!({
        "status": "ERROR",
        "messages": null,
        "componentResults": {
            "/": {"status": "OK", "messages": {"info": ["Used 10%"], "error": [], "warn": []}},
            "/var": {"status": "ERROR", "messages": {"info": [], "error": ["Used 99%"], "warn": []}},
        },
    });
    let mut config = Config::new()
        .file("disk.json", &disk.to_string())
        .action("Slack", &webhook("slack", "Preset: slack"))
        .action("Generic", &webhook("generic", ""))
        .action("Alerts", &format!("Module: smoker.actions.alertmanager\nUrl: http://{address}/alerts"))
        .action("Collect", collect);
    let on = [("", "change"), ("Each", "always")];
    for (prefix, on) in on {
        let told = format!("Actions: [Slack, Generic, Alerts, Collect]\nActionOn: {on}");
        config = config
            .plugin(&format!("{prefix}Disk"), &format!("Command: cat {{{{DIR}}}}/disk.json\n{told}"))
            .plugin(&format!("{prefix}Quiet"), &format!("Command: exit 3\n{told}"));
    }
    let daemon = Daemon::start(config);
    let names: Vec<_> = on.iter().flat_map(|(prefix, _)| [format!("{prefix}Disk"), format!("{prefix}Quiet")]).collect();
    for name in &names {
        assert_eq!(daemon.run(name).status(), "ERROR");
    }
    let mut posted = Vec::new();
    for name in &names {
        let reason = if name.ends_with("Disk") { "/var: Used 99%" } else { "exit status 3" };
        let mut find = |what: &str, is_it: &dyn Fn(&Posted) -> bool| -> Json {
            loop {
                if let Some(found) = posted.iter().find(|it| is_it(it)) {
                    return found.body.clone();
                }
                assert!(posted.len() < 40, "{what} of {name}: {posted:?}");
                posted.push(receiver.next());
            }
        };
        let about = format!("ERROR {name} on ");
        let told = |it: &Posted, path: &str| it.head.starts_with(&format!("post /{path}"));
        let slack = find("slack", &|it| {
            told(it, "slack") && it.body["text"].as_str().is_some_and(|text| text.starts_with(&about))
        });
        assert!(slack["text"].as_str().is_some_and(|text| text.contains(&format!(": {reason} (since "))), "{slack}");
        let generic = find("generic", &|it| told(it, "generic") && it.body["plugin"] == **name);
        assert_eq!(
            (&generic["message"], &generic["plugins"][0]["message"]),
            (&json!(reason), &json!(reason)),
            "{generic}"
        );
        let is_alert = |alert: &&Json| alert["labels"]["plugin"] == **name;
        let alerts = find("alerts", &|it| {
            told(it, "alerts") && it.body.as_array().is_some_and(|all| all.iter().any(|alert| is_alert(&alert)))
        });
        let alert = alerts.as_array().and_then(|all| all.iter().find(is_alert)).expect("its alert");
        assert_eq!(alert["annotations"]["description"], reason);
        let read = |end: &str| fs::read_to_string(daemon.path(&format!("{name}.{end}"))).unwrap_or_default();
        wait::until_true("the command", || read("text").trim() == reason);
        let stdin: Json = serde_json::from_str(&read("json")).expect("JSON");
        assert_eq!((&stdin["message"], &stdin["plugins"][0]["message"]), (&json!(reason), &json!(reason)), "{stdin}");
        if name.ends_with("Disk") {
            for body in [&generic, &stdin] {
                assert_eq!(body["componentResults"], disk["componentResults"], "{body}");
            }
        } else {
            assert_eq!(stdin["exitStatus"], 3, "{stdin}");
        }
    }
    let explained = daemon.get("/plugins/disk/explain").json();
    let run = &explained["explanation"]["lastRuns"][0];
    assert_eq!(
        (&run["message"], &explained["explanation"]["plugin"]),
        (&json!("/var: Used 99%"), &json!("Disk")),
        "{run}"
    );
    let near = daemon.get("/plugins/Dsik/explain");
    assert!(near.status == 404 && near.text().contains("Plugin Dsik not found; did you mean Disk?"), "{}", near.text());
}

#[test]
fn an_event_that_a_service_does_not_understand_keeps_no_other_from_being_told() {
    let receiver = Receiver::refusing("400 Bad Request");
    let page = format!(
        "Module: smoker.actions.webhook\nPreset: pagerduty\nUrl: http://{}/\nRoutingKey: !file {{{{DIR}}}}/key\nActionGroup: 1s",
        receiver.address()
    );
    let told = "Command: exit 3\nActionOn: change\nAction: Page";
    let config = Config::new().file("key", "k").action("Page", &page).plugin("A", told).plugin("B", told);
    let daemon = Daemon::start(config);
    assert_eq!((daemon.run("A").status(), daemon.run("B").status()), ("ERROR", "ERROR"));
    let events = [receiver.next(), receiver.next()].map(|event| event.body["dedup_key"].to_string());
    assert!(events[0].ends_with("/A\"") && events[1].ends_with("/B\""), "{events:?}");
}

/// A service that is busy says how long it wants no call, in seconds or with a date. What it asks for is never less than what
/// the daemon would wait anyway, or it would be given up sooner.
#[test]
fn an_action_is_called_again_when_its_service_says() {
    let in_a_quarter = chrono::Utc::now() + chrono::TimeDelta::minutes(15);
    let date = in_a_quarter.format("Retry-After: %a, %d %b %Y %H:%M:%S GMT").to_string();
    let cases = [
        ("Seconds", "429 Too Many Requests\r\nRetry-After: 100", 100, 120),
        // The test may be slow.
        ("Date", &format!("503 Service Unavailable\r\n{date}"), 300, 1080),
        ("Far", "503 Service Unavailable\r\nRetry-After: 99999999999999999999", 3600, 4320),
        ("Soon", "503 Service Unavailable\r\nRetry-After: 0", 5, 6),
        ("Senseless", "429 Too Many Requests\r\nRetry-After: soon", 5, 6),
        // It is not followed, and will not be another one later.
        ("Moved", "301 Moved Permanently\r\nLocation: /other\r\nRetry-After: 100", 5, 6),
        ("Wrong", "400 Bad Request\r\nRetry-After: 100", 5, 6),
    ];
    // It has arrived, whatever becomes of the rest of the answer; and one that does not answer keeps nobody else from it.
    let (cut, hanging) = (Receiver::refusing("200 OK\r\nContent-Length: 10"), TcpListener::bind("127.0.0.1:0"));
    let hanging = hanging.expect("a port");
    let urls = format!("[http://{}, http://{}]", hanging.local_addr().expect("an address"), cut.address());
    let receivers: Vec<_> = cases.iter().map(|(_, head, ..)| Receiver::refusing(head)).collect();
    let mut config = Config::new();
    for ((name, ..), receiver) in cases.iter().zip(&receivers) {
        let hook = format!("Module: smoker.actions.webhook\nUrl: http://{}/\nActionOn: change", receiver.address());
        config = config.action(name, &hook).plugin(name, &format!("Command: exit 1\nAction: {name}"));
    }
    let alerts = receivers[0].address();
    config = config
        .action("Alerts", &format!("Module: smoker.actions.alertmanager\nUrl: http://{alerts}\nActionOn: change"))
        .plugin("Alerts", "Command: exit 1\nAction: Alerts")
        .action("Both", &format!("Module: smoker.actions.alertmanager\nUrls: {urls}\nActionOn: change\nTimeout: 4"))
        .plugin("Both", "Command: exit 1\nAction: Both")
        .action("Cut", &format!("Module: smoker.actions.webhook\nUrl: http://{}/\nActionOn: change", cut.address()))
        .plugin("Cut", "Command: exit 1\nAction: Cut");
    let daemon = Daemon::start(config);
    for (name, _, least, most) in cases.iter().copied().chain([("Alerts", "", 100, 120)]) {
        assert_eq!(daemon.run(name).status(), "ERROR");
        let begin = format!("Plugin {name}: action {name} (problem: ERROR) failed: ");
        let wait = wait::until("the call to fail", || {
            let log = daemon.log();
            let line = log.lines().find(|line| line.contains(&begin))?;
            line.rsplit_once("it is tried again in ")?.1.strip_suffix(" s")?.parse::<u64>().ok()
        });
        assert!((least..=most).contains(&wait), "{name}: {wait}");
    }
    let is_logged = |begin: &str| daemon.log().lines().any(|line| line.contains(begin));
    assert_eq!(daemon.run("Cut").status(), "ERROR");
    wait::until_true("the webhook", || {
        is_logged("Plugin Cut: action Cut (problem: ERROR): posted to http://127.0.0.1:")
    });
    assert_eq!(daemon.run("Both").status(), "ERROR");
    wait::until_true("the alerts", || is_logged("Plugin Both: action Both (problem: ERROR): http://127.0.0.1:"));
    assert_eq!(receivers[5].next().head.split(' ').nth(1), Some("/"));
    assert!(receivers[5].has_no_more(), "the redirect was followed");
}

/// Debian's Alertmanager with the address that it listens on.
struct Alertmanager(Child, SocketAddr);

impl Alertmanager {
    fn start(daemon_folder: &std::path::Path) -> Option<Self> {
        let program = skip::program("prometheus-alertmanager", "apt-get install prometheus-alertmanager")?;
        let config = daemon_folder.join("alertmanager.yml");
        fs::write(&config, "route:\n  receiver: none\nreceivers:\n- name: none\n").expect("writable");
        let mut command = Command::new(program);
        command.arg(format!("--config.file={}", config.display()));
        command.arg(format!("--storage.path={}", daemon_folder.join("alerts").display()));
        command.args(["--web.listen-address=127.0.0.1:0", "--cluster.listen-address="]);
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let is_address = |line: &String| line.contains("Listening on");
        let line = lines.by_ref().map_while(Result::ok).find(is_address).expect("it listens");
        let address = line.rsplit("address=").next().and_then(|text| text.trim().parse().ok()).expect("an address");
        // What it writes has to be read.
        thread::spawn(move || lines.for_each(drop));
        Some(Self(child, address))
    }

    /// The alerts that fire.
    fn alerts(&self) -> Vec<Json> {
        let page = Request::get("/api/v2/alerts").send(self.1, wait::DEADLINE).expect("an answer").json();
        page.as_array().cloned().unwrap_or_default()
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn alerts_fire_survive_a_crash_and_are_resolved() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(alertmanager) = Alertmanager::start(folder.path()) else { return };
    let config = Config::new()
        .top("state_dir: {{DIR}}/state")
        .action("Alerts", &format!("Module: smoker.actions.alertmanager\nUrl: http://{}\nLabels: {{team: web}}\nRepeat: 1s\nActionGroup: 0.2s", alertmanager.1))
        .plugin("Db", "Command: test -e {{DIR}}/db || { echo refused >&2; exit 1; }\nActions: [Alerts]")
        .plugin("Web", "Command: echo slow; exit 1\nActions: [Alerts]");
    let mut daemon = Daemon::start(config);
    let _ = (daemon.run("Db"), daemon.run("Web"));
    wait::until_true("both alerts", || alertmanager.alerts().len() == 2);
    let alerts = alertmanager.alerts();
    let db = alerts.iter().find(|alert| alert["labels"]["plugin"] == "Db").expect("that of Db");
    assert_eq!(
        (&db["labels"]["severity"], &db["labels"]["team"], &db["annotations"]["description"]),
        (&json!("critical"), &json!("web"), &json!("refused"))
    );
    let sent = |name: &str| {
        let alerts = alertmanager.alerts();
        let alert = alerts.iter().find(|alert| alert["labels"]["plugin"] == name);
        alert.and_then(|alert| alert["endsAt"].as_str().map(str::to_owned)).unwrap_or_default()
    };

    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    let before = sent("Web");
    daemon.try_start().expect("it starts again");
    wait::until_true("the alert to be sent again", || sent("Web") > before);

    // A test is an alert of its own beside that of the plugin.
    let path = daemon.path("smokerd.yaml").display().to_string();
    let test =
        |status: &str| cli::smokerd(&daemon.sandbox, &["--test-action", "Alerts", "--status", status, "-c", &path]);
    let named = |name: &str| {
        let alerts = alertmanager.alerts().into_iter().filter(|alert| alert["labels"]["alertname"] == name);
        alerts.map(|alert| alert["annotations"]["description"].clone()).collect::<Vec<_>>()
    };
    let tested = test("ERROR");
    assert!(
        tested.stdout.contains("took the alert SmokerTest, which ends in 2 minutes, or with --status OK"),
        "{tested:?}"
    );
    wait::until_true("the alert of the test", || named("SmokerTest").len() == 1);
    assert!(named("SmokerPlugin").contains(&json!("refused")), "{:?}", named("SmokerPlugin"));
    let tested = test("OK");
    assert!(tested.stdout.contains("took the alert SmokerTest, which has ended"), "{tested:?}");
    wait::until_true("its end", || named("SmokerTest").is_empty());
    fs::write(daemon.path("db"), "").expect("writable");
    let _ = daemon.run("Db");
    wait::until_true("the alert of Db to be resolved", || {
        let alerts = alertmanager.alerts();
        alerts.len() == 1 && alerts[0]["labels"]["plugin"] == "Web"
    });
}
