//! `smokerd --test-plugin`: one plugin, run once, with all that it showed.

use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::started::Started;
use smoker_tests::wait;

fn try_in(sandbox: &Sandbox, config: &Config, arguments: &[&str]) -> Output {
    config.write(sandbox).expect("writable");
    cli::smokerd(sandbox, &[&["-c", "{{DIR}}/smokerd.yaml", "--test-plugin"], arguments].concat())
}

fn try_plugin(config: &Config, arguments: &[&str]) -> Output {
    try_in(&Sandbox::new(), config, arguments)
}

/// What `-o json` prints, with the exit code.
fn as_json(config: &Config, arguments: &[&str]) -> (Json, i32) {
    let output = try_plugin(config, &[arguments, &["-o", "json"]].concat());
    let report = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", output.text()));
    (report, output.code)
}

fn command(line: &str) -> Config {
    Config::new().plugin("a", &format!("Command: |-\n  {}", line.replace('\n', "\n  ")))
}

fn problems(report: &Json) -> Vec<&str> {
    report["problems"].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

#[test]
fn people_see_the_command_as_resolved_its_output_and_the_result() {
    let config = Config::new().plugin("a", "Command: 'echo %(Word)s; echo oops >&2; exit 3'\nWord: it's \"x\"");
    let output = try_plugin(&config, &["a"]);
    output.expect_code(4);
    expect_line(&output.stdout, &["command: echo 'it'\\''s \"x\"'; echo oops >&2; exit 3"]);
    let report = &output.stdout;
    for part in [
        "plugin: a\n",
        "exit: status 3\n",
        "seconds: 0.",
        "standard output:\n    it's \"x\"\n",
        "standard error:\n    oops\n",
        "result: ERROR\n    info: it's \"x\"\n    error: oops\n",
    ] {
        assert!(report.contains(part), "{part:?} in\n{report}");
    }
    assert!(!report.contains("problems"), "{report}");
}

#[test]
fn programs_get_one_object() {
    let (report, code) = as_json(&command("echo ' out '; echo err >&2"), &["a"]);
    assert_eq!(code, 0);
    assert_eq!(
        report.as_object().expect("an object").keys().collect::<Vec<_>>(),
        ["plugin", "command", "stdout", "stderr", "exit", "seconds", "result", "problems"]
    );
    assert_eq!(report["plugin"], "a");
    assert_eq!(report["command"], "echo ' out '; echo err >&2");
    assert_eq!((&report["stdout"], &report["stderr"]), (&json!(" out \n"), &json!("err\n")));
    assert_eq!(report["exit"], 0);
    assert!(report["seconds"].as_f64().is_some_and(|seconds| (0.0..15.0).contains(&seconds)));
    assert_eq!(report["result"]["status"], "OK");
    assert_eq!(report["result"]["messages"], json!({"info": ["out"], "error": ["err"], "warn": []}));
    assert_eq!(report["result"]["forced"], true);
    assert_eq!(report["problems"], json!([]));
}

#[test]
fn the_exit_code_tells_the_status() {
    let told = |status: &str| command(&format!("echo '{{\"status\": \"{status}\"}}'"));
    try_plugin(&told("OK"), &["a"]).expect_code(0);
    try_plugin(&told("WARN"), &["a"]).expect_code(3);
    try_plugin(&told("ERROR"), &["a"]).expect_code(4);
}

#[test]
fn each_fault_of_a_result_is_reported_with_its_path() {
    let told = r#"{"status": "OK", "messages": {"info": ["a", "b", 3], "error": [], "warn": "w"},
        "componentResults": {"/srv": {"status": "fine", "messages": null}}}"#;
    let config = command(&format!("echo '{told}'"));
    let (report, code) = as_json(&config, &["a"]);
    assert_eq!(code, 4);
    assert_eq!(
        problems(&report),
        [
            "at messages.info[2]: has to be text, not a number",
            "at messages.warn: has to be a list of texts, not text",
            "at componentResults[\"/srv\"].status: has to be OK, WARN or ERROR, not \"fine\"",
        ]
    );
    // The daemon's own words stay what they are.
    let original =
        "Invalid JSON structure: Can't validate message: Result message type info has to be a string, not int";
    assert_eq!(report["result"]["messages"]["error"], json!([original]));
    let output = try_plugin(&config, &["a"]);
    expect_line(&output.stdout, &["    at messages.info[2]: has to be text, not a number"]);
}

