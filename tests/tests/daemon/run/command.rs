//! What becomes of one run of a command: its input, its environment, its
//! parameters as data, and what its end and its output say.

use serde_json::{Value as Json, json};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;

/// A script that appends its arguments to a file, each on a line of its own in brackets.
const SHOW: &str = "for word in \"$@\"; do printf '[%s]\\n' \"$word\"; done";

#[test]
fn stdin_json_gives_a_command_its_parameters() {
    let daemon = Daemon::start(Config::new().plugin(
        "reader",
        "Command: cat > {{DIR}}/input; echo read\nStdin: json\nGreeting: it's \"me\"\nPorts: [80, 443]\nDeep: {on: true}",
    ));
    daemon.run("reader").expect_ok(&["read"]);
    let input: Json = serde_json::from_str(&daemon.wait_for_file("input")).expect("one JSON object");
    assert_eq!(input["Greeting"], json!("it's \"me\""));
    assert_eq!(input["Ports"], json!([80, 443]));
    assert_eq!(input, daemon.plugin("reader")["plugin"]["parameters"], "the same object as on the wire");
}

#[test]
fn stdin_json_gives_an_action_parameters_and_result() {
    let config = Config::new()
        .action("note", "Command: cat > {{DIR}}/input; echo noted\nStdin: json")
        .plugin("broken", "Command: echo out of order >&2; false\nGreeting: hello\nAction: note");
    let daemon = Daemon::start(config);
    let outcome = daemon.run("broken");
    outcome.action().expect("the action ran").expect_ok(&["noted"]);
    let input: Json = serde_json::from_str(&daemon.wait_for_file("input")).expect("one JSON object");
    assert_eq!(input["Greeting"], json!("hello"));
    assert_eq!(input["status"], json!("ERROR"));
    assert_eq!(input["messages"], outcome.0["messages"]);
}

#[test]
fn an_action_has_parameters_of_its_own_and_a_plugin_may_have_several() {
    let config = Config::new()
        .action("Note", "Command: cat > {{DIR}}/input; echo %(Url)s \"$SMOKER_PARAM_URL\" %(Timeout)s %(Room)s\nUrl: it's $HOME\nroom: 7\nTimeout: 9\nStdin: json")
        .action("Fail", "Command: echo mail host unreachable >&2; exit 1")
        .action("Quiet", "Command: echo \"${SMOKER_PARAM_URL-none}\"")
        .plugin("one", "Command: echo well\nUrl: http://checked\nRoom: 5\nTimeout: 8\nAction: Note")
        .action("Ends", "Command: echo %(exitStatus)s %(signal)s %(perfdata)s")
        .plugin("killed", "Command: kill -9 $$\nAction: Ends")
        .plugin("all", "Command: echo well\nAction: [Quiet, Fail, Note]\nRoom: x");
    let daemon = Daemon::start(config);
    let one = daemon.run("one");
    one.action().expect("it ran").expect_ok(&["it's $HOME it's $HOME 8 5"]);
    assert_eq!(one.0.get("actions"), None);
    let input: Json = serde_json::from_str(&daemon.wait_for_file("input")).expect("one JSON object");
    assert_eq!((&input["Url"], &input["room"], &input["Room"]), (&json!("it's $HOME"), &json!(7), &json!(5)));
    // An action that asks for what the result does not have does not fail for that.
    daemon.run("killed").action().expect("it ran").expect_ok(&["None 9 None"]);

    let all = daemon.run("all");
    all.expect_ok(&["well"]);
    assert_eq!(all.action().expect("the one that failed").expect_error(), "mail host unreachable");
    let each: Vec<_> = all.0["actions"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|action| (&action["name"], &action["status"]))
        .collect();
    assert_eq!(
        each,
        [(&json!("Quiet"), &json!("OK")), (&json!("Fail"), &json!("ERROR")), (&json!("Note"), &json!("OK"))]
    );
    assert_eq!(all.0["actions"][0]["messages"]["info"], json!(["none"]));
    assert_eq!(all.0["actions"][2]["messages"]["info"], json!(["it's $HOME it's $HOME 15 x"]));
}

