//! Mistakes that `smokerd --check` knows of, although the configuration loads: each is one line with its place.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value as Json;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

fn check(config: &Config, options: &[&str]) -> Output {
    let sandbox = Sandbox::new();
    config.write(&sandbox).expect("writable");
    cli::smokerd(&sandbox, &[&["--check", "--logging-conf=", "-c", "{{DIR}}/smokerd.yaml"], options].concat())
}

/// The body of a plugin, and the words of the one line that it deserves; none when nothing is wrong with it.
const BODIES: &[(&str, &[&str])] = &[
    ("Command: date +%Y-%m-%d", &["every run will fail", "as in `date +%%Y-%%m-%%d`"]),
    ("Command: cat /etc/hosts | tr -d %", &["every run will fail", "write `%%`", "as in `cat /etc/hosts | tr -d %%`"]),
    ("Command: check_disk -w 10% -c 5% /", &["every run will fail", "as in `check_disk -w 10%% -c 5%% /`"]),
    ("Command: \"echo 'a\"", &["every run will fail: /bin/sh does not understand the Command", "correct its quotes"]),
    ("Command: if true; then echo a", &["every run will fail: /bin/sh does not understand the Command"]),
    ("Command: echo a |", &["every run will fail: /bin/sh does not understand the Command"]),
    ("Command: /tmp", &["/tmp is a folder"]),
    ("Command: ./check.sh", &["./check.sh is looked for in the folder in which smokerd was started"]),
    ("Command: echo a\nWorkDir: /no/such/folder", &["WorkDir /no/such/folder does not exist"]),
    ("Command: curl %(Url)s", &["every run will fail", "missing parameter 'Url'"]),
    ("Command: ping -c1 %(Hots)s\nHost: web1", &["missing parameter 'Hots'", "did you mean %(Host)s?"]),
    ("Command: echo `echo %(A)s`\nA: b", &["every run will fail", "backticks", "$SMOKER_PARAM_A"]),
    ("Command: \"echo a\\0b\"", &["every run will fail", "NUL"]),
    ("Command: [ -f /etc/hosts ]", &["Command has to be text, not a list", "put quotes around the command"]),
    ("Command: x\nInterval: .inf", &["Interval", "never runs by time"]),
    ("Command: x\nInterval: 99999999999999", &["Interval", "never runs by time"]),
    ("Command: x\nInterval: yes", &["Interval is true", "1 second"]),
    ("Command: x\nHistory: 0", &["History is 0", "never has a result"]),
    ("Command: x\nMaxMemory: 512", &["MaxMemory is 512 bytes", "write a unit"]),
    ("Command: test $(nice) -lt %(Nice)s\nNice: 15", &["uses Nice, which is a key of smokerd, too", "another name"]),
    ("Command: \"  \"", &["Command is blank", "always OK"]),
    ("Command: '# curl http://localhost/'", &["Command is a comment alone", "always OK"]),
    ("Command: x\nUser: nobody", &["User is not known", "did you mean `uid`"]),
    ("Command: x\nDisabled: true", &["Disabled", "did you mean `Enabled: false`"]),
    ("Module: smoker.server.plugins.uname\nDisabled: true", &["Disabled", "did you mean `Enabled: false`"]),
    ("Command: x\nSchedule: '30 2 * * *'", &["Schedule", "did you mean `Cron`"]),
    ("Command: x\non_failure: Tell", &["on_failure", "did you mean `Action`"]),
    ("Command: x\nEnabled: 'no'", &["Enabled has to be true or false"]),
    ("Command: curl localhost\nUrl: http://localhost/", &["nothing refers to its parameter Url"]),
    ("Command: curl %(Url)s\nUrl: '{{ host }}/x'", &["{{ host }}", "left unexpanded"]),
    ("Command: curl %(Url)s\nUrl: ${URL}", &["${URL} is not expanded", "in the Command"]),
    ("Command: curl {{ url }}", &["{{ url }}", "left unexpanded"]),
    ("Command: x\nMaintenanceLock: /run/%(Name)s", &["%(Name)s is not filled in"]),
    ("Command: curl -H %(Host)s %(Url)s\nHost: web1\nUrl: http://%(Host)s/", &["Url: %(Host)s is not filled in"]),
    ("Command: |\n  curl -f http://web1/\n  true", &["ends with the line `true`", "always 0"]),
    ("Command: curl -f http://web1/ || echo failed", &["always 0", "write `|| { echo failed; exit 1; }`"]),
    ("Command: curl -f http://web1/; echo done", &["always 0", "write `&& echo done`"]),
    ("Command: >\n  set -e\n  curl -f http://web1/\n  true", &["begins with `set -e curl`", "write `Command: |`"]),
    (
        "Command: login %(Password)s\nPassword: sesame",
        &["%(Password)s puts a secret", "(ps)", "$SMOKER_PARAM_PASSWORD"],
    ),
    ("Command: x\nParser: nagio", &["Parser nagio is not found; did you mean nagios?"]),
    ("Command: x\nuid: nosuchaccount\ngid: 0", &["unknown user 'nosuchaccount'"]),
    ("Command: x\nInterval: 60\nSplay: -4", &["Splay is below 0 and counts as 0"]),
    ("Command: x\ntype: healthCheck", &["type is not the parameter Type", "write Type"]),
    ("Command: x\nParser: tap\nFoo: 1", &["nothing refers to its parameter Foo"]),
    (
        "Command: /usr/lib/check\nParser: nagios\nIgnoreExit: true",
        &["the parser nagios does not read its parameter IgnoreExit; other parsers do"],
    ),
    (
        "Command: x\nParser: regex\nOk: a\nIgnoreExit: true",
        &["the parser regex does not read its parameter IgnoreExit"],
    ),
    (
        "Command: ./x.sh\nWorkDir: /\nParser: tap\nIgnoreExitStatus: true",
        &["the parser tap does not read its parameter IgnoreExitStatus; did you mean IgnoreExit?"],
    ),
    (
        "Command: x\nParser: tap\nIgnoreExits: true",
        &["the parameter IgnoreExits is not known to it", "did you mean IgnoreExit?"],
    ),
    ("Command: x %(Foo)s\nParser: tap\nFoo: 1\nIgnoreExit: true\nOwner: me", &[]),
    ("Command: x\nType: healthcheck", &["Type healthcheck", "--health", "did you mean healthCheck?"]),
    ("Command: x\nType: smoke_test", &["Type smoke_test", "--smoke", "did you mean smokeTest?"]),
    (
        "Command: x\nMaintenanceLock: /tmp",
        &["MaintenanceLock /tmp is a folder, and as long as that exists no run takes place"],
    ),
    ("Command: x\nMaintenanceLock: run/lock", &["MaintenanceLock run/lock", "write its whole path"]),
    ("Command: x\nInterval: 60\nSplay: 300", &["Splay counts as 60 seconds"]),
    ("Command: x\nSplay: 300", &["Splay", "without an Interval"]),
    ("Command: x\nnr_concurrent_plugins: 3", &["a setting of the daemon", "top level"]),
    ("Command: x\nWorkDir: $HOME/x", &["WorkDir has to be an absolute path"]),
    ("Command: x\nuid: nobody", &["uid is set without gid"]),
    ("Command: x\nStdin: json\nA-B: 1\nA_B: 2", &["'A-B' and 'A_B' are both called SMOKER_PARAM_A_B"]),
    ("Command: x\nStdin: json\nToken: abc", &["the value of 'Token' is shorter than"]),
    ("Command: x %(User)s\nUser: scott", &[]),
    ("Command: x\nType: metrics\nMaintenanceLock: /run/lock/x\nInterval: 60\nSplay: 60", &[]),
    ("Command: x\nStdin: json\nUser: scott\nUrl: x", &[]),
    ("Command: /usr/local/bin/check\nUrl: http://x", &[]),
    ("Command: curl \"$SMOKER_PARAM_URL\"\nUrl: http://x", &[]),
    ("Command: x\nCategory: db\nComponent: mysql\nType: smokeTest", &[]),
    ("Command: docker inspect --format '{{.State.Status}}' web; echo ${HOME} 100%%", &[]),
    ("Command: |\n  # a comment\n  true\nInterval: 0", &[]),
];