#[test]
fn broken_json_is_reported_with_line_and_column() {
    let (report, code) = as_json(&command("printf '{\\n  \"status\": OK\\n}\\n'"), &["a"]);
    let reason = "looks like a result, but is no JSON: line 2, column 13: expected a value";
    assert_eq!((code, problems(&report)), (4, vec![reason]));
    assert_eq!(report["result"]["messages"]["error"], json!([reason]));
    let (report, code) = as_json(&command("printf '\\n[1, 2\\n'"), &["a"]);
    assert_eq!(code, 0, "text is a result, too");
    let reason = "looks like JSON but is none, so it was taken as text: line 2, column 6: the text ends where `,` or `]` is expected";
    assert_eq!(problems(&report), [reason]);
}

#[test]
fn parameters_are_replaced_and_added() {
    let config = Config::new().plugin("a", "Command: echo %(Word)s %(More)r\nWord: old\nTimeout: 10");
    let arguments = ["a", "--param", "Word=new one", "--param", "More=017"];
    let (report, code) = as_json(&config, &arguments);
    assert_eq!((code, &report["command"]), (0, &json!("echo 'new one' '15'")));
    let (report, _) = as_json(&config, &["a", "--param", "More='017'"]);
    assert_eq!(report["result"]["messages"]["info"], json!(["old '017'"]));

    let output = try_plugin(&config, &["a", "--param", "Timeout=never"]);
    output.expect_code(1);
    expect_line(&output.stderr, &["ERROR", "Plugin a not loaded", "Timeout has to be a number of seconds"]);
    try_plugin(&config, &["a", "--param", "More"]).expect_code(2);
    let output = try_plugin(&config, &["a", "--param", "Wrod=x", "--param", "More=1", "--param", "Timeout=5"]);
    expect_line(&output.stdout, &["note: nothing of the plugin reads the parameter Wrod", "did you mean Word?"]);
    assert_eq!(output.stdout.matches("note:").count(), 1, "{}", output.stdout);
    let (report, _) = as_json(&config, &["a", "--param", "timeout=5", "--param", "More=1"]);
    assert!(problems(&report)[0].contains("did you mean Timeout?"), "{report}");
    let (report, _) = as_json(&config, &["a", "--param", "Serial=often", "--param", "More=1"]);
    assert!(problems(&report)[0].contains("Serial has to be true or false, not often"), "{report}");
}

#[test]
fn a_timeout_and_a_signal_are_shown() {
    let (report, code) = as_json(&command("echo first; sleep 60"), &["a", "--param", "Timeout=0.3"]);
    assert_eq!((code, &report["exit"], &report["stdout"]), (4, &json!("timeout"), &json!("first\n")));
    assert_eq!(report["result"]["messages"]["error"], json!(["Execution timeout after 0.3 seconds"]));
    let output = try_plugin(&command("kill -SEGV $$"), &["a"]);
    output.expect_code(4);
    expect_line(&output.stdout, &["exit: signal 11 (SIGSEGV)"]);
}

#[test]
fn an_unknown_plugin_is_an_error_with_near_names() {
    let config = command("true").plugin("disk-root", "Command: 'true'");
    let output = try_plugin(&config, &["dsik-root"]);
    output.expect_code(1);
    expect_line(&output.stderr, &["ERROR: there is no plugin dsik-root", "did you mean disk-root?"]);
    expect_line(&try_plugin(&config, &["nonsense"]).stderr, &["it has a, disk-root"]);
}

#[test]
fn a_plugin_that_does_not_load_says_why() {
    let config = command("true")
        .plugin("both", "Command: 'true'\nModule: a.b")
        .plugin("retired", "Command: 'true'\nEnabled: no");
    let output = try_plugin(&config, &["both"]);
    output.expect_code(1);
    expect_line(&output.stderr, &["smokerd.yaml:", "both", "Command and Module parameters cannot be set together"]);
    let output = try_plugin(&config, &["retired"]);
    output.expect_code(1);
    expect_line(&output.stderr, &["Plugin retired is switched off"]);
    try_plugin(&config, &["retired", "--param", "Enabled=yes"]).expect_code(0);

    let alone = Config::new().plugin("a", "Command: 'true'\nTimeout: 0");
    let output = try_plugin(&alone, &["a"]);
    output.expect_code(1);
    expect_line(&output.stderr, &["Plugin a not loaded", "Timeout"]);
}

