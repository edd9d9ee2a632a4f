//! Jobs that report to the daemon, and clusters of plugins: both are decided from what the daemon has in memory.

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Request, Response};
use smoker_tests::wait;

fn report(daemon: &Daemon, plugin: &str, body: &str) -> Response {
    daemon.send(&Request::post(&format!("/plugins/{plugin}/results"), body))
}

#[test]
fn a_job_is_as_it_reported_and_a_cluster_as_its_plugins_are() {
    let config = Config::new()
        .top("state_dir: '{{DIR}}/state'\nlocal_role: run")
        .plugin("backup", "Check: job\nError: '> 1h'")
        .plugin("rotate", "Check: job\nInterval: 1\nError: '> 0s'")
        .plugin("web1", "Command: echo well")
        .plugin("web2", "Command: exit 1")
        .plugin("tier", "Check: cluster\nPlugins: 'web*'")
        .plugin("quorum", "Check: cluster\nPlugins: [web1, web2]\nError: '< 2'");
    let mut daemon = Boot::of(config).prepare();
    daemon.try_start().expect("it starts");

    let before = daemon.run("backup");
    assert_eq!(before.0["status"], "WARN");
    assert!(before.0.to_string().contains("the job has not reported yet"), "{}", before.0);
    let failed = report(&daemon, "backup", r#"{"exit": 3, "message": "disk full"}"#);
    assert_eq!((failed.status, &failed.json()["report"]["status"]), (201, &"ERROR".into()), "{}", failed.text());
    let newest = |status: &str| {
        wait::until(&format!("a report with {status}"), || {
            let entry = daemon.get("/plugins/backup/results").json()["results"][0].clone();
            (entry["result"]["status"] == status && entry["trigger"] == "report").then_some(entry)
        })
    };
    let entry = newest("ERROR");
    assert!(entry.to_string().contains("the job ended with exit status 3") && entry.to_string().contains("disk full"));
    assert_eq!(report(&daemon, "backup", r#"{"status": "OK", "message": "5 files"}"#).status, 201);
    newest("OK");

    assert!(report(&daemon, "web1", r#"{"exit": 0}"#).expect_error(409).contains("give it Check: job"));
    assert_eq!(report(&daemon, "nope", r#"{"exit": 0}"#).expect_error(404), "Plugin nope not found");
    assert!(report(&daemon, "backup", r#"{"exti": 0}"#).expect_error(400).contains("unknown field `exti`"));
    let log = daemon.log();
    assert!(log.contains("POST /plugins/backup/results: 201: plugin backup, ERROR"), "{log}");
    let overdue =
        |outcome: &smoker_tests::outcome::Outcome| outcome.0.to_string().contains("the next report is overdue");
    wait::until_true("an overdue report", || daemon.results("rotate").iter().any(overdue));

    assert!(daemon.run("tier").0.to_string().contains("web1 has no result yet, web2 has no result yet"));
    let _ = (daemon.run("web1"), daemon.run("web2"));
    let tier = daemon.run("tier").0;
    assert!(tier["status"] == "WARN" && tier.to_string().contains("web2 is ERROR"), "{tier}");
    assert_eq!(daemon.run("quorum").0["status"], "ERROR");

    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    daemon.try_start().expect("it starts again");
    let kept = daemon.run("backup").0;
    assert!(kept["status"] == "OK" && kept.to_string().contains("5 files"), "{kept}");
}