#[test]
fn each_mistake_in_a_plugin_is_one_line_with_its_place() {
    let sandbox = Sandbox::new();
    for (body, words) in BODIES {
        let config = Config::new().plugin("Mistaken", body);
        config.write(&sandbox).expect("writable");
        let output = cli::smokerd(&sandbox, &["--check", "--logging-conf=", "-c", "{{DIR}}/smokerd.yaml"]);
        // Notes are about this host, which may lack what the examples name.
        let is_problem = |line: &&str| !line.starts_with("ADVICE") && !line.starts_with("NOTE");
        let problems: Vec<_> = output.stderr.lines().filter(is_problem).collect();
        if words.is_empty() {
            assert_eq!(problems, [""; 0], "{body}");
            output.expect_code(0);
            continue;
        }
        output.expect_code(3);
        expect_line(&output.stderr, &[&["smokerd.yaml:", ": Plugin Mistaken: "], *words].concat());
        assert_eq!(problems.len(), 2, "{body}: {}", output.stderr);
        assert!(problems[1].ends_with("1 problem found; the daemon would start"), "{body}: {}", output.stderr);
    }
}

#[test]
fn templates_actions_and_settings_are_reviewed_too() {
    let config = Config::new()
        .top("verbose: true")
        .template("Often", "Interval: 5\nEnabled: false")
        .template("Unused", "Interval: 5")
        .action("Tell", "Command: mail -s 100%")
        .action("Idle", "Command: x")
        .plugin("A", "Command: x\nTemplate: Often\nAction: Tell")
        .plugin("B", "Command: y\nAction: Tell\nLevel: 1")
        .plugin("C", "Command: y\nLevel: 2");
    let output = check(&config, &[]);
    output.expect_code(3);
    for words in [
        ["unknown key verbose is ignored", "options -v and -d"],
        ["Template Often", "Enabled is ignored in a template"],
        ["Template Unused is used by no plugin", "`Template: Unused`"],
        ["Action Idle is used by no plugin", "`Action: Idle`"],
        ["Plugin A: every run of its action Tell will fail", "write `%%`"],
    ] {
        expect_line(&output.stderr, &words);
    }
    let lines: Vec<_> = output.stderr.lines().filter_map(line_of).collect();
    assert!(lines.len() > 4 && lines.is_sorted(), "in the order of the file: {}", output.stderr);
    expect_line(&output.stderr, &["of its action Tell will fail", "(and for 1 other plugin)"]);
    assert!(!output.stderr.contains("Level"), "clients may filter by it: {}", output.stderr);
    assert_eq!(output.stderr.matches("of its action Tell will fail").count(), 1, "{}", output.stderr);
}