#[test]
fn a_command_may_leave_its_input_unread() {
    // More than any pipe holds.
    let large = "x".repeat(2_000_000);
    let config = Config::new()
        .plugin("deaf", &format!("Command: echo done\nStdin: json\nLarge: {large}"))
        .plugin("closed", &format!("Command: exec 0<&-; sleep 0.2; echo done\nStdin: json\nLarge: {large}"))
        .plugin("sip", &format!("Command: head -c 10 >/dev/null; echo done\nStdin: json\nLarge: {large}"));
    let daemon = Daemon::start(config);
    for name in ["deaf", "closed", "sip"] {
        daemon.run(name).expect_ok(&["done"]);
    }
}

#[test]
fn without_stdin_json_there_is_no_input() {
    let daemon = Daemon::start(Config::new().plugin("reader", "Command: cat; echo end\nGreeting: hello"));
    daemon.run("reader").expect_ok(&["end"]);
}

#[test]
fn parameters_are_in_the_environment() {
    let config = Config::new()
        .action("after", "Command: env | grep '^SMOKER_[A-Z]*=' | sort\nTimeout: 7")
        .plugin(
            "My check",
            "Command: env | grep '^SMOKER_[A-Z]*=' | sort; env | grep -E '^SMOKER_PARAM_(DEEP|FLAG|MANY|MOUNT|PORT|RATIO|TEXT)' | sort\n\
             Timeout: 5\nMount point: /var/lib\nRatio: 1.5\nPort-2: 80\nText: it's %% $HOME\nFlag: yes\nMany: [1]\nDeep: {a: b}\n\
             Action: after",
        );
    let outcome = Daemon::start(config).run("My check");
    outcome.expect_ok(&[
        "SMOKER_PLUGIN=My check",
        "SMOKER_TIMEOUT=5",
        "SMOKER_PARAM_FLAG=True",
        "SMOKER_PARAM_MOUNT_POINT=/var/lib",
        "SMOKER_PARAM_PORT_2=80",
        "SMOKER_PARAM_RATIO=1.5",
        "SMOKER_PARAM_TEXT=it's %% $HOME",
    ]);
    let action = outcome.action().expect("the action ran");
    let shown = action.info();
    let since = shown.iter().find(|line| line.starts_with("SMOKER_SINCE=")).expect("since when");
    action.expect_ok(&[
        "SMOKER_ATTEMPT=1",
        "SMOKER_COUNT=1",
        "SMOKER_EVENT=result",
        "SMOKER_MESSAGE=SMOKER_PLUGIN=My check",
        "SMOKER_PLUGIN=My check",
        since,
        "SMOKER_STATE=hard",
        "SMOKER_STATUS=OK",
        "SMOKER_TIMEOUT=7",
    ]);
}

#[test]
fn two_parameters_of_one_name_are_both_left_out_of_the_environment() {
    let config =
        Config::new().plugin("twins", "Command: env | grep -c '^SMOKER_PARAM_A_B='; true\na-b: 1\na_b: 2\nA.b: 3");
    let daemon = Daemon::start(config);
    daemon.run("twins").expect_ok(&["0"]);
    let log = daemon.log();
    let warning =
        log.lines().find(|line| line.contains("SMOKER_PARAM_A_B")).unwrap_or_else(|| panic!("no warning in\n{log}"));
    for name in ["a-b", "a_b", "A.b", "twins", "WARN"] {
        assert!(warning.contains(name), "{name} is missing in: {warning}");
    }
}

#[test]
fn parameters_that_do_not_fit_into_the_environment_are_left_out_and_reported() {
    let lines: Vec<_> = (0..40).map(|number| format!("P{number}: {}", "x".repeat(64 * 1024))).collect();
    let many = lines.join("\n");
    let daemon = Daemon::start(Config::new().plugin("many", &format!("Command: echo ${{#SMOKER_PARAM_P0}}\n{many}")));
    daemon.run("many").expect_ok(&["65536"]);
    assert!(daemon.log().contains("'P39' is left out of the environment"), "the log names the parameter");
}

