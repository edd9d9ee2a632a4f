//! Actions that follow changes: each change is told once, whatever fails, and no check waits for it.

use std::fs;

use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::receiver::Receiver;
use smoker_tests::wait;

fn lines(daemon: &Daemon, file: &str) -> Vec<String> {
    let text = fs::read_to_string(daemon.path(file)).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_change_is_told_once_whatever_fails_meanwhile() {
    let mut config = Config::new()
        .top("state_dir: {{DIR}}/state")
        .action(
            "Tell",
            "Command: test -e {{DIR}}/up && echo \"$SMOKER_EVENT $SMOKER_PREVIOUS_STATUS $SMOKER_STATUS $SMOKER_STATE\" >> {{DIR}}/told\n\
             ActionOn: change",
        )
        .action("Hang", "Command: sleep 600\nTimeout: 600\nActionOn: change")
        .plugin("Web", "Command: test -e {{DIR}}/web || { echo down; exit 1; }\nInterval: 0.2\nSplay: 0\nActions: [Tell]")
        .plugin("Fine", "Command: 'true'\nInterval: 0.2\nSplay: 0\nAction: Tell")
        .plugin("Hanging", "Command: exit 1\nInterval: 0.2\nSplay: 0\nAction: Hang");
    // A receiver that does not answer keeps nobody else from being told, however many call it.
    for at in 0..10 {
        config = config.plugin(&format!("Also{at}"), "Command: exit 1\nKind: also\nAction: Hang");
    }
    let mut daemon = Daemon::start(config);
    let _ = daemon.force_with(&json!({"process": {"filter": {"Kind": "also"}}}));
    wait::until_true("the receiver to be down", || {
        daemon.log().contains("Plugin Web: action Tell (problem: ERROR) failed: ")
            && daemon.log().contains("it is tried again in 5 s")
    });
    // The action hangs, and the check goes on.
    let _ = daemon.wait_for_results("Hanging", 4);

    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    fs::write(daemon.path("up"), "").expect("writable");
    daemon.try_start().expect("it starts again");
    wait::until_true("the call of before", || !lines(&daemon, "told").is_empty());
    fs::write(daemon.path("web"), "").expect("writable");
    wait::until_true("the recovery", || lines(&daemon, "told").len() > 1);
    assert_eq!(lines(&daemon, "told"), ["problem  ERROR hard", "recovery ERROR OK hard"]);
    wait::until_true("the file to have it", || {
        let text = fs::read_to_string(daemon.path("state/told")).unwrap_or_default();
        text.lines().any(|line| line.contains("\"Web\"") && line.contains("\"OK\"") && !line.contains("unconfirmed"))
    });

    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    daemon.try_start().expect("it starts again");
    let before = daemon.results("Web").len();
    let _ = daemon.wait_for_results("Web", before.min(8) + 2);
    fs::remove_file(daemon.path("web")).expect("removable");
    wait::until_true("the next problem", || lines(&daemon, "told").len() > 2);
    assert_eq!(lines(&daemon, "told")[2..], ["problem OK ERROR hard"]);
    let result = daemon.plugin("Web")["plugin"]["lastResult"]["action"].clone();
    assert!(result.is_null(), "{result}");
}

#[test]
fn calls_about_many_plugins_are_one_and_those_about_one_come_again() {
    let receiver = Receiver::start(true);
    let hook = format!(
        "Module: smoker.actions.webhook\nUrl: http://{}/\nActionOn: change\nActionGroup: 12s",
        receiver.address()
    );
    let mut config = Config::new()
        .action("Hook", &hook)
        .action("Collect", "Command: cat > {{DIR}}/call.$$\nStdin: json\nActionOn: change\nActionGroup: 12s")
        .action(
            "Again",
            "Command: echo \"$SMOKER_EVENT $SMOKER_BAD_SECONDS\" >> {{DIR}}/again\nActionOn: change\nRepeat: 1s",
        )
        .action("Page", "Command: echo $SMOKER_EVENT >> {{DIR}}/page")
        .base("ActionOn: problem")
        .plugin("Db", "Command: echo down; exit 1\nAction: Again\nEscalate: {After: 1s, Action: Page}");
    for at in 0..1000 {
        config = config.plugin(&format!("P{at:03}"), "Command: 'false'\nKind: many\nActions: [Collect, Hook]");
    }
    let daemon = Daemon::start(config);
    let _ = daemon.force_with(&json!({"process": {"filter": {"Kind": "many"}}}));
    assert_eq!(daemon.run("Db").status(), "ERROR");
    wait::until_true("repetitions and an escalation", || {
        lines(&daemon, "again").len() > 2 && !lines(&daemon, "page").is_empty()
    });
    let again = lines(&daemon, "again");
    assert!(again[0].starts_with("problem ") && again[1..].iter().all(|line| line.starts_with("repeat ")), "{again:?}");
    assert_eq!(lines(&daemon, "page"), ["escalation"]);

    let calls = || -> Vec<Json> {
        let files = fs::read_dir(daemon.path("")).expect("a folder").filter_map(|entry| Some(entry.ok()?.path()));
        let files =
            files.filter(|path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"call.")));
        files.filter_map(|path| serde_json::from_str(&fs::read_to_string(path).ok()?).ok()).collect()
    };
    wait::until_true("the collected call", || !calls().is_empty());
    let calls = calls();
    let [call] = calls.as_slice() else { panic!("{} calls", calls.len()) };
    assert_eq!((&call["count"], &call["status"], &call["event"]), (&json!(1000), &json!("ERROR"), &json!("problem")));
    assert_eq!(call["plugins"].as_array().map(Vec::len), Some(20));
    let messages = call["messages"]["error"].as_array().expect("messages");
    assert_eq!((messages.len(), &messages[20]), (21, &json!("and 980 more plugins")));
    let posted = receiver.next().body;
    assert_eq!((&posted["count"], posted["plugins"].as_array().map(Vec::len)), (&json!(1000), Some(20)));
    let text = posted["text"].as_str().expect("a text");
    assert!(text.starts_with("1000 plugins on ") && text.ends_with("\nand 980 more"), "{text}");
    assert!(receiver.has_no_more());
}

