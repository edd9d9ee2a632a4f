//! The environment of a run is what the daemon was started with, less what is
//! told to the daemon alone, and what `docs/plugins.md` lists; nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;

type Variables = BTreeMap<String, String>;

/// What a service manager tells the daemon alone.
const OF_THE_DAEMON: [(&str, &str); 4] = [
    ("JOURNAL_STREAM", "9:99999"),
    ("NOTIFY_SOCKET", "/nowhere/notify"),
    ("WATCHDOG_PID", "1"),
    ("WATCHDOG_USEC", "600000000"),
];

/// Prints its environment as text that is not taken for a result.
const SHOW: &str = "import json, os\nprint('environment ' + json.dumps(dict(os.environ)))\n";

/// Shows its own environment and that of a command.
const MODULE: &str = "import json, os, sys\n\
    from smoker.server.parser import BaseParser\n\
    from smoker.server.plugins import BasePlugin\n\n\
    def own():\n\
    \x20   return 'environment ' + json.dumps(dict(os.environ))\n\n\
    class Plugin(BasePlugin):\n\
    \x20   def run(self):\n\
    \x20       self.result.add_info(own())\n\
    \x20       self.result.add_info(self.execute([sys.executable, '-I', self.plugin.get_param('Show')])[0])\n\
    \x20       self.result.set_status('OK')\n\n\
    class Parser(BaseParser):\n\
    \x20   def parse(self):\n\
    \x20       self.result.add_info(own())\n\
    \x20       self.result.set_status('OK')\n\
    \x20       return self.result\n";

const PARAMETERS: &str = "Show: '{{DIR}}/show.py'\nMount point: /var\nPorts: [1, 2]\nTimeout: 20";

/// The interpreter itself: what stands in PATH can be a script that has its own ideas of an environment.
fn interpreter() -> String {
    let output =
        Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().expect("python3 runs");
    String::from_utf8(output.stdout).expect("a path").trim().to_owned()
}

fn daemon() -> Daemon {
    let python = interpreter();
    let config = Config::new()
        .top(&format!("python: {python}"))
        .file("show.py", SHOW)
        .file("shows.py", MODULE)
        .action("command", &format!("Command: exec {python} -I {{{{DIR}}}}/show.py\nTimeout: 7"))
        .action("module", "Module: shows\nTimeout: 7")
        .plugin("Of command", &format!("Command: exec {python} -I {{{{DIR}}}}/show.py\n{PARAMETERS}\nAction: command"))
        .plugin("Of module", &format!("Module: shows\n{PARAMETERS}\nAction: module"))
        .plugin("Of parser", &format!("Command: echo\nParser: shows\n{PARAMETERS}"));
    let boot = Boot::of(config).environment("ODD", "a=b\nc").environment("SMOKER_PLUGIN", "another's");
    OF_THE_DAEMON.iter().fold(boot, |boot, (name, value)| boot.environment(name, value)).start()
}