#[test]
fn a_large_parameter_is_left_out_of_the_environment_and_reported() {
    let (large, small) = ("x".repeat(64 * 1024 + 1), "y".repeat(64 * 1024));
    let config = Config::new().plugin(
        "large",
        &format!("Command: echo ${{#SMOKER_PARAM_LARGE}} ${{#SMOKER_PARAM_SMALL}}\nLarge: {large}\nSmall: {small}"),
    );
    let daemon = Daemon::start(config);
    daemon.run("large").expect_ok(&["0 65536"]);
    assert!(daemon.log().contains("Large"), "the log names the parameter");
}

#[test]
fn a_command_that_the_kernel_cannot_take_says_what_to_do() {
    let large = "x".repeat(140_000);
    let daemon = Daemon::start(Config::new().plugin("large", &format!("Command: echo %(Large)s\nLarge: {large}")));
    let error = daemon.run("large").expect_error();
    assert!(error.contains("use Stdin: json"), "{error}");
}

#[test]
fn a_parameter_is_one_word_whatever_it_holds() {
    let hostile = [
        "'; touch {{DIR}}/pwned; '",
        "$(touch {{DIR}}/pwned)",
        "`touch {{DIR}}/pwned`",
        "\" && touch {{DIR}}/pwned \"",
        "a\nb; touch {{DIR}}/pwned",
        "~ * ? [a] {b,c} \\ $HOME ! # &",
        "-n",
        "",
        "%(Command)s %s %%",
        "ünï\u{1F6AC}cödé",
    ];
    for value in hostile {
        let config = Config::new().file("show", SHOW).plugin(
            "p",
            &format!(
                "Command: |-\n  sh {{{{DIR}}}}/show bare=%(V)s %(V)s \"in %(V)s double\" 'in %(V)s single' \"$(printf %%s %(V)s)\" > {{{{DIR}}}}/out\n\
                 V: {}",
                json!(value)
            ),
        );
        let daemon = Daemon::start(config);
        let outcome = daemon.run("p");
        assert_eq!(outcome.status(), "OK", "{value:?}: {}", outcome.0);
        let value = value.replace("{{DIR}}", daemon.path("").display().to_string().trim_end_matches('/'));
        let expected = format!("[bare={value}]\n[{value}]\n[in {value} double]\n[in {value} single]\n[{value}]\n");
        assert_eq!(daemon.wait_for_file("out"), expected);
        assert!(!daemon.path("pwned").exists(), "{value:?} was run");
    }
}

#[test]
fn a_place_without_a_safe_form_is_refused() {
    let config = Config::new()
        .plugin("backticks", "Command: echo `echo %(Name)s`\nName: x")
        .plugin("document", "Command: |-\n  cat <<END\n  %(Name)s\n  END\nName: x")
        .plugin("ended", "Command: |-\n  cat <<'END'\n  %(Name)s\n  END\nName: END");
    let daemon = Daemon::start(config);
    for name in ["backticks", "document", "ended"] {
        let error = daemon.run(name).expect_error();
        assert!(error.contains("Name"), "{name} names the placeholder: {error}");
        assert!(
            error.contains("SMOKER_PARAM_NAME") || error.contains("$(") || error.contains("Stdin: json"),
            "{name} shows a way out: {error}"
        );
    }
}

#[test]
fn in_a_quoted_here_document_a_placeholder_is_text() {
    let daemon = Daemon::start(
        Config::new().plugin("quoted", "Command: |-\n  cat <<'END'\n  %(Name)s $HOME\n  END\nName: \"it's `x`\""),
    );
    daemon.run("quoted").expect_ok(&["it's `x` $HOME"]);
}

