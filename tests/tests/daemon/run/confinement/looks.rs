//! A look at a run from inside: commands, modules, parsers and actions show what they got from the daemon.

use std::net::{TcpListener, TcpStream};

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::processes;
use smoker_tests::wait;

/// What `module` adds around `looks.look()`. `{FIRST}` is done before the module looks.
const MODULE: &str = "import os, signal\n\
    from smoker.server.parser import BaseParser\n\
    from smoker.server.plugins import BasePlugin\n\
    import looks\n\n\
    class Plugin(BasePlugin):\n\
    \x20   def run(self):\n\
    \x20       {FIRST}\n\
    \x20       for line in looks.look(): self.result.add_info(line)\n\
    \x20       self.result.set_status('OK')\n\n\
    class Parser(BaseParser):\n\
    \x20   def parse(self):\n\
    \x20       for line in looks.look(): self.result.add_info(line)\n\
    \x20       self.result.set_status('OK')\n\
    \x20       return self.result\n";

/// `exec`: the interpreter has to be what the daemon started.
const COMMAND: &str = "Command: |\n  exec python3 -I -c 'import sys; sys.path.insert(0, \"{{DIR}}\"); import looks; \
    print(*looks.look(), sep=\"\\n\")'";

/// Adds the module `looking`, which does `first` and shows the lines that `look()` of this script gives.
pub(super) fn with_files(config: Config, script: &str, first: &str) -> Config {
    config.file("looks.py", script).file("looking.py", &MODULE.replace("{FIRST}", first))
}

/// Adds plugins and actions of every kind that look, with these keys.
pub(super) fn with_every_kind(config: Config, keys: &str) -> Config {
    let (command, module) = (format!("{COMMAND}\n{keys}"), format!("Module: looking\n{keys}"));
    config
        .action("command", &command)
        .action("module", &module)
        .plugin("command", &format!("{command}\nAction: command"))
        .plugin("module", &format!("{module}\nAction: module"))
        .plugin("parser", &format!("Command: 'true'\nParser: looking\n{keys}"))
}

/// Fails unless all of [`with_every_kind`] see these lines.
pub(super) fn expect_everywhere(daemon: &Daemon, lines: &[&str]) {
    for name in ["command", "module", "parser"] {
        let outcome = daemon.run(name);
        outcome.expect_ok(lines);
        if name != "parser" {
            outcome.action().expect("an action").expect_ok(lines);
        }
    }
}

/// A built-in check that waits for an answer of this listener.
pub(super) fn waiting_built_in(silent: &TcpListener) -> String {
    let address = silent.local_addr().expect("an address");
    format!("Module: smoker.server.plugins.mongo\nHosts: ['{address}']\nTimeout: 15")
}

/// Runs such a check; gives its process, which lives as long as the connection.
pub(super) fn run_waiting(daemon: &Daemon, plugin: &str, silent: &TcpListener) -> (i32, TcpStream) {
    let _ = daemon.force(&[plugin]);
    let (connection, _) = silent.accept().expect("it asks");
    let built_in = wait::until("the built-in", || {
        processes::with_argument("__module").into_iter().find(|pid| daemon.processes().contains(pid))
    });
    (built_in, connection)
}
