//! Receivers that fail, and what is so when a call is made.

use std::fs;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::{HOUR, host, until};

/// Nobody knows whether a call that failed has arrived.
#[tokio::test]
async fn a_receiver_that_failed_hears_of_the_end_of_what_it_may_have_heard() {
    let host = host("  Db: {Interval: 0, Action: Fail}");
    host.set_down(&["refuse", "Db"]);
    host.force("Db");
    until("the problem", || host.lines("told") == ["Db ERROR problem"]).await;
    host.set_up(&["Db"]);
    host.force("Db");
    host.results("Db", 2).await;
    until("the recovery", || {
        host.hand.advance(Duration::from_secs(1));
        host.lines("told").iter().any(|line| line == "Db OK recovery")
    })
    .await;
    let recoveries = || host.lines("told").iter().filter(|line| *line == "Db OK recovery").count();
    until("the recovery again, since that failed, too", || {
        host.hand.advance(Duration::from_secs(1));
        recoveries() > 1
    })
    .await;
    // It is bad again before the receiver has said that it took that.
    host.set_down(&["Db"]);
    host.force("Db");
    host.results("Db", 3).await;
    host.set_up(&["refuse"]);
    until("the next problem", || {
        host.hand.advance(Duration::from_secs(1));
        host.lines("told").last().is_some_and(|line| line == "Db ERROR problem")
    })
    .await;
}

/// An Alertmanager has an alert for each way of being bad.
#[tokio::test]
async fn a_receiver_that_failed_hears_of_all_that_it_may_have_heard() {
    let host = host("  Db: {Interval: 0, Action: Dump, Command: 'cat state'}");
    let turn = |status: &str| {
        let text = json!({"status": status, "messages": {"info": [], "warn": [], "error": []}}).to_string();
        fs::write(host.folder.path().join("state"), text).expect("writable");
        host.force("Db");
    };
    let calls =
        || -> Vec<Json> { host.lines("told").iter().filter_map(|line| serde_json::from_str(line).ok()).collect() };
    let call_of = async |status: &str| {
        let mut found = None;
        until(&format!("a call about {status}"), || {
            host.hand.advance(Duration::from_secs(1));
            found = calls().into_iter().rfind(|call| call["status"] == status);
            found.is_some()
        })
        .await;
        found.unwrap_or_default()["plugins"][0].clone()
    };
    host.set_down(&["refuse"]);
    turn("WARN");
    let first = call_of("WARN").await;
    assert!(first["previousStatus"].is_null() && first["alsoTold"].is_null(), "{first}");
    turn("ERROR");
    let second = call_of("ERROR").await;
    assert!(second["previousStatus"] == "WARN" && second["alsoTold"].is_null(), "{second}");
    turn("OK");
    let last = call_of("OK").await;
    assert_eq!((&last["previousStatus"], &last["alsoTold"]), (&json!("ERROR"), &json!(["WARN"])), "{last}");
    // Until a call has succeeded.
    host.set_up(&["refuse"]);
    let lines = || host.manager.alert_lines(&host.plugin("Db"));
    until("it to be told", || {
        host.hand.advance(Duration::from_secs(1));
        lines().iter().any(|line| line.contains("told OK"))
    })
    .await;
    host.set_down(&["refuse"]);
    turn("WARN");
    let next = || calls().into_iter().next_back().filter(|call| call["status"] == "WARN");
    until("the next problem", || next().is_some()).await;
    let next = next().unwrap_or_default()["plugins"][0].clone();
    assert!(next["previousStatus"] == "OK" && next["alsoTold"].is_null(), "{next}");
}

#[tokio::test]
async fn an_action_of_two_roles_tells_a_recovery_once() {
    let host = host(
        "  Db: {Interval: 0, Action: Tell, Escalate: [{After: 4s, Action: Tell}, {After: 8s, Action: Tell}]}\n  Mark: {Interval: 0}",
    );
    host.set_down(&["Db"]);
    host.force("Db");
    until("the problem and both escalations", || {
        host.hand.advance(Duration::from_secs(1));
        host.lines("told") == ["Db ERROR hard"; 3]
    })
    .await;
    host.set_up(&["Db"]);
    host.force("Db");
    until("the recovery", || host.lines("told").contains(&"Db OK hard".to_owned())).await;
    let recoveries = host.told().await.into_iter().filter(|line| line == "Db OK hard").count();
    assert_eq!(recoveries, 1);
}