#[test]
fn programs_that_cannot_be_run_are_problems_and_those_that_are_not_there_are_notes() {
    let sandbox = Sandbox::new();
    for (name, text, mode) in [
        ("plain", "#!/bin/sh\n", 0o644),
        ("windows", "#!/bin/sh\r\necho a\r\n", 0o755),
        ("lost", "#!/no/such/python\n", 0o755),
        ("search", "#!/usr/bin/env no-such-python\n", 0o755),
        ("good", "#!/bin/sh -e\n", 0o755),
    ] {
        let path = sandbox.path(name);
        fs::write(&path, text).expect("writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions");
    }
    let config = Config::new()
        .action("Tell", "Command: no-such-mailer root")
        .plugin("Plain", "Command: '{{DIR}}/plain'")
        .plugin("Windows", "Command: 'LANG=C {{DIR}}/windows -w 5'")
        .plugin("Lost", "Command: 'exec {{DIR}}/lost | cat'")
        .plugin("Search", "Command: '{{DIR}}/search'")
        .plugin("Absent", "Command: no-such-program -w 5\nAction: Tell")
        .plugin("Path", "Command: /no/such/program")
        .plugin("Script", "Command: sh /no/such/script.sh")
        .plugin("Good", "Command: '{{DIR}}/good; no-such-program'")
        .plugin("Guarded", "Command: if [ -x /no/such/program ]; then /no/such/program; fi");
    config.write(&sandbox).expect("writable");
    let output = cli::smokerd(&sandbox, &["--check", "--logging-conf=", "-c", "{{DIR}}/smokerd.yaml"]);
    output.expect_code(3);
    for words in [
        ["WARNING", "Plugin Plain: every run will fail", "chmod +x"],
        ["WARNING", "Plugin Windows: every run will fail", "sed -i 's/\\r$//'"],
        ["WARNING", "Plugin Lost: every run will fail: /no/such/python", "does not exist"],
        ["WARNING", "Plugin Search: every run will fail", "no program no-such-python"],
        ["NOTE", "Plugin Absent: every run will fail", "no program no-such-program on this host"],
        ["NOTE", "Plugin Absent: every run of its action will fail", "no program no-such-mailer"],
        ["NOTE", "Plugin Path: every run will fail", "/no/such/program does not exist on this host"],
        ["NOTE", "Plugin Script: every run will fail", "/no/such/script.sh does not exist"],
    ] {
        expect_line(&output.stderr, &words);
    }
    assert!(!output.stderr.contains("Plugin Good") && !output.stderr.contains("Guarded"), "{}", output.stderr);
    expect_line(&output.stderr, &["4 problems found"]);
    let output = check(&Config::new().plugin("Absent", "Command: no-such-program"), &["--strict"]);
    output.expect_code(0);
    expect_line(&output.stdout, &["no problems found; see the notes"]);
    let output = check(&Config::new().plugin("Absent", "Command: no-such-program"), &["-o", "json"]);
    let report: Json = serde_json::from_str(&output.stdout).expect("one JSON object");
    let note = &report["notes"][0];
    assert_eq!((&note["severity"], &note["plugin"]), (&"note".into(), &"Absent".into()), "{report}");
    assert_eq!(report["problems"].as_array().map(Vec::len), Some(0), "{report}");
}