/// It is not gone: what its actions were told is kept.
#[test]
fn a_plugin_that_does_not_load_for_a_while_is_told_of_as_before() {
    let config = |more: &str| {
        let web = format!("Command: test -e {{{{DIR}}}}/web\nInterval: 0.2\nSplay: 0\nAction: Tell{more}");
        Config::new()
            .action("Tell", "Command: echo \"$SMOKER_PLUGIN $SMOKER_EVENT\" >> {{DIR}}/told\nActionOn: change")
            .plugin("Web", &web)
            .plugin("Other", "Command: 'true'")
    };
    let daemon = Daemon::start(config(""));
    wait::until_true("the problem", || !lines(&daemon, "told").is_empty());
    let _ = daemon.reload(&config("\nTimeout: 0"));
    wait::until_true("the plugin to be left out", || daemon.get("/plugins/Web").status == 404);
    fs::write(daemon.path("web"), "").expect("writable");
    let _ = daemon.reload(&config(""));
    wait::until_true("the recovery", || lines(&daemon, "told").len() > 1);
    assert_eq!(lines(&daemon, "told"), ["Web problem", "Web recovery"]);
}

/// What failed because of another plugin is looked at again before anybody is told.
#[test]
fn a_consequence_is_not_told_when_its_cause_is_well_again() {
    let change = "Command: echo \"$SMOKER_PLUGIN $SMOKER_STATUS\" >> {{DIR}}/told\nActionOn: change";
    let web = "Command: test ! -e {{DIR}}/broken && sleep 0.5\nInterval: 0.2\nSplay: 0\nDependsOn: [Db]\nAction: Tell";
    let config = Config::new()
        .action("Tell", change)
        .plugin("Db", "Command: test -e {{DIR}}/db\nAction: Tell")
        .plugin("Web", web);
    let daemon = Daemon::start(config);
    let _ = daemon.wait_for_results("Web", 1);
    assert_eq!(daemon.run("Db").status(), "ERROR");
    wait::until_true("runs to be skipped", || daemon.plugin("Web")["plugin"]["skipped"]["parent"] == "Db");
    fs::write(daemon.path("broken"), "").expect("writable");
    // A forced run is never skipped.
    assert_eq!(daemon.run("Web").status(), "ERROR");
    fs::remove_file(daemon.path("broken")).expect("removable");
    fs::write(daemon.path("db"), "").expect("writable");
    assert_eq!(daemon.run("Db").status(), "OK");
    wait::until_true("both to be well", || {
        let is_well = daemon.plugin("Web")["plugin"]["lastResult"]["status"] == "OK";
        is_well && lines(&daemon, "told").iter().any(|line| line == "Db OK")
    });
    assert_eq!(lines(&daemon, "told"), ["Db ERROR", "Db OK"]);
}

