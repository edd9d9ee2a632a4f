//! What is told of plugins that depend on others, by a clock that the test moves.

mod held;
mod places;
mod receivers;
mod released;

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use smoker_config::spec::settings::ShowSecrets;
use smoker_model::status::Status;
use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use smoker_runner::runner::Runner;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::results::events::{Event, PluginCounts};
use crate::results::requester::Requester;
use crate::results::store::SharedState;
use crate::scheduler::alerts::told::{AlertKey, Told};
use crate::scheduler::clock::manual::ManualClock;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::plugin_set::Selection;
use crate::scheduler::slots::Slots;

const HOUR: Duration = Duration::from_secs(3600);

/// Plugins with a clock that stands, and the folder that their commands are in.
struct Host {
    manager: PluginManager,
    hand: ManualClock,
    folder: TempDir,
    stop: CancellationToken,
}

/// Plugins whose action writes into the file `told`. The others do, too; `Fail`, `Dump` and `Each` fail while there is a file `refuse`. Each `Command` is `down NAME`: it notes the run in `NAME.runs`, and is bad while
/// there is a file `NAME`.
fn host(plugins: &str) -> Host {
    prepared_host(plugins, |_| {})
}

/// The same, with what is to be done before calls are made.
fn prepared_host(plugins: &str, prepare: impl FnOnce(&PluginManager)) -> Host {
    let folder = tempfile::tempdir().expect("a folder");
    let python = PythonSettings::new(None, &[], Path::new("/"), Path::new("/"));
    let runner = Runner::new(Reaper::start(ContainmentLevel::prepare(None)).expect("a reaper"), python);
    let (hand, clock) = ManualClock::at("2026-11-30T10:00:00Z".parse().expect("a time"));
    let stop = CancellationToken::new();
    let (state, slots) = (SharedState::new(), Slots::new(NonZeroUsize::new(20)));
    let manager = PluginManager::with_clock(clock, runner, slots, state, stop.clone());
    fs::write(folder.path().join("down"), "echo run >> $1.runs\ntest ! -e $1\n").expect("writable");
    let host = Host { manager, hand, folder, stop };
    host.load(plugins);
    prepare(&host.manager);
    host.manager.watch_relations();
    host.manager.watch_alerts();
    host
}

/// What these plugins are, whose commands are in a folder.
fn prepared(plugins: &str, folder: &Path) -> Vec<PreparedPlugin> {
    let text = format!(
        "actions:\n  Tell: {{Command: 'echo \"$SMOKER_PLUGIN $SMOKER_STATUS $SMOKER_STATE\" >> told', ActionOn: change}}\n  \
         Collect: {{Command: 'echo \"$SMOKER_EVENT\" >> told', ActionOn: change, ActionGroup: 30s}}\n  \
         Fail: {{Command: 'echo \"$SMOKER_PLUGIN $SMOKER_STATUS $SMOKER_EVENT\" >> told; echo \"[1]\"; test ! -e refuse', ActionOn: change}}\n  \
         Dump: {{Command: 'cat >> told; echo >> told; test ! -e refuse', Stdin: json, ActionOn: change}}\n  \
         Each: {{Command: 'echo \"$SMOKER_PLUGIN $SMOKER_STATUS $SMOKER_EVENT\" >> told; test ! -e refuse'}}\n\
         templates: {{BasePlugin: {{Interval: 1h, Splay: 0, Timeout: 30, Action: Tell, Command: 'sh ./down $SMOKER_PLUGIN'}}}}\n\
         plugins:\n{plugins}\n"
    );
    let text = text.replace("{DIR}", &folder.display().to_string());
    fs::write(folder.join("smokerd.yaml"), text).expect("writable");
    let specs = smoker_config::config::load(&folder.join("smokerd.yaml"), |_| None).expect("valid").plugins;
    let prepared = specs.into_iter().map(|mut spec| {
        let folder = Some(folder.to_owned());
        spec.invocation.process.work_dir.clone_from(&folder);
        for action in &mut spec.actions {
            if let Some(invocation) = &mut action.invocation {
                invocation.process.work_dir.clone_from(&folder);
            }
        }
        PreparedPlugin::new(Arc::new(spec))
    });
    prepared.collect()
}

