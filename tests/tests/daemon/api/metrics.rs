//! `GET /metrics`: what it says of plugins and of the daemon, and the real Prometheus that reads it.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use serde_json::json;
use smoker_tests::binary;
use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{ANSWER_LIMIT, Request};
use smoker_tests::machine::pki::{Pki, Purpose};
use smoker_tests::machine::ports;
use smoker_tests::started::Started;
use smoker_tests::wait;

const DISK: &str = r#"{"status": "WARN", "messages": {"info": [], "warn": ["91% used"], "error": []},
 "componentResults": {"/": {"status": "OK", "messages": null}, "/srv \"a\\b\"\n": {"status": "WARN", "messages": null}},
 "perfdata": [{"label": "/srv", "value": 91.5, "unit": "%"}, {"label": "u", "value": null}]}"#;

fn config() -> Config {
    Config::new()
        .top("state_dir: '{{DIR}}/state'")
        .action("Tell", "Command: 'false'")
        .plugin(
            "disk",
            "Category: system\nComponent: storage\nType: smokeTest\nAction: Tell\nCommand: cat {{DIR}}/disk",
        )
        .plugin("fine", "Command: 'true'\nInterval: 1h\nSplay: 0")
        .plugin("quiet", "Command: 'true'")
}

fn daemon() -> Daemon {
    let mut daemon = Boot::of(config()).prepare();
    fs::write(daemon.path("disk"), DISK).expect("writable");
    daemon.try_start().expect("it starts");
    for name in ["disk", "disk", "fine"] {
        let _ = daemon.run(name);
    }
    daemon
}

fn page(daemon: &Daemon) -> String {
    let page = daemon.get("/metrics");
    assert_eq!((page.status, page.content_type()), (200, "text/plain; version=0.0.4; charset=utf-8"));
    page.text()
}

/// The value of a series; none when it is not there.
fn value(page: &str, series: &str) -> Option<f64> {
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(line.parse().unwrap_or_else(|_| panic!("{series}: {line}")))
}

fn lines_of<'a>(page: &'a str, family: &str) -> Vec<&'a str> {
    let begins = format!("{family}{{");
    page.lines().filter(|line| line.starts_with(&begins)).collect()
}

