//! Calls that are held because nothing checks what they would tell.

use std::time::Duration;

use super::{HOUR, MARK, host, until};

const MINUTE: Duration = Duration::from_secs(60);

/// No run sees the lock: it is looked for when calls are to be made.
#[tokio::test]
async fn nothing_is_told_again_while_there_is_a_maintenance_lock() {
    let host = host(&format!(
        "{MARK}  Db: {{Interval: 0, Action: Fail, Repeat: 4s, Escalate: {{After: 8s, Action: Tell}}, MaintenanceLock: '{{DIR}}/lock'}}"
    ));
    host.set_down(&["Db"]);
    host.force("Db");
    until("the problem", || host.lines("told") == ["Db ERROR problem"]).await;
    host.set_down(&["lock"]);
    host.hand.advance(Duration::from_secs(5));
    let lines = || host.manager.alert_lines(&host.plugin("Db"));
    let held = format!("actions are held: it is in maintenance: {}/lock exists", host.folder.path().display());
    until("the repetition to be held", || lines().contains(&held)).await;
    host.hand.advance(Duration::from_secs(60));
    until("both to be held", || lines().contains(&held)).await;
    assert_eq!(host.told().await, ["Db ERROR problem"]);

    host.set_up(&["lock"]);
    until("what is still true", || {
        host.hand.advance(Duration::from_secs(1));
        let told = host.lines("told");
        ["Db ERROR repeat", "Db ERROR hard"].iter().all(|line| told.iter().any(|told| told == line))
    })
    .await;
}

/// A result that shows maintenance holds calls until the next one, where there is a next one.
#[tokio::test]
async fn what_a_run_in_maintenance_has_not_checked_is_told_behind_the_next_one() {
    let host =
        host(&format!("{MARK}  Db: {{Interval: 9h, Action: Fail, Repeat: 4s, MaintenanceLock: '{{DIR}}/lock'}}"));
    host.set_down(&["Db"]);
    host.force("Db");
    until("the problem", || host.lines("told") == ["Db ERROR problem"]).await;
    host.set_down(&["lock"]);
    host.force("Db");
    host.results("Db", 2).await;
    host.set_up(&["lock"]);
    host.hand.advance(MINUTE);
    assert_eq!(host.told().await, ["Db ERROR problem"]);
    assert_eq!(host.manager.alert_lines(&host.plugin("Db"))[0], "actions are held: it is in maintenance");
    host.set_up(&["Db"]);
    host.force("Db");
    until("the recovery", || host.lines("told").contains(&"Db OK recovery".to_owned())).await;
    assert_eq!(host.told().await, ["Db ERROR problem", "Db OK recovery"]);
}

#[tokio::test]
async fn nothing_is_told_again_outside_of_only() {
    let host = host(&format!(
        "{MARK}  Db: {{Interval: 9h, Only: '09:00-11:00', Timezone: UTC, Action: Fail, Repeat: 30m, Escalate: {{After: 90m, Action: Tell}}}}"
    ));
    host.set_down(&["Db"]);
    host.force("Db");
    until("the problem", || host.lines("told") == ["Db ERROR problem"]).await;
    host.hand.advance(31 * MINUTE);
    until("the repetition", || host.lines("told") == ["Db ERROR problem", "Db ERROR repeat"]).await;
    host.hand.advance(32 * MINUTE);
    let lines = || host.manager.alert_lines(&host.plugin("Db"));
    let is_held = || lines().iter().any(|line| line.starts_with("actions are held: it is outside of Only"));
    until("the next one to be held", is_held).await;
    host.hand.advance(HOUR);
    until("the escalation to be held", is_held).await;
    assert_eq!(host.told().await, ["Db ERROR problem", "Db ERROR repeat"]);

    // 09:00 of the next day.
    host.hand.advance(21 * HOUR);
    until("what is still true", || {
        let told = host.lines("told");
        told.contains(&"Db ERROR hard".to_owned()) && told.iter().filter(|line| *line == "Db ERROR repeat").count() == 2
    })
    .await;
}

/// What a client has checked outside of the hours is told.
#[tokio::test]
async fn what_is_new_is_told_outside_of_only() {
    let host = host("  Db: {Interval: 9h, Only: '09:00-11:00', Timezone: UTC, Action: Fail}");
    host.set_down(&["Db", "refuse"]);
    host.force("Db");
    until("the problem", || host.lines("told") == ["Db ERROR problem"]).await;
    host.hand.advance(2 * HOUR);
    until("it again", || {
        host.hand.advance(Duration::from_secs(1));
        host.lines("told").len() > 1
    })
    .await;
    host.set_up(&["Db", "refuse"]);
    host.force("Db");
    until("the recovery", || {
        host.hand.advance(Duration::from_secs(1));
        host.lines("told").contains(&"Db OK recovery".to_owned())
    })
    .await;
}

/// The machine's clock is in no such window.
#[tokio::test]
async fn runs_are_in_maintenance_by_the_clock_of_the_scheduler() {
    let host = host("  Window: {Interval: 9h, Maintenance: {Cron: '30 9 30 11 *', Duration: 1h, Timezone: UTC}}");
    host.force("Window");
    host.results("Window", 1).await;
    let newest = host.manager.state().plugin(&"Window".into()).and_then(|(_, results)| Some(results.last()?.unpack()));
    let told = "Skipped because of maintenance in progress, until 2026-11-30T";
    assert!(newest.as_ref().is_some_and(|text| text.contains(told)), "{newest:?}");
    host.hand.advance(HOUR);
    host.force("Window");
    host.results("Window", 2).await;
    assert_eq!(host.runs("Window"), 1);
}