impl Host {
    /// Replaces the plugins, as a reload does.
    fn load(&self, plugins: &str) {
        self.manager.replace_plugins(prepared(plugins, self.folder.path()), 1 << 20, ShowSecrets::Never);
        let (added, changed, removed, unchanged) = (0, 0, 0, 0);
        self.manager.state().announce(Event::Reloaded(PluginCounts { added, changed, removed, unchanged }));
    }

    fn set_down(&self, names: &[&str]) {
        for name in names {
            fs::write(self.folder.path().join(name), "").expect("writable");
        }
    }

    fn set_up(&self, names: &[&str]) {
        for name in names {
            fs::remove_file(self.folder.path().join(name)).expect("removable");
        }
    }

    fn lines(&self, file: &str) -> Vec<String> {
        let text = fs::read_to_string(self.folder.path().join(file)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    fn runs(&self, name: &str) -> usize {
        self.lines(&format!("{name}.runs")).len()
    }

    fn plugin(&self, name: &str) -> Arc<PreparedPlugin> {
        self.manager.set().prepared_of(&name.into()).expect("it is configured")
    }

    /// Waits until there are as many results of a plugin.
    async fn results(&self, name: &str, count: usize) {
        let kept = || self.manager.state().plugin(&name.into()).map_or(0, |(_, results)| results.len());
        until(&format!("{count} results of {name}"), || kept() >= count).await;
    }

    fn force(&self, name: &str) {
        let selection = Selection { names: vec![name.to_owned()], ..Selection::default() };
        let requester = Requester {
            address: std::net::IpAddr::from([127, 0, 0, 1]).into(),
            name: "127.0.0.1:4242".into(),
            identity: None,
            limits: None,
            is_local_administrator: false,
        };
        self.manager.force(&selection, &requester).expect("it is configured");
    }

    /// Has a plugin told that depends on nothing, and gives what was told before.
    async fn told(&self) -> Vec<String> {
        self.set_down(&["Mark"]);
        self.force("Mark");
        until("the mark", || self.lines("told").iter().any(|line| line.starts_with("Mark "))).await;
        self.lines("told").into_iter().filter(|line| !line.starts_with("Mark ")).collect()
    }
}

async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let wait = async {
        while !is_true() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), wait).await.unwrap_or_else(|_| panic!("waited for {what}"));
}

const MARK: &str = "  Mark: {Interval: 0}\n";