/// The window begins while calls are collected.
#[tokio::test]
async fn what_is_held_when_its_call_is_made_is_not_told() {
    let host = host(
        "  Db: {Action: Collect, Interval: 9h, Maintenance: {Cron: '1 10 30 11 *', Duration: 1h, Timezone: UTC}}\n  \
         Web: {Action: Collect, Interval: 9h}\n  Mark: {Interval: 0}",
    );
    host.hand.advance(Duration::from_secs(45));
    host.set_down(&["Db"]);
    host.force("Db");
    host.results("Db", 1).await;
    host.set_down(&["Web"]);
    host.force("Web");
    host.results("Web", 1).await;
    until("the call about Web", || {
        host.hand.advance(Duration::from_secs(1));
        !host.lines("told").is_empty()
    })
    .await;
    let lines = || host.manager.alert_lines(&host.plugin("Db"));
    assert_eq!(lines(), ["actions are held: maintenance"], "it was not told");
    host.hand.advance(HOUR);
    until("the call about Db", || {
        host.hand.advance(Duration::from_secs(1));
        host.lines("told") == ["problem"; 2]
    })
    .await;
}

/// The steps stand in any order.
#[tokio::test]
async fn a_recovery_is_told_by_the_step_that_was_told_of_the_problem() {
    let host =
        host("  Db: {Interval: 0, Action: Each, Escalate: [{After: 60s, Action: Tell}, {After: 3s, Action: Tell}]}\n");
    host.set_down(&["Db"]);
    host.force("Db");
    let told = |line: &str| host.lines("told").iter().filter(|told| *told == line).count();
    host.results("Db", 1).await;
    host.hand.advance(Duration::from_secs(4));
    until("the escalation", || told("Db ERROR hard") == 1).await;
    host.set_up(&["Db"]);
    host.force("Db");
    until("the recovery", || told("Db OK hard") == 1).await;
    // Both were told: the recovery is told once.
    host.set_down(&["Db"]);
    host.force("Db");
    host.results("Db", 3).await;
    host.hand.advance(Duration::from_secs(4));
    until("the escalation", || told("Db ERROR hard") == 2).await;
    host.hand.advance(Duration::from_secs(60));
    until("the next step", || told("Db ERROR hard") == 3).await;
    host.set_up(&["Db"]);
    host.force("Db");
    until("the recovery", || told("Db OK hard") == 2).await;
    let lines = || host.manager.alert_lines(&host.plugin("Db"));
    until("both steps to be done", || lines().iter().filter(|line| line.contains("told OK")).count() == 2).await;
    assert_eq!(told("Db OK hard"), 2);
}

#[tokio::test]
async fn an_action_of_each_result_that_fails_is_called_once() {
    let host = host("  Db: {Interval: 9h}\n  App: {Interval: 0, DependsOn: Db, Action: Each}\n  Mark: {Interval: 0}");
    host.set_down(&["App", "refuse"]);
    host.force("App");
    let lines = || host.manager.alert_lines(&host.plugin("App"));
    until("the call to be over", || lines().iter().any(|line| line.contains("told ERROR"))).await;
    host.hand.advance(Duration::from_secs(600));
    assert_eq!(host.told().await, ["App ERROR result"]);
}

/// Most interfaces answer in JSON, as `Fail` does.
#[tokio::test]
async fn a_command_that_ends_well_has_told_whatever_it_prints() {
    let host = host("  App: {Interval: 0, Action: Fail}\n  Mark: {Interval: 0}");
    host.set_down(&["App"]);
    host.force("App");
    let lines = || host.manager.alert_lines(&host.plugin("App"));
    until("the call to be over", || lines().iter().any(|line| line.contains("told ERROR"))).await;
    host.hand.advance(Duration::from_secs(600));
    assert_eq!(host.told().await, ["App ERROR problem"]);
}