#[test]
fn an_address_on_which_no_daemon_can_listen_keeps_it_from_starting() {
    for (host, words) in [
        ("192.0.2.1", "this host does not have that address"),
        ("127.0.0.1:8086", "write `bind_host: 127.0.0.1` and `bind_port: 8086`"),
        ("no.such.host.invalid", "bind_host no.such.host.invalid: "),
    ] {
        let config = Config::new().address(&format!("bind_host: '{host}'\nbind_port: 0\nallow: 127.0.0.1"));
        let config = config.plugin("A", "Command: echo a");
        let output = check(&config, &[]);
        output.expect_code(1);
        expect_line(&output.stderr, &["ERROR", "smokerd.yaml:", &format!("bind_host {host}"), words]);
        expect_line(&output.stderr, &["smokerd.yaml: the daemon would not start"]);
        let output = check(&config, &["-o", "json"]);
        let report: Json = serde_json::from_str(&output.stdout).expect("one JSON object");
        assert_eq!(
            (&report["loads"], &report["problems"][0]["severity"]),
            (&false.into(), &"fatal".into()),
            "{report}"
        );
    }
}

/// The line of the file that a line of the report is about.
fn line_of(reported: &str) -> Option<usize> {
    reported.split_once("smokerd.yaml:")?.1.split_once(':')?.0.parse().ok()
}