#[test]
fn a_signal_that_ends_the_command_is_named() {
    let config = Config::new()
        .plugin("killed", "Command: echo before; kill -KILL $$")
        .plugin("segfault", "Command: kill -SEGV $$")
        .plugin("child", "Command: sh -c 'kill -KILL $$'; exit 3");
    let daemon = Daemon::start(config);

    let outcome = daemon.run("killed");
    assert_eq!((outcome.info(), outcome.error()), (vec!["before"], vec!["killed by signal 9 (SIGKILL)"]));
    assert_eq!(daemon.run("segfault").expect_error(), "killed by signal 11 (SIGSEGV)");
    let outcome = daemon.run("child");
    assert_eq!(outcome.status(), "ERROR");
    assert!(
        !outcome.error().iter().any(|line| line.starts_with("killed by signal")),
        "the shell itself was not: {}",
        outcome.0
    );
}

#[test]
fn output_within_max_output_is_whole() {
    let config = Config::new().plugin("exact", "Command: printf '%%01000d' 7\nMaxOutput: 1000");
    let outcome = Daemon::start(config).run("exact");
    assert_eq!(outcome.info()[0].len(), 1000);
    assert_eq!(outcome.warn(), [""; 0]);
}

#[test]
fn output_beyond_max_output_keeps_head_and_tail() {
    let config = Config::new()
        .plugin("lines", "Command: seq 10000 19999\nMaxOutput: 1000")
        .plugin("errors", "Command: seq 10000 19999 >&2\nMaxOutput: 1000")
        .plugin("failing", "Command: seq 10000 19999; exit 1\nMaxOutput: 1000");
    let daemon = Daemon::start(config);
    let check = |lines: Vec<&str>| {
        assert_eq!((lines.first(), lines.last()), (Some(&"10000"), Some(&"19999")));
        assert!(lines.iter().map(|line| line.len() + 1).sum::<usize>() <= 1100, "about 1000 bytes: {}", lines.len());
    };
    let outcome = daemon.run("lines");
    assert_eq!(outcome.status(), "OK");
    check(outcome.info());
    assert_eq!(outcome.warn().len(), 1, "one message says that output was cut: {}", outcome.0);
    assert!(outcome.warn()[0].contains("59000"), "60000 bytes less 1000 were cut: {}", outcome.warn()[0]);

    let outcome = daemon.run("errors");
    check(outcome.error());
    assert_eq!(outcome.warn().len(), 1);
    assert_eq!(daemon.run("failing").status(), "ERROR");
}

#[test]
fn more_lines_than_a_result_has_messages_lose_their_middle() {
    let json = "printf '{\"status\": \"OK\", \"componentResults\": {\"c\": {\"status\": \"OK\", \"messages\": {\"info\": [\"x\"'; \
                yes ', \"y\"' | head -n 10001; printf '], \"error\": [], \"warn\": []}}}}'";
    let config =
        Config::new().plugin("lines", "Command: seq 10003").plugin("json", &format!("Command: {}", json!(json)));
    let daemon = Daemon::start(config);
    let told = |surplus: u32| {
        format!("{surplus} info messages were left out of the middle: a result keeps 10000 of each level")
    };
    let outcome = daemon.run("lines");
    let lines = outcome.info();
    assert_eq!((lines.len(), lines[0], lines[4999], lines[5000], lines[9999]), (10_000, "1", "5000", "5004", "10003"));
    assert_eq!(outcome.warn(), [told(3)]);
    let component = &daemon.run("json").0["componentResults"]["c"]["messages"];
    assert_eq!(component["info"].as_array().map(Vec::len), Some(10_000));
    assert_eq!(component["warn"], json!([told(2)]));
}

