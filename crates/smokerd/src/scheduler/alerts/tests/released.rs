//! What was held or skipped because of a plugin, and is so no more.

use std::time::Duration;

use super::{HOUR, Host, MARK, host, until};

impl Host {
    /// Waits until the runs of a plugin are skipped, or not any more.
    async fn skipped(&self, name: &str, is_skipped: bool) {
        let shown = || self.manager.state().plugin_now(&name.into()).is_some_and(|now| now.skipped.is_some());
        until(&format!("{name} to be skipped: {is_skipped}"), || shown() == is_skipped).await;
    }

    async fn told_line(&self, line: &str) {
        until(line, || self.lines("told").iter().any(|told| told == line)).await;
    }
}

#[tokio::test]
async fn a_reload_that_takes_a_bad_parent_away_releases_what_it_held() {
    let job = "  Job: {Interval: 1h, DependsOn: Db}\n";
    let host = host(&format!("{MARK}{job}  Db: {{Interval: 0}}\n"));
    host.set_down(&["Db", "Job"]);
    host.force("Db");
    host.told_line("Db ERROR hard").await;
    host.hand.advance(HOUR);
    host.skipped("Job", true).await;
    host.force("Job");
    host.results("Job", 1).await;
    assert_eq!(host.told().await, ["Db ERROR hard"]);
    // Job itself is unchanged.
    host.load(&format!("{MARK}{job}"));
    host.results("Job", 2).await;
    host.told_line("Job ERROR hard").await;
    host.skipped("Job", false).await;
}

#[tokio::test]
async fn a_parent_that_gives_up_its_skipped_run_releases_its_children() {
    let host = host(
        "  Net: {Interval: 0}\n  Db: {DependsOn: Net, Only: 'Mon 08:00-11:30', Timezone: UTC}\n  \
         Job: {Interval: 80m, DependsOn: Db}\n",
    );
    host.set_down(&["Net", "Job"]);
    host.force("Net");
    host.told_line("Net ERROR hard").await;
    host.hand.advance(HOUR);
    host.skipped("Db", true).await;
    host.hand.advance(Duration::from_secs(20 * 60));
    host.skipped("Job", true).await;
    host.hand.advance(Duration::from_secs(20 * 60));
    host.set_up(&["Net"]);
    host.force("Net");
    host.told_line("Job ERROR hard").await;
    assert_eq!((host.runs("Db"), host.runs("Job")), (0, 1));
}

#[tokio::test]
async fn a_reload_that_withdraws_the_run_that_is_made_up_for_releases_what_waits_for_it() {
    let plugins = |interval: &str| {
        format!(
            "  Db: {{Interval: 0}}\n  App: {{Interval: {interval}, DependsOn: Db, SerialGroup: one}}\n  \
             Slow: {{Interval: 0, SerialGroup: one, Command: 'echo run >> Slow.runs; until test -e go; do sleep 0.01; done'}}\n"
        )
    };
    let host = host(&plugins("1h"));
    host.set_down(&["Db", "App"]);
    host.force("Db");
    host.told_line("Db ERROR hard").await;
    host.hand.advance(HOUR);
    host.skipped("App", true).await;
    host.force("Slow");
    until("Slow to run", || host.runs("Slow") == 1).await;
    host.set_up(&["Db"]);
    host.force("Db");
    // Its run waits for the turn of its group.
    host.skipped("App", false).await;
    host.load(&plugins("0"));
    host.force("App");
    host.set_down(&["go"]);
    host.told_line("App ERROR hard").await;
    assert_eq!(host.runs("App"), 1);
}

/// That it is well is true whatever the others are.
#[tokio::test]
async fn a_recovery_is_told_while_a_parent_is_bad() {
    let host = host(
        "  Db: {Interval: 9h}\n  Runs: {DependsOn: Db, OnParentBad: run}\n  Skips: {DependsOn: Db}\n  Each: {Interval: 0, DependsOn: Db, Action: Each}",
    );
    host.set_down(&["Runs", "Skips"]);
    host.hand.advance(HOUR);
    host.told_line("Runs ERROR hard").await;
    host.told_line("Skips ERROR hard").await;
    host.set_down(&["Db"]);
    host.force("Db");
    host.told_line("Db ERROR hard").await;
    host.set_up(&["Runs", "Skips"]);
    host.hand.advance(HOUR);
    host.told_line("Runs OK hard").await;
    host.skipped("Skips", true).await;
    host.force("Skips");
    host.told_line("Skips OK hard").await;
    host.force("Each");
    host.told_line("Each OK result").await;
}