#[test]
fn everything_that_is_wrong_is_reported_in_one_pass() {
    let config = Config::new()
        .address("bind_port: x\nallow: y")
        .top("nr_concurent: 3\nInterval: 5")
        .action("Tell", "Command: date +%Y\nuid: nobody\nAction: Tell\nParser: tap")
        .plugin("A", "Command: date +%Y\nTimeout: 5min\nInterval: 5min\nAction: Tel\nStdin: jsn\nHistory: 0")
        .plugin("B", "Command: 'x'\nAction: Tell\nuid: nosuchaccount\ngid: 0")
        .plugin("C", "Interval: 5\nWhole:\n  Command: uptime");
    let output = check(&config, &[]);
    output.expect_code(1);
    for words in [
        &["WARNING", "nr_concurent is ignored", "did you mean nr_concurrent_plugins?"][..],
        &["WARNING", "Interval is a parameter of plugins"],
        &["WARNING", "Action Tell: uid is ignored in an action", "account of its plugin"],
        &["WARNING", "Action Tell: Action is ignored", "[A, B]"],
        &["WARNING", "Action Tell: Parser is ignored"],
        &["ERROR", "Plugin A not loaded: Timeout", "write 5m"],
        &["ERROR", "Plugin A not loaded: Interval", "write 5m"],
        &["ERROR", "Plugin A not loaded: Action Tel", "did you mean Tell?"],
        &["WARNING", "Plugin A: Stdin has to be json"],
        &["ERROR", "Plugin A: every run will fail", "`date +%%Y`"],
        &["WARNING", "Plugin A: History is 0"],
        &["ERROR", "Plugin B: every run of its action Tell will fail"],
        &["WARNING", "Plugin B: every run will fail: unknown user"],
        &["ERROR", "Plugin C not loaded", "there is one below `Whole:`"],
        &["ERROR: ", "bind_port has to be"],
        &["ERROR: ", "allow has to be"],
    ] {
        expect_line(&output.stderr, words);
    }
    let output = check(&config, &["-o", "json"]);
    let report: Json = serde_json::from_str(&output.stdout).expect("one JSON object");
    let fatal: Vec<_> =
        report["problems"].as_array().expect("a list").iter().filter(|it| it["severity"] == "fatal").collect();
    assert!(fatal.len() == 2 && fatal.iter().all(|it| it["line"].is_u64()), "{report}");
}