#[test]
fn cut_output_is_never_read_as_json() {
    // What is left after the cut would be a result.
    let result = r#"{"status": "OK", "messages": {"info": ["fine"], "error": [], "warn": []}}"#;
    let blank = "printf '%%5000s' ''";
    let command = format!("printf '%%s' '{}'; {blank}; printf '%%s' '{}'", &result[..40], &result[40..]);
    let config = Config::new().plugin("cut", &format!("Command: {}\nMaxOutput: {}", json!(command), result.len() + 10));
    let outcome = Daemon::start(config).run("cut");
    assert_ne!(outcome.info(), ["fine"]);
    assert_eq!(outcome.warn().len(), 1, "{}", outcome.0);
}

#[test]
fn endless_output_ends_with_the_timeout_and_is_bounded() {
    let config = Config::new().plugin("endless", "Command: 'yes'\nTimeout: 1\nMaxOutput: 2000");
    let outcome = Daemon::start(config).run("endless");
    assert!(outcome.expect_error().contains("Execution timeout after 1 seconds"));
    assert!(outcome.info().len() <= 1100, "{} lines", outcome.info().len());
}

#[test]
fn a_maintenance_lock_skips_forced_runs() {
    let config = Config::new()
        .template("Guarded", "MaintenanceLock: {{DIR}}/lock")
        .action("note", "Command: echo acted >> {{DIR}}/acted")
        .plugin("guarded", "Template: Guarded\nCommand: echo ran >> {{DIR}}/ran; echo ran\nAction: note");
    let daemon = Daemon::start(config);
    std::fs::write(daemon.path("lock"), "").expect("writable");
    let outcome = daemon.run("guarded");
    assert_eq!(outcome.status(), "WARN");
    assert_eq!(outcome.warn(), ["Skipped because of maintenance in progress"]);
    assert_eq!((outcome.info(), outcome.error(), outcome.action()), (vec![], vec![], None));
    assert!(outcome.forced());
    assert!(!daemon.path("ran").exists() && !daemon.path("acted").exists(), "nothing ran");

    std::fs::remove_file(daemon.path("lock")).expect("removable");
    daemon.run("guarded").expect_ok(&["ran"]);
    assert_eq!(daemon.wait_for_file("acted"), "acted\n");
}

#[test]
fn a_maintenance_lock_skips_scheduled_runs() {
    let config = Config::new()
        .file("lock", "")
        .plugin("guarded", "MaintenanceLock: {{DIR}}/lock\nCommand: echo ran\nInterval: 0.3");
    let daemon = Daemon::start(config);
    let results = daemon.wait_for_results("guarded", 2);
    assert_eq!((results[0].status(), results[0].forced()), ("WARN", false));
    assert_eq!(results[0].warn(), ["Skipped because of maintenance in progress"]);
    std::fs::remove_file(daemon.path("lock")).expect("removable");
    smoker_tests::wait::until("a run after the lock is gone", || {
        daemon.results("guarded").last().filter(|outcome| outcome.info() == ["ran"]).map(|_| ())
    });
}

#[test]
fn an_action_has_its_own_timeout_and_leaves_the_status_alone() {
    let config = Config::new()
        .action("slow", "Command: echo begun; sleep 60\nTimeout: 1")
        .plugin("fine", "Command: echo fine\nAction: slow");
    let outcome = Daemon::start(config).run("fine");
    outcome.expect_ok(&["fine"]);
    let action = outcome.action().expect("the action is told");
    assert_eq!(action.expect_error(), "Execution timeout after 1 seconds");
    assert_eq!(action.info(), ["begun"], "its output so far is kept");
    assert!(!action.forced());
}

#[test]
fn a_plugin_that_needs_a_module_says_why_it_has_no_result() {
    let config = Config::new()
        .plugin("module", "Module: no.such.module")
        .plugin("parser", "Command: echo raw\nParser: no.such.parser");
    let daemon = Daemon::start(config);
    let error = daemon.run("module").expect_error();
    assert!(error.contains("module"), "{error}");
    let outcome = daemon.run("parser");
    assert!(outcome.expect_error().contains("arser"), "{}", outcome.0);
    assert_eq!(outcome.info(), ["raw"], "the raw output is kept");
}