#[test]
fn the_action_runs_only_on_request() {
    let sandbox = Sandbox::new();
    let config = Config::new()
        .action("note", "Command: echo %(status)s > {{DIR}}/noted; echo done")
        .plugin("a", "Command: 'true'\nAction: note");
    let output = try_in(&sandbox, &config, &["a"]);
    output.expect_code(0);
    expect_line(&output.stdout, &["note: its action was not run; --with-action runs it"]);
    assert!(!sandbox.path("noted").exists());
    let output = try_in(&sandbox, &config, &["a", "-o", "json"]);
    expect_line(&output.stderr, &["its action was not run"]);

    let output = try_in(&sandbox, &config, &["a", "--with-action"]);
    output.expect_code(0);
    assert!(output.stdout.contains("    action: OK\n        info: done\n"), "{}", output.stdout);
    assert!(sandbox.path("noted").exists());
    expect_line(&output.stdout, &["action note command: echo 'OK' > ", "/noted; echo done"]);
    for part in ["action note exit: status 0\n", "action note standard output:\n    done\n"] {
        assert!(output.stdout.contains(part), "{part:?} in\n{}", output.stdout);
    }
    let config = Config::new()
        .action("first", "Command: echo one; echo oops >&2; exit 3")
        .action("second", "Module: second")
        .file("second.py", "class Plugin(object):\n    def __init__(self, worker, result):\n        self.result = result\n\n    def run(self):\n        print('second')\n")
        .plugin("a", "Command: echo checked\nAction: [first, second]");
    let (report, _) = as_json(&config, &["a", "--with-action"]);
    assert_eq!(report["stdout"], "checked\n");
    let actions = report["actions"].as_array().unwrap_or_else(|| panic!("{report}"));
    assert_eq!((&actions[0]["action"], &actions[0]["exit"]), (&json!("first"), &json!(3)), "{report}");
    assert_eq!((&actions[0]["stdout"], &actions[0]["stderr"]), (&json!("one\n"), &json!("oops\n")), "{report}");
    assert_eq!((&actions[1]["action"], &actions[1]["stdout"]), (&json!("second"), &json!("second\n")), "{report}");
}