/// A plugin fails before the one that is the cause was looked at. That one hangs, the daemon is killed meanwhile, and in the
/// end each change is told once.
#[test]
fn the_cause_is_looked_at_before_its_consequence_is_told_whatever_happens_meanwhile() {
    let change = "Command: echo \"$SMOKER_PLUGIN $SMOKER_STATUS\" >> {{DIR}}/told\nActionOn: change";
    let db = "Command: echo run >> {{DIR}}/looks; while test -e {{DIR}}/hold; do sleep 0.05; done; test -e {{DIR}}/db\n\
              Interval: 600\nTimeout: 300\nAction: Tell";
    let config = Config::new()
        .top("state_dir: {{DIR}}/state")
        .file("hold", "")
        .action("Tell", change)
        .plugin("Db", db)
        .plugin("App", "Command: test -e {{DIR}}/app\nInterval: 0.2\nSplay: 0\nDependsOn: Db\nAction: Tell")
        .plugin("Web", "Command: test -e {{DIR}}/app\nInterval: 0.2\nSplay: 0\nDependsOn: App\nAction: Tell");
    let mut daemon = Daemon::start(config);
    let looks = |daemon: &Daemon| lines(daemon, "looks").len();
    wait::until_true("Db to be looked at", || looks(&daemon) == 1);
    // Neither a forced run nor the schedule waits.
    assert_eq!(daemon.run("App").status(), "ERROR");
    let _ = daemon.wait_for_results("App", 4);
    assert_eq!(lines(&daemon, "told"), [""; 0]);
    let explained = daemon.get("/plugins/App/explain").text();
    assert!(explained.contains("it may be the fault of another plugin, which a run of Db shows"), "{explained}");

    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    daemon.try_start().expect("it starts again");
    wait::until_true("Db to be looked at again", || looks(&daemon) == 2);
    assert_eq!(lines(&daemon, "told"), [""; 0]);
    fs::remove_file(daemon.path("hold")).expect("removable");
    wait::until_true("the cause to be told", || lines(&daemon, "told") == ["Db ERROR"]);
    let results = daemon.get("/plugins/Db/results?limit=5").json();
    let results = results["results"].as_array().cloned().unwrap_or_default();
    let is_for_app =
        |run: &Json| run["trigger"] == "on-demand" && (run["triggeredBy"] == "App" || run["triggeredBy"] == "Web");
    assert!(results.iter().any(is_for_app), "{results:?}");
    wait::until_true("App to be skipped", || daemon.plugin("App")["plugin"]["skipped"]["parent"] == "Db");

    // What is still bad when the cause is well is told, once.
    fs::write(daemon.path("db"), "").expect("writable");
    assert_eq!(daemon.run("Db").status(), "OK");
    let told = |daemon: &Daemon, line: &str| lines(daemon, "told").iter().any(|told| told == line);
    wait::until_true("App to be told", || told(&daemon, "App ERROR") && told(&daemon, "Db OK"));
    fs::write(daemon.path("app"), "").expect("writable");
    wait::until_true("Web to be well", || {
        told(&daemon, "App OK") && daemon.plugin("Web")["plugin"]["lastResult"]["status"] == "OK"
    });
    let mut all = lines(&daemon, "told");
    all.sort();
    assert_eq!(all, ["App ERROR", "App OK", "Db ERROR", "Db OK"]);
}