#[test]
fn metrics_say_how_plugins_and_the_daemon_are_and_a_scrape_starts_nothing() {
    let daemon = daemon();
    let text = page(&daemon);
    let status = "smoker_plugin_status{plugin=\"disk\",category=\"system\",component=\"storage\",type=\"smokeTest\"";
    for (series, expected) in [
        (format!("{status},status=\"WARN\"}}"), 1.0),
        (format!("{status},status=\"OK\"}}"), 0.0),
        (format!("{status},status=\"UNKNOWN\"}}"), 0.0),
        (r#"smoker_component_status{plugin="disk",component="/",status="OK"}"#.to_owned(), 1.0),
        (r#"smoker_component_status{plugin="disk",component="/srv \"a\\b\"\n",status="WARN"}"#.to_owned(), 1.0),
        (r#"smoker_perfdata{plugin="disk",label="/srv",unit="%"}"#.to_owned(), 91.5),
        (r#"smoker_plugin_runs_total{plugin="disk",outcome="WARN"}"#.to_owned(), 2.0),
        (r#"smoker_plugin_runs_total{plugin="fine",outcome="OK"}"#.to_owned(), 1.0),
        (r#"smoker_plugin_action_failures_total{plugin="disk"}"#.to_owned(), 2.0),
        (r#"smoker_plugin_missed_runs_total{plugin="fine",reason="missed"}"#.to_owned(), 0.0),
        (r#"smoker_plugin_interval_seconds{plugin="fine"}"#.to_owned(), 3600.0),
        ("smoker_plugins".to_owned(), 3.0),
        ("smoker_plugins_not_loaded".to_owned(), 0.0),
        ("smoker_reload_successful".to_owned(), 1.0),
        ("smoker_journal_up".to_owned(), 1.0),
        ("smoker_journal_lost_records_total".to_owned(), 0.0),
        ("smoker_metrics_dropped_series_total".to_owned(), 0.0),
    ] {
        assert_eq!(value(&text, &series), Some(expected), "{series} in\n{text}");
    }
    let active = value(&text, r#"smoker_connections{state="active"}"#);
    assert!(active.is_some_and(|count| count >= 1.0), "that of the scrape is one: {text}");
    assert_eq!(lines_of(&text, "smoker_plugin_status").len(), 3 * 4);
    let unknown = lines_of(&text, "smoker_plugin_status").into_iter().filter(|line| line.contains("\"quiet\""));
    assert_eq!(unknown.filter(|line| line.ends_with("status=\"UNKNOWN\"} 1")).count(), 1, "{text}");
    // Moments are those of the run, not ages.
    let runs = daemon.get("/plugins/disk/results?limit=1").json();
    let run = &runs["results"][0];
    let (started, result) = (run["started"].as_str().expect("a moment"), &run["result"]);
    let started = chrono::DateTime::parse_from_rfc3339(started);
    let started = started.expect("RFC 3339").timestamp_micros();
    let last_run = value(&text, r#"smoker_plugin_last_run_timestamp_seconds{plugin="disk"}"#).expect("it ran");
    assert_eq!(format!("{last_run:.6}"), format!("{}.{:06}", started / 1_000_000, started % 1_000_000));
    assert_eq!(value(&text, r#"smoker_plugin_duration_seconds{plugin="disk"}"#), result["duration"].as_f64());
    assert_eq!(value(&text, r#"smoker_plugin_last_success_timestamp_seconds{plugin="disk"}"#), None);
    let change = value(&text, r#"smoker_plugin_last_change_timestamp_seconds{plugin="disk"}"#).expect("a change");
    assert!(change < last_run, "the first of two runs was the change");
    assert!(
        value(&text, "smoker_journal_size_bytes") > Some(100.0) && value(&text, "process_cpu_seconds_total").is_some()
    );

    // No run was started, and every scrape that follows has the same of the plugins.
    assert_eq!(daemon.results("quiet").len() + daemon.results("fine").len(), 1);
    let plugins =
        |text: &str| text.lines().filter(|line| line.contains("plugin=")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(plugins(&page(&daemon)), plugins(&text));
    let _ = daemon.run("fine");
    let fine = r#"smoker_plugin_runs_total{plugin="fine",outcome="OK"}"#;
    wait::until_true("the run to be counted", || value(&page(&daemon), fine) == Some(2.0));

    // A reload that is refused is one that failed, and a plugin that is gone has no series.
    let refused = daemon.reload(&config().top("bind_port: many"));
    assert!(refused.contains("is refused as a whole"), "{refused}");
    assert_eq!(value(&page(&daemon), "smoker_reload_successful"), Some(0.0));
    let _ = daemon.reload(&Config::new().top("state_dir: '{{DIR}}/state'").plugin("fine", "Command: 'true'"));
    let text = page(&daemon);
    assert_eq!((value(&text, "smoker_reload_successful"), value(&text, "smoker_plugins")), (Some(1.0), Some(1.0)));
    assert_eq!(lines_of(&text, "smoker_plugin_status").len(), 4, "{text}");
}

#[test]
fn moments_outlive_the_daemon() {
    let mut daemon = daemon();
    let moments = |text: &str| {
        let of_plugins = |line: &&str| line.starts_with("smoker_plugin_last_") || line.starts_with("smoker_perfdata");
        text.lines().filter(of_plugins).map(str::to_owned).collect::<Vec<_>>()
    };
    let before = page(&daemon);
    assert_eq!(moments(&before).len(), 2 + 1 + 2 + 1, "{before}");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    daemon.try_start().expect("it starts again");
    assert_eq!(moments(&page(&daemon)), moments(&before));
}

#[test]
fn open_metrics_is_for_clients_that_ask_for_it() {
    let daemon = daemon();
    let ask = |accept: &str| daemon.send(&Request::get("/metrics/").header("Accept", accept));
    let page = ask("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1");
    assert_eq!(page.content_type(), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = page.text();
    for line in [
        "# TYPE smoker_plugin_status stateset",
        "# TYPE smoker_plugin_runs counter",
        "# TYPE smoker_build info",
        "smoker_component_status{plugin=\"disk\",component=\"/\",status=\"OK\",smoker_component_status=\"OK\"} 1",
    ] {
        assert!(text.lines().any(|own| own == line), "{line} is not in\n{text}");
    }
    assert!(text.ends_with("\n# EOF\n"));
    // Every series of the other format is here, too.
    let names = |text: &str| {
        let name = |line: &str| line.split(['{', ' ']).next().unwrap_or_default().to_owned();
        text.lines().filter(|line| !line.starts_with('#')).map(name).collect::<Vec<_>>()
    };
    assert_eq!(names(&text), names(&ask("text/plain").text()));
    let head = daemon.send(&Request::new("HEAD", "/metrics"));
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(daemon.send(&Request::post("/metrics", "{}")).status, 405);
}

/// Runs a command for identities, and returns the token that it prints.
fn token(daemon: &Daemon, arguments: &[&str]) -> String {
    let output =
        cli::smokerd(&daemon.sandbox, &[&["-c", "{{DIR}}/smokerd.yaml", "--token", "add"], arguments].concat());
    output.expect_code(0);
    output.stdout.trim().to_owned()
}

#[test]
fn an_identity_with_limits_has_the_metrics_of_its_plugins_alone() {
    let daemon = daemon();
    let limited = token(&daemon, &["disks", "--role", "read", "--only", "category=system"]);
    let administrator = format!("Bearer {}", token(&daemon, &["boss", "--role", "admin"]));
    let silence = r#"{"silence": {"plugins": ["disk"], "for": "1h", "reason": "repair"}}"#;
    let silenced = daemon.send(&Request::post("/silences", silence).header("Authorization", &administrator));
    assert_eq!(silenced.status, 201, "{}", silenced.text());
    let text = page(&daemon);
    for (plugin, expected) in [("disk", 1.0), ("fine", 0.0)] {
        assert_eq!(value(&text, &format!("smoker_plugin_silenced{{plugin=\"{plugin}\"}}")), Some(expected), "{text}");
    }
    let ask = || daemon.send(&Request::get("/metrics").header("Authorization", &format!("Bearer {limited}"))).text();
    for _ in 0..2 {
        let text = ask();
        assert_eq!(lines_of(&text, "smoker_plugin_status").len(), 4, "{text}");
        assert!(!text.contains("plugin=\"fine\"") && text.contains("smoker_plugins 3"), "{text}");
        assert_eq!(lines_of(&page(&daemon), "smoker_plugin_status").len(), 12);
    }
}

#[test]
#[cfg_attr(not(has_prometheus), ignore = "needs promtool: apt-get install prometheus")]
fn promtool_finds_nothing_wrong_with_metrics() {
    let daemon = daemon();
    let mut client = Command::new(binary::path("smokercli"));
    client.args(["-s", &daemon.address().to_string(), "localhost:1", "-o", "prometheus"]).env("HOME", daemon.path(""));
    let of_client = cli::run(&mut client);
    for (text, name) in [(page(&daemon), "daemon"), (of_client.stdout, "client")] {
        let file = daemon.path(name);
        fs::write(&file, &text).expect("writable");
        let mut promtool = Command::new("promtool");
        promtool.args(["check", "metrics"]).stdin(fs::File::open(&file).expect("there"));
        let output = cli::run(&mut promtool);
        assert_eq!((output.code, output.text().as_str()), (0, ""), "{name}:\n{text}");
    }
}

/// Names, units and numbers as no plugin should have them; the second run measures one of them in another unit.
#[test]
#[cfg_attr(not(has_prometheus), ignore = "needs promtool: apt-get install prometheus")]
fn promtool_reads_what_is_odd_and_a_unit_that_changes_leaves_one_series() {
    let odd = |unit: &str| {
        json!({
            "status": "OK", "messages": null,
            "componentResults": {"a\nb\"\\{}\u{0}\r": {"status": "OK", "messages": null}, "": {"status": "OK", "messages": null}},
            "perfdata": [
                {"label": "load", "value": 1, "unit": unit}, {"label": "huge", "value": 1e308, "unit": "\n\"\\"},
                {"label": "tiny", "value": -5e-324}, {"label": "", "value": 4}, {"label": "no\u{0}", "value": 5, "unit": "č"},
                {"label": "none", "value": null},
            ],
        })
    };
    let config = Config::new()
        .plugin("odd", "Command: cat {{DIR}}/odd\nCategory: \"a\\\"b\\\\c\\nd\"")
        .plugin(r#""na\"me\\\n{}é""#, "Command: 'true'");
    let mut daemon = Boot::of(config).prepare();
    fs::write(daemon.path("odd"), odd("s").to_string()).expect("writable");
    daemon.try_start().expect("it starts");
    for unit in ["s", "ms"] {
        fs::write(daemon.path("odd"), odd(unit).to_string()).expect("writable");
        assert_eq!(daemon.run("odd").status(), "OK");
        let text = page(&daemon);
        fs::write(daemon.path("page"), &text).expect("writable");
        let mut promtool = Command::new("promtool");
        promtool.args(["check", "metrics"]).stdin(fs::File::open(daemon.path("page")).expect("there"));
        let output = cli::run(&mut promtool);
        assert_eq!((output.code, output.text().as_str()), (0, ""), "{text}");
        let load = lines_of(&text, "smoker_perfdata");
        let load: Vec<_> = load.into_iter().filter(|line| line.contains("label=\"load\"")).collect();
        assert_eq!(load, [format!("smoker_perfdata{{plugin=\"odd\",label=\"load\",unit=\"{unit}\"}} 1")]);
        for expected in [
            r#"smoker_perfdata{plugin="odd",label="huge",unit="\n\"\\"} 1e308"#,
            r#"smoker_perfdata{plugin="odd",label="tiny",unit=""} -5e-324"#,
            r#"smoker_plugin_silenced{plugin="na\"me\\\n{}é"} 0"#,
        ] {
            assert!(text.lines().any(|line| line == expected), "{expected}: {text}");
        }
    }
}

#[test]
#[cfg_attr(not(has_prometheus), ignore = "needs prometheus: apt-get install prometheus")]
fn prometheus_scrapes_with_a_token_over_tls() {
    const FILES: &str = "local_role: none\ntls_cert: '{{DIR}}/pki/web1.pem'\ntls_key: '{{DIR}}/pki/web1.key'";
    let mut daemon = Boot::of(config().top(FILES)).prepare();
    fs::write(daemon.path("disk"), DISK).expect("writable");
    let pki = Pki::make(daemon.path("pki"));
    pki.issue("web1", Purpose::Server);
    fs::write(daemon.path("token"), token(&daemon, &["prometheus", "--role", "read"])).expect("writable");
    daemon.try_start().expect("it starts");

    let folder = daemon.path("");
    let config = json!({
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{
            "job_name": "smoker", "scheme": "https",
            "authorization": {"credentials_file": daemon.path("token")},
            "tls_config": {"ca_file": pki.file("ca.pem")},
            "static_configs": [{"targets": [daemon.address().to_string()]}],
        }],
    });
    fs::write(daemon.path("prometheus.yml"), config.to_string()).expect("writable");
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], ports::free()));
    let log = fs::File::create(daemon.path("prometheus.log")).expect("writable");
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", folder.join("prometheus.yml").display()))
        .arg(format!("--storage.tsdb.path={}", folder.join("series").display()))
        .arg(format!("--web.listen-address={address}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .process_group(0);
    let _prometheus = Started::spawn(&mut command).expect("prometheus can be started");
    let query = |query: &str| {
        let path = format!("/api/v1/query?query={query}");
        let response =
            Request::get(&path).send(address, ANSWER_LIMIT).ok().filter(|response| response.status == 200)?;
        response.json()["data"]["result"].as_array().filter(|series| !series.is_empty()).cloned()
    };
    let series = wait::within(wait::DEADLINE, || query("smoker_plugin_status%7Bstatus=%22UNKNOWN%22%7D"));
    let log = || fs::read_to_string(daemon.path("prometheus.log")).unwrap_or_default();
    let series = series.unwrap_or_else(|| panic!("no series\n{}\n{}", log(), daemon.log()));
    let plugins: Vec<_> = series.iter().map(|series| &series["metric"]["plugin"]).collect();
    assert_eq!(plugins.len(), 3, "{series:?}");
    assert!(series.iter().all(|series| series["metric"]["job"] == "smoker"), "{series:?}");
    assert_eq!(query("up").expect("a target")[0]["value"][1], "1", "{}", log());
    assert!(query("smoker_tls_not_after_timestamp_seconds%20%3E%20time()").is_some(), "the certificate is valid");
}