#[test]
fn a_maintenance_lock_is_honoured_and_shown() {
    let sandbox = Sandbox::new();
    sandbox.write("lock", b"").expect("writable");
    let config = Config::new().plugin("a", "Command: echo x > {{DIR}}/ran\nMaintenanceLock: '{{DIR}}/lock'");
    let output = try_in(&sandbox, &config, &["a"]);
    output.expect_code(3);
    expect_line(&output.stdout, &["note: not run, because the MaintenanceLock", "/lock exists"]);
    expect_line(&output.stdout, &["Skipped because of maintenance in progress"]);
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn ctrl_c_ends_the_processes_of_the_run() {
    let sandbox = Sandbox::new();
    let config = Config::new()
        .plugin("a", "Command: echo begun; touch {{DIR}}/runs; setsid sleep 300 & sleep 300\nTimeout: 300");
    config.write(&sandbox).expect("writable");
    let arguments = ["-c", "{{DIR}}/smokerd.yaml", "--test-plugin", "a"];
    let mut started = Started::spawn(&mut cli::smokerd_command(&sandbox, &arguments)).expect("it starts");
    wait::until_true("the command to run", || sandbox.path("runs").exists());
    started.signal(Signal::SIGINT);
    assert_eq!(started.exit_within(wait::DEADLINE), Some(1), "there is no result of a test that was broken off");
    wait::until_true("its processes to end", || sandbox.processes().is_empty());
}

#[test]
fn a_running_daemon_is_no_obstacle() {
    let daemon = Daemon::start(Config::new().plugin("hello", "Command: echo hello"));
    let sandbox = Sandbox::new();
    let taken = Config::new()
        .address(&format!("bind_host: 127.0.0.1\nbind_port: {}", daemon.address().port()))
        .plugin("hello", "Command: echo hello");
    try_in(&sandbox, &taken, &["hello"]).expect_code(0);
    assert!(!sandbox.pidfile().exists());
    assert_eq!(sandbox.processes(), [0; 0]);
    daemon.run("hello").expect_ok(&["hello"]);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn it_runs_as_whom_the_configuration_says() {
    let own = Config::new().plugin("who", "Command: id -u; id -g\nuid: 12345\ngid: 12346");
    let output = try_plugin(&own, &["who"]);
    output.expect_code(0);
    expect_line(&output.stdout, &["run as: uid 12345, gid 12346"]);
    assert!(output.stdout.contains("standard output:\n    12345\n    12346\n"), "{}", output.stdout);

    let daemons = Config::new().top("uid: 12345\ngid: 12346").plugin("who", "Command: id -u; id -g");
    let output = try_plugin(&daemons, &["who"]);
    assert!(output.stdout.contains("standard output:\n    12345\n    12346\n"), "{}", output.text());
    let output = try_plugin(&daemons, &["who", "--param", "uid=0", "--param", "gid=0"]);
    output.expect_code(1);
    expect_line(&output.stderr, &["Plugin who not loaded", "drops root for uid 12345"]);
}

#[test]
fn output_is_bounded_and_cannot_steer_the_terminal() {
    let config = command("printf '\\033[31mred'; head -c 5000 /dev/zero | tr '\\0' x");
    let output = try_plugin(&config, &["a", "--param", "MaxOutput=1000"]);
    output.expect_code(0);
    expect_line(&output.stdout, &["note: MaxOutput (1000 bytes) cut 4008 bytes from the middle of standard output"]);
    expect_line(&output.stdout, &["    \\u{1b}[31mred"]);
    assert!(!output.stdout.contains('\u{1b}'));
}

#[test]
fn a_module_shows_what_it_printed_and_its_exception() {
    let module = "from smoker.server.plugins import BasePlugin\n\
                  class Plugin(BasePlugin):\n\
                  \x20   def run(self):\n\
                  \x20       print('looking')\n\
                  \x20       if self.plugin.get_param('Bad'):\n\
                  \x20           raise KeyError('Path')\n\
                  \x20       self.result.set_status('WARN')\n";
    let config = Config::new().plugin("m", "Module: own").file("own.py", module);
    let sandbox = Sandbox::new();
    let output = try_in(&sandbox, &config, &["m"]);
    output.expect_code(3);
    expect_line(&output.stdout, &["module: own"]);
    assert!(output.stdout.contains("printed:\n    looking\n"), "{}", output.text());
    wait::until_true("the host to end", || sandbox.processes().is_empty());

    let output = try_plugin(&config, &["m", "--param", "Bad=yes", "-o", "json"]);
    output.expect_code(4);
    let report: Json = serde_json::from_str(&output.stdout).expect("JSON");
    assert_eq!((&report["command"], &report["exit"]), (&Json::Null, &Json::Null));
    assert_eq!(report["stdout"], "looking\n");
    assert_eq!(report["result"]["messages"]["error"], json!(["'Path'"]));
    assert!(output.stderr.contains("\nKeyError: 'Path'"), "with its traceback: {}", output.stderr);
}

#[test]
fn a_parser_reads_the_output_and_json_is_not_judged() {
    let config = Config::new().plugin("n", "Command: \"echo '[disk] almost full|used=9'; exit 1\"\nParser: nagios");
    let output = try_plugin(&config, &["n"]);
    output.expect_code(3);
    expect_line(&output.stdout, &["parser: nagios"]);
    assert!(!output.stdout.contains("problems"), "{}", output.stdout);
    // Colours hide nothing from a pattern.
    let red =
        Config::new().plugin("r", "Command: \"printf '\\\\033[31mFAIL\\\\033[0m\\\\n'\"\nParser: regex\nError: ^FAIL$");
    let (report, code) = as_json(&red, &["r"]);
    assert_eq!((code, &report["result"]["messages"]["error"]), (4, &json!(["FAIL"])));
}

#[test]
fn what_a_parser_prints_is_kept_apart_from_the_output() {
    let module = "from smoker.server.parser import BaseParser\n\
                  class Parser(BaseParser):\n\
                  \x20   def parse(self):\n\
                  \x20       print('I read', self.stdout)\n\
                  \x20       raise ValueError('no number')\n";
    let config = Config::new().plugin("p", "Command: echo x\nParser: own").file("own.py", module);
    let output = try_plugin(&config, &["p"]);
    output.expect_code(4);
    assert!(output.stdout.contains("note:\n    the parser printed:\n    I read x\n"), "{}", output.text());
    assert!(output.stdout.contains("standard output:\n    x\n"), "{}", output.text());
    expect_line(&output.stdout, &["error: Parser run failed: no number"]);
}

#[test]
fn the_faults_of_a_module_s_result_are_reported_with_their_paths() {
    let module = "from smoker.server.plugins import BasePlugin\n\
                  class Plugin(BasePlugin):\n\
                  \x20   def run(self):\n\
                  \x20       self.result.set_status('OK')\n\
                  \x20       self.result.result['messages'] = {'info': ['a', 2], 'error': [], 'warn': [None]}\n";
    let (report, code) = as_json(&Config::new().plugin("m", "Module: own").file("own.py", module), &["m"]);
    assert_eq!(code, 4);
    let original = "ValidationError: Can't validate message: Result message type info has to be a string, not int";
    assert_eq!(report["result"]["messages"]["error"], json!([original]));
    let expected =
        ["at messages.info[1]: has to be text, not a number", "at messages.warn[0]: has to be text, not null"];
    assert_eq!(problems(&report), expected);
}