/// What the daemon itself was started with.
fn of_the_daemon(daemon: &Daemon) -> Variables {
    let environment = fs::read(format!("/proc/{}/environ", daemon.pid())).expect("it lives");
    let text = String::from_utf8(environment).expect("text");
    let variables = text.split('\0').filter_map(|variable| variable.split_once('='));
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What a run has to have: these variables in place of what the daemon has under their names.
fn expected(daemon: &Daemon, own: &[(&str, &str)]) -> Variables {
    let mut variables = of_the_daemon(daemon);
    for (name, _) in OF_THE_DAEMON {
        assert!(variables.remove(name).is_some(), "the daemon was told {name}");
    }
    of_shells(&mut variables);
    with(&variables, own)
}

fn with(variables: &Variables, more: &[(&str, &str)]) -> Variables {
    let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    variables.clone().into_iter().chain(more).collect()
}

/// The environment in a line that a run shows, without the number of the run and what shells add.
fn shown(line: &str) -> Variables {
    let text = line.strip_prefix("environment ").unwrap_or_else(|| panic!("no environment: {line}"));
    let mut variables: Variables = serde_json::from_str(text).expect("a mapping of texts");
    let number = variables.remove("SMOKER_RUN_ID").expect("every run has a number");
    assert!(number.len() == 19 && number.bytes().all(|digit| digit.is_ascii_digit()), "{number}");
    of_shells(&mut variables);
    variables
}

/// Shells have a say of their own in these.
fn of_shells(variables: &mut Variables) {
    for name in ["PWD", "OLDPWD", "SHLVL", "_"] {
        variables.remove(name);
    }
}

/// Fails, naming what differs, unless the line shows exactly these variables.
#[track_caller]
fn expect(line: &str, expected: &Variables) {
    let seen = shown(line);
    let names: BTreeSet<_> = seen.keys().chain(expected.keys()).collect();
    let different: Vec<_> = names.into_iter().filter(|name| seen.get(*name) != expected.get(*name)).collect();
    let different: Vec<_> = different.into_iter().map(|name| (name, seen.get(name), expected.get(name))).collect();
    assert!(different.is_empty(), "(name, seen, expected): {different:#?}");
}

#[test]
fn of_commands_and_their_actions() {
    let daemon = daemon();
    let show = daemon.path("show.py").display().to_string();
    let own = [
        ("SMOKER_PLUGIN", "Of command"),
        ("SMOKER_TIMEOUT", "20"),
        ("SMOKER_PARAM_MOUNT_POINT", "/var"),
        ("SMOKER_PARAM_SHOW", &show),
        // What every plugin has is a parameter, too.
        ("SMOKER_PARAM_COMMAND", &format!("exec {} -I {show}", interpreter())),
        ("SMOKER_PARAM_MODULE", "None"),
        ("SMOKER_PARAM_PARSER", "None"),
        ("SMOKER_PARAM_INTERVAL", "0"),
        ("SMOKER_PARAM_TIMEOUT", "20"),
        ("SMOKER_PARAM_HISTORY", "10"),
        ("SMOKER_PARAM_UID", "default"),
        ("SMOKER_PARAM_GID", "default"),
        ("SMOKER_PARAM_TEMPLATE", "None"),
    ];
    let outcome = daemon.run("Of command");
    let expected = expected(&daemon, &own);
    expect(outcome.info()[0], &expected);
    let action = outcome.action().expect("an action");
    let line = action.info()[0];
    let seen = shown(line);
    let since = seen.get("SMOKER_SINCE").expect("since when it has the status");
    let message = seen.get("SMOKER_MESSAGE").expect("the message");
    assert!(!message.is_empty() && outcome.info()[0].starts_with(message.as_str()), "{message}");
    let event = [("SMOKER_EVENT", "result"), ("SMOKER_STATE", "hard"), ("SMOKER_ATTEMPT", "1"), ("SMOKER_COUNT", "1")];
    let before = [("SMOKER_PREVIOUS_STATUS", ""), ("SMOKER_BAD_SINCE", ""), ("SMOKER_BAD_SECONDS", "")];
    let own = [("SMOKER_TIMEOUT", "7"), ("SMOKER_STATUS", "OK"), ("SMOKER_SINCE", since), ("SMOKER_MESSAGE", message)];
    expect(line, &with(&with(&with(&expected, &own), &event), &before));
}

#[test]
fn of_modules_and_whatever_they_start() {
    let daemon = daemon();
    let outcome = daemon.run("Of module");
    let expected = expected(&daemon, &[("SMOKER_PLUGIN", "Of module"), ("SMOKER_TIMEOUT", "20")]);
    for line in outcome.info() {
        expect(line, &expected);
    }
    for line in outcome.action().expect("an action").info() {
        expect(line, &with(&expected, &[("SMOKER_TIMEOUT", "7"), ("SMOKER_STATUS", "OK")]));
    }
    expect(daemon.run("Of parser").info()[0], &with(&expected, &[("SMOKER_PLUGIN", "Of parser")]));
}