#[test]
fn a_file_of_a_folder_names_the_whole_configuration() {
    let sandbox = Sandbox::new();
    for (file, text) in [
        ("common.yaml", "bind_port: 0\n"),
        ("template.d/BasePlugin.yaml", "Timeout: 5\n"),
        ("plugin.d/Disk.yaml", "Command: df\n"),
        ("plugin.d/Broken.yaml", "Command: \"df\n"),
    ] {
        let path = sandbox.path(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("writable");
    }
    for file in ["plugin.d/Disk.yaml", "plugin.d/Broken.yaml", "template.d/BasePlugin.yaml", "common.yaml"] {
        let path = format!("{{{{DIR}}}}/{file}");
        let output = cli::smokerd(&sandbox, &["--check", "--logging-conf=", "-c", &path]);
        output.expect_code(1);
        let folder = format!("name that one: -c {}", sandbox.path("").display());
        expect_line(&output.stderr, &["is a part of the configuration", folder.trim_end_matches('/')]);
    }
}

#[test]
fn an_open_address_and_a_taken_port_are_reported() {
    let holder = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = holder.local_addr().expect("bound").port();
    let output =
        check(&Config::new().address(&format!("bind_host: 0.0.0.0\nbind_port: {port}")).plugin("A", "Command: x"), &[]);
    output.expect_code(3);
    expect_line(&output.stderr, &["smokerd.yaml:", "bind_host is 0.0.0.0 without allow"]);
    expect_line(&output.stderr, &["smokerd.yaml:", &format!("bind_port {port} is taken by ")]);
    expect_line(&output.stderr, &["the daemon would start once the port is free"]);
    let allowed = Config::new().address("bind_host: 0.0.0.0\nbind_port: 0\nallow: 127.0.0.1").plugin("A", "Command: x");
    check(&allowed, &[]).expect_code(0);
}

#[test]
fn an_address_is_not_open_where_the_daemon_asks_who_a_client_is() {
    const OPEN: &str = "bind_host is 0.0.0.0 without allow";
    for (settings, file, content, is_open) in [
        ("", "authorized_clients", "# none yet\n", true),
        ("", "authorized_clients", "sha256:typo role=run\n", false),
        ("access: open", "authorized_clients", "sha256:typo role=run\n", true),
        ("access: authenticated", "tokens", "# none yet\n", false),
        ("", "tokens", "backup\n", false),
        // An identity that was withdrawn.
        ("", "authenticated", "since 2026-01-01T00:00:00Z\n", false),
    ] {
        let sandbox = Sandbox::new();
        let address = format!("bind_host: 0.0.0.0\nbind_port: 0\nstate_dir: {{{{DIR}}}}/state\n{settings}");
        Config::new().address(&address).plugin("A", "Command: echo a").write(&sandbox).expect("writable");
        fs::create_dir(sandbox.path("state")).expect("writable");
        fs::set_permissions(sandbox.path("state"), fs::Permissions::from_mode(0o700)).expect("ours");
        fs::write(sandbox.path("state").join(file), content).expect("writable");
        let output = cli::smokerd(&sandbox, &["--check", "--logging-conf=", "-c", "{{DIR}}/smokerd.yaml"]);
        assert_eq!(output.stderr.contains(OPEN), is_open, "{settings} {file} {content}: {}", output.stderr);
    }
    let sandbox = Sandbox::new();
    let address = "bind_host: 0.0.0.0\nbind_port: 0\nstate_dir: {{DIR}}/state";
    Config::new().address(address).plugin("A", "Command: echo a").write(&sandbox).expect("writable");
    let with_config = |options: &[&str]| cli::smokerd(&sandbox, &[options, &["-c", "{{DIR}}/smokerd.yaml"]].concat());
    let output = with_config(&["--check", "--logging-conf="]);
    output.expect_code(3);
    expect_line(&output.stderr, &["smokerd.yaml:", OPEN]);
    with_config(&["--token", "add", "backup", "--role", "read"]).expect_code(0);
    with_config(&["--check", "--logging-conf="]).expect_code(0);
}

#[test]
fn programs_get_json_and_strict_scripts_their_exit_code() {
    let problem = Config::new().plugin("A", "Command: x\nHistory: 0");
    let output = check(&problem, &["-o", "json"]);
    output.expect_code(3);
    assert_eq!(output.stderr, "");
    let report: Json = serde_json::from_str(&output.stdout).expect("one JSON object");
    assert_eq!(report["loads"], true);
    let [only] = report["problems"].as_array().expect("a list").as_slice() else { panic!("{report}") };
    assert_eq!((&only["severity"], &only["plugin"]), (&"warning".into(), &"A".into()));
    assert!(only["file"].as_str().is_some_and(|file| file.ends_with("smokerd.yaml")) && only["line"].is_u64());
    check(&problem, &["--strict"]).expect_code(1);
    check(&Config::new().plugin("A", "Command: x"), &["--strict"]).expect_code(0);
    let broken = check(&Config::whole("plugins: ["), &["-o", "json"]);
    broken.expect_code(1);
    let report: Json = serde_json::from_str(&broken.stdout).expect("one JSON object");
    assert_eq!((&report["loads"], &report["problems"][0]["severity"]), (&false.into(), &"fatal".into()));
}

#[test]
fn nothing_is_shown_of_a_file_that_is_no_configuration() {
    let sandbox = Sandbox::new();
    for content in [
        "root:$y$secretword:19000:0:99999:7:::\nbin:*:19000:0:99999:7:::\n",
        "secretword: 1\nsecretword: 2\n",
        "secretword = 5\nother = 6\n",
        "[secretword\nx: y\n",
        "key: 'secretword\nx: y\n",
        "a: *secretword\n",
        "secretword: 2024-13-45\n",
        "-----BEGIN KEY-----\nsecretword\n",
    ] {
        fs::write(sandbox.path("other"), content).expect("writable");
        let output = cli::smokerd(&sandbox, &["--check", "--logging-conf=", "-c", "{{DIR}}/other"]);
        output.expect_code(1);
        assert!(!output.text().contains("secretword"), "{content}: {}", output.text());
        assert!(output.stderr.contains("/other"), "{}", output.stderr);
    }
}

#[test]
fn what_the_indentation_or_a_template_broke_is_named() {
    for (body, words) in [
        ("Command: x\n  Interval: 5", &["Interval: 5", "indented wrongly", "same indentation"][..]),
        ("Command: x\nNest:\n    a: 1\n  b: 2", &["indented wrongly", "align it"]),
        ("Command: x\nUrl: {{ host }}", &["left unexpanded", "quote it"]),
    ] {
        let output = check(&Config::new().plugin("A", body), &[]);
        output.expect_code(1);
        for word in words {
            assert!(output.stderr.contains(word), "{body}: {}", output.stderr);
        }
    }
}