#[tokio::test]
async fn a_parent_is_looked_at_once_before_its_children_are_told_of() {
    let children = (0..12).map(|at| format!("  App{at}: {{DependsOn: Db}}\n")).collect::<Vec<_>>().concat();
    let host = host(&format!("{MARK}  Db: {{Interval: 9h}}\n{children}"));
    let names: Vec<_> = (0..12).map(|at| format!("App{at}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    host.set_down(&names);
    host.set_down(&["Db"]);
    host.hand.advance(HOUR + Duration::from_secs(1));
    for name in &names {
        host.results(name, 1).await;
    }
    until("the cause", || host.lines("told") == ["Db ERROR hard"]).await;
    assert_eq!(host.runs("Db"), 1, "once for all of them");

    // They are skipped now, and owe a run.
    host.hand.advance(HOUR);
    let is_skipped = |name: &str| host.manager.state().held_back(&name.into()).is_some();
    until("all to be skipped", || names.iter().all(|name| is_skipped(name))).await;
    host.set_up(&names[1..]);
    host.set_up(&["Db"]);
    host.force("Db");
    until("what is still bad to be told", || host.lines("told").iter().any(|line| line == "App0 ERROR hard")).await;
    until("the recovery", || host.lines("told").iter().any(|line| line == "Db OK hard")).await;
    for name in &names {
        host.results(name, 2).await;
    }
    assert_eq!(host.told().await.len(), 3, "{:?}", host.lines("told"));
}

#[tokio::test]
async fn a_plugin_whose_parents_are_well_is_told_of_when_they_were_looked_at() {
    let host = host(&format!(
        "{MARK}  Net: {{Interval: 9h}}\n  Db: {{Interval: 9h, DependsOn: Net}}\n  App: {{DependsOn: [Db, Net]}}"
    ));
    host.set_down(&["App"]);
    host.hand.advance(HOUR + Duration::from_secs(1));
    until("App to be told", || host.lines("told") == ["App ERROR hard"]).await;
    assert_eq!((host.runs("Net"), host.runs("Db"), host.runs("App")), (1, 1, 1));
    host.set_up(&["App"]);
    host.hand.advance(HOUR);
    until("the recovery", || host.lines("told") == ["App ERROR hard", "App OK hard"]).await;
    assert_eq!((host.runs("Net"), host.runs("Db"), host.runs("App")), (1, 1, 2), "nobody asks for them");
}

/// A consequence of a consequence is none of its own, also where the one between shows nothing, or is being retried.
#[tokio::test]
async fn nobody_is_told_of_what_a_cause_far_away_may_have_done() {
    let host = host(&format!(
        "{MARK}  Net: {{Interval: 9h, Retries: 3, RetryInterval: 8h}}\n  Db: {{Interval: 9h, DependsOn: Net, OnParentBad: run}}\n  \
         Cache: {{Interval: 9h, DependsOn: Net}}\n  App: {{DependsOn: [Db, Cache], OnParentBad: run}}"
    ));
    host.set_down(&["Net", "Db", "App"]);
    host.hand.advance(HOUR + Duration::from_secs(1));
    host.results("Net", 1).await;
    host.results("App", 1).await;
    host.results("Db", 1).await;
    assert_eq!(host.told().await, [""; 0], "soft results are told to nobody");
    let explained = host.manager.alert_lines(&host.plugin("Db"));
    assert!(explained[0].starts_with("actions are held: Net is ERROR since "), "{explained:?}");
    assert!(explained[0].ends_with(", being retried"), "{explained:?}");

    // App is looked at again when Net is well, and told of then.
    host.set_up(&["Net", "Db"]);
    host.force("Net");
    until("App to be told", || host.lines("told").iter().any(|line| line == "App ERROR hard")).await;
    assert!(host.runs("App") >= 2);
}

#[tokio::test]
async fn a_consequence_that_is_over_is_not_told_although_no_run_was_skipped() {
    let host = host(&format!("{MARK}  Db: {{Interval: 9h}}\n  App: {{DependsOn: Db}}"));
    host.set_down(&["Db", "App"]);
    host.hand.advance(HOUR + Duration::from_secs(1));
    until("the cause", || host.lines("told") == ["Db ERROR hard"]).await;
    host.set_up(&["Db", "App"]);
    host.force("Db");
    host.results("App", 2).await;
    let newest = host.manager.state().plugin(&"App".into()).and_then(|(_, results)| Some(results.last()?.unpack()));
    assert!(newest.is_some_and(|text| text.contains("\"OK\"")));
    until("the recovery", || host.lines("told").iter().any(|line| line == "Db OK hard")).await;
    assert_eq!(host.told().await, ["Db ERROR hard", "Db OK hard"]);
}

/// Plugins that run at times of day, or when something happens, may be jobs.
#[tokio::test]
async fn a_parent_without_interval_or_out_of_its_hours_is_not_run() {
    let host = host(
        "  Event: {Interval: 0}\n  Job: {Interval: 0, At: '02:30'}\n  Office: {Interval: 9h, Only: Sat, Timezone: UTC}\n  \
         Window: {Interval: 9h, Maintenance: {Cron: '0 6 30 11 *', Duration: 30m, Timezone: UTC}}\n  \
         App: {DependsOn: [Event, Job, Office, Window]}",
    );
    host.set_down(&["App"]);
    host.hand.advance(HOUR + Duration::from_secs(1));
    until("App to be told", || host.lines("told") == ["App ERROR hard"]).await;
    assert_eq!(["Event", "Job", "Office", "Window"].map(|name| host.runs(name)), [0, 0, 0, 1]);
}

#[tokio::test]
async fn what_fails_while_a_parent_is_in_maintenance_is_told_when_that_ends() {
    let host = host(&format!(
        "{MARK}  Locked: {{Interval: 9h, MaintenanceLock: '{{DIR}}/lock'}}\n  \
         Window: {{Interval: 9h, Maintenance: {{Cron: '30 10 30 11 *', Duration: 1h, Timezone: UTC}}}}\n  \
         App: {{DependsOn: Locked}}\n  Web: {{DependsOn: Window}}"
    ));
    host.set_down(&["lock", "App", "Web"]);
    host.hand.advance(HOUR + Duration::from_secs(1));
    host.results("Locked", 1).await;
    host.results("App", 1).await;
    host.results("Web", 1).await;
    assert_eq!(host.told().await, [""; 0]);
    let held = |name: &str| host.manager.alert_lines(&host.plugin(name));
    assert_eq!(held("App"), ["actions are held: Locked is in maintenance"]);
    assert_eq!(held("Web"), ["actions are held: Window is in maintenance"]);
    host.set_up(&["lock"]);
    host.force("Locked");
    until("App to be told", || host.lines("told").iter().any(|line| line == "App ERROR hard")).await;
    host.hand.advance(HOUR / 2);
    until("Web to be told", || host.lines("told").iter().any(|line| line == "Web ERROR hard")).await;
    assert_eq!(host.runs("Window"), 1, "it is looked at when its window is over");
}

#[tokio::test]
async fn what_was_told_of_plugins_that_went_while_the_daemon_was_down_is_forgotten() {
    let key = |plugin: &str| AlertKey { plugin: plugin.into(), action: "Tell".to_owned() };
    let host = prepared_host("  App: {}", |manager| {
        let told = Told { status: Status::Error, sequence: 1, at: Utc::now(), bad_since: None };
        for name in ["App", "Gone", "Broken"] {
            manager.notification_log().confirm(key(name), told.clone());
        }
        manager.set_not_loaded(vec!["Broken".into()]);
    });
    let is_known = |name: &str| host.manager.notification_log().delivery(&key(name)).confirmed.is_some();
    until("it to be forgotten", || !is_known("Gone")).await;
    assert_eq!(["App", "Broken"].map(is_known), [true; 2], "one that is broken comes back");
}

/// Its lock is there, so no run of it shows how it is: one is enough.
#[tokio::test]
async fn a_plugin_in_maintenance_runs_on_demand_once() {
    let host =
        host(&format!("{MARK}  Db: {{Interval: 9h}}\n  App: {{DependsOn: Db, MaintenanceLock: '{{DIR}}/lock'}}"));
    host.set_down(&["Db", "App"]);
    host.hand.advance(HOUR + Duration::from_secs(1));
    until("the cause", || host.lines("told") == ["Db ERROR hard"]).await;
    host.set_down(&["lock"]);
    host.set_up(&["Db"]);
    host.force("Db");
    host.results("App", 2).await;
    let marks = || host.lines("told").iter().filter(|line| line.starts_with("Mark ")).count();
    for round in 0..3 {
        host.force("Db");
        host.results("Db", round + 3).await;
        host.set_down(&["Mark"]);
        host.force("Mark");
        until("the mark", || marks() == 2 * round + 1).await;
        host.set_up(&["Mark"]);
        host.force("Mark");
        until("the end of the mark", || marks() == 2 * round + 2).await;
    }
    let (_, results) = host.manager.state().plugin(&"App".into()).expect("configured");
    assert_eq!(results.len(), 2);
    assert_eq!(host.manager.alert_lines(&host.plugin("App")), ["actions are held: it is in maintenance"]);

    // The next run of its schedule shows it.
    host.set_up(&["lock"]);
    host.hand.advance(HOUR);
    until("App to be told", || host.lines("told").iter().any(|line| line == "App ERROR hard")).await;
}

#[tokio::test]
async fn a_parent_that_hangs_is_not_waited_for_without_end() {
    let host = host(
        "  Db: {Interval: 9h, Command: 'echo run >> Db.runs; sleep 600', Timeout: 600}\n  App: {DependsOn: Db}\n  Other: {Interval: 2h, DependsOn: Db}",
    );
    host.set_down(&["App", "Other"]);
    host.hand.advance(HOUR + Duration::from_secs(1));
    host.results("App", 1).await;
    until("Db to run", || host.runs("Db") == 1).await;
    let held = || host.manager.alert_lines(&host.plugin("App"));
    assert_eq!(held(), ["actions are held: it may be the fault of another plugin, which a run of Db shows"]);
    // The checks go on meanwhile.
    host.force("App");
    host.results("App", 2).await;
    assert_eq!(host.lines("told"), [""; 0]);
    host.hand.advance(Duration::from_secs(650));
    assert_eq!(host.lines("told"), [""; 0]);
    host.hand.advance(Duration::from_secs(20));
    until("App to be told", || host.lines("told") == ["App ERROR hard"]).await;
    host.hand.advance(HOUR);
    until("Other to be told", || host.lines("told").contains(&"Other ERROR hard".to_owned())).await;
    host.stop.cancel();
    host.manager.ended().await;
}

/// An action that follows each result waits, too: the run does not.
#[tokio::test]
async fn an_action_of_each_result_follows_when_the_parent_is_known() {
    let host = host("  Db: {Interval: 9h}\n  App: {Interval: 0, DependsOn: Db, Action: Each}");
    host.set_down(&["App", "Db"]);
    host.force("App");
    until("Db to be told", || host.lines("told") == ["Db ERROR hard"]).await;
    let (_, results) = host.manager.state().plugin(&"App".into()).expect("configured");
    assert!(results[0].unpack().contains("\"action\": null"), "{}", results[0].unpack());
    host.set_up(&["Db"]);
    host.force("Db");
    until("App to be told", || host.lines("told").contains(&"App ERROR result".to_owned())).await;
    // From now on each result has it at once.
    host.force("App");
    host.results("App", 2).await;
    let (_, results) = host.manager.state().plugin(&"App".into()).expect("configured");
    assert!(results[1].unpack().contains("\"action\": {"), "{}", results[1].unpack());
    let of_app = host.lines("told").into_iter().filter(|line| line.starts_with("App ")).count();
    assert_eq!(of_app, 2);
}

#[tokio::test]
async fn calls_about_several_are_collected_when_their_parent_is_known() {
    let group = "{Action: Collect, DependsOn: Db}";
    let host = host(&format!("  Db: {{Interval: 9h}}\n  A: {group}\n  B: {group}\n  C: {group}"));
    host.set_down(&["A", "B", "C"]);
    host.hand.advance(HOUR + Duration::from_secs(1));
    for name in ["A", "B", "C"] {
        host.results(name, 1).await;
    }
    let lines = |name: &str| host.manager.alert_lines(&host.plugin(name));
    let waits = |name: &str| lines(name).iter().any(|line| line.starts_with("actions are held"));
    until("their parent to be known", || !["A", "B", "C"].iter().any(|name| waits(name))).await;
    until("the call", || {
        host.hand.advance(Duration::from_secs(1));
        !host.lines("told").is_empty()
    })
    .await;
    assert_eq!(host.lines("told"), ["problem"]);
}