/// What was told is written as soon as that is possible again, also when nothing else happens, and at a stop.
#[test]
fn what_was_told_is_written_when_that_is_possible_again() {
    let config = Config::new()
        .top("state_dir: {{DIR}}/state")
        .action("Tell", "Command: echo \"$SMOKER_PLUGIN $SMOKER_EVENT\" >> {{DIR}}/told\nActionOn: change")
        .plugin("Web", "Command: exit 1\nAction: Tell")
        .plugin("Db", "Command: exit 1\nAction: Tell")
        .plugin("App", "Command: exit 1\nAction: Tell");
    let mut daemon = Daemon::start(config);
    let file = daemon.path("state/told");
    let has = |name: &str| fs::read_to_string(&file).is_ok_and(|text| text.contains(&format!("\"{name}\"")));
    // A folder in its place.
    fs::create_dir(&file).expect("a folder");
    assert_eq!(daemon.run("Web").status(), "ERROR");
    wait::until_true("the failure", || daemon.log().contains("after a crash some would be called once more"));
    wait::until_true("the call", || lines(&daemon, "told") == ["Web problem"]);
    fs::remove_dir(&file).expect("removed");
    wait::until_true("the file", || has("Web"));

    fs::remove_file(&file).expect("removed");
    fs::create_dir(&file).expect("a folder");
    assert_eq!(daemon.run("Db").status(), "ERROR");
    let failures = |daemon: &Daemon| daemon.log().matches("after a crash some would be called once more").count();
    wait::until_true("the next failure", || failures(&daemon) == 2);
    wait::until_true("the call", || lines(&daemon, "told").len() == 2);
    fs::remove_dir(&file).expect("removed");
    daemon.signal(Signal::SIGTERM);
    let _ = daemon.wait_for_exit();
    assert!(has("Web") && has("Db"), "{:?}", fs::read_to_string(&file));

    // What is lost is said.
    daemon.try_start().expect("it starts again");
    fs::remove_file(&file).expect("removed");
    fs::create_dir(&file).expect("a folder");
    assert_eq!(daemon.run("App").status(), "ERROR");
    wait::until_true("the call", || lines(&daemon, "told").iter().any(|line| line == "App problem"));
    daemon.signal(Signal::SIGTERM);
    let _ = daemon.wait_for_exit();
    let log = daemon.log();
    assert!(log.contains("the record of notifications could not be written before the end: "), "{log}");
}

/// Who was told that a plugin is bad is told of its end, whatever time the escalation has by then.
#[test]
fn an_escalation_whose_time_changes_is_told_of_the_end() {
    let config = |escalate: &str| {
        let web = format!("Command: test -e {{{{DIR}}}}/web\nInterval: 0.2\nSplay: 0{escalate}");
        Config::new()
            .action("Page", "Command: echo \"$SMOKER_PLUGIN $SMOKER_EVENT\" >> {{DIR}}/told")
            .plugin("Web", &web)
    };
    let daemon = Daemon::start(config("\nEscalate: {After: 0.5s, Action: Page}"));
    wait::until_true("the escalation", || lines(&daemon, "told") == ["Web escalation"]);
    let _ = daemon.reload(&config("\nEscalate: {After: 1h, Action: Page}"));
    fs::write(daemon.path("web"), "").expect("writable");
    wait::until_true("the recovery", || lines(&daemon, "told").len() > 1);
    assert_eq!(lines(&daemon, "told"), ["Web escalation", "Web recovery"]);

    // One that is not there any more is not told, which is said.
    fs::remove_file(daemon.path("web")).expect("removable");
    let _ = daemon.reload(&config("\nEscalate: {After: 0.5s, Action: Page}"));
    wait::until_true("the next escalation", || lines(&daemon, "told").len() > 2);
    let explained = || daemon.get("/plugins/Web/explain").text();
    wait::until_true("it to be known", || explained().contains("action Page, escalation 1: told ERROR at "));
    let _ = daemon.reload(&config(""));
    wait::until_true("a line in the log", || {
        daemon.log().contains("Plugin Web: it has no action Page, escalation 1 any more")
    });
    fs::write(daemon.path("web"), "").expect("writable");
    wait::until_true("it to be well", || daemon.plugin("Web")["plugin"]["lastResult"]["status"] == "OK");
    let _ = daemon.reload(&config("\nEscalate: {After: 0.5s, Action: Page}"));
    let results = daemon.results("Web").len();
    let _ = daemon.wait_for_results("Web", results.min(8) + 2);
    assert_eq!(lines(&daemon, "told").len(), 3, "nothing old comes back");
}

/// With its old result, which the journal has; what was told of it is forgotten.
#[test]
fn a_plugin_that_comes_back_is_not_told_of_by_its_old_result() {
    let config = |more: &str| {
        Config::new()
            .top("state_dir: {{DIR}}/state")
            .action("Tell", "Command: 'echo \"$SMOKER_PLUGIN $SMOKER_EVENT\" >> {{DIR}}/told'\nActionOn: change")
            .plugin("Db", &format!("Command: exit 1\nAction: Tell{more}"))
            .plugin("Mark", "Command: exit 1\nAction: Tell")
    };
    let daemon = Daemon::start(config(""));
    let _ = daemon.run("Db");
    wait::until_true("the problem", || lines(&daemon, "told") == ["Db problem"]);
    let _ = daemon.reload(&config("\nEnabled: false"));
    let _ = daemon.reload(&config(""));
    let _ = daemon.run("Mark");
    wait::until_true("the mark", || lines(&daemon, "told").iter().any(|line| line == "Mark problem"));
    assert_eq!(lines(&daemon, "told"), ["Db problem", "Mark problem"]);
}
