//! Which logger a record belongs to, and who takes it.

use std::fs;

use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::wait;

use crate::logging::fileconfig::{boot, one_handler};

const INI: &str = "
# Comments, both kinds of delimiters, lines that go on, and defaults.
[DEFAULT]
folder: {{DIR}}
; the format is read as it stands
[loggers]
keys = root, rest,
    module
[handlers]
keys = all, rest, module, errors
[formatters]
keys = short

[logger_root]
level = WARNING
handlers = all, errors
[logger_rest]
level = INFO
handlers = rest
qualname = smokerd.restserver
propagate = 0
[logger_module]
level = DEBUG
handlers = module
qualname = checks

[handler_all]
class = FileHandler
formatter = short
args = ('%(folder)s/all.log', 'a')
[handler_rest]
class = logging.FileHandler
formatter = short
args = ('%(folder)s/rest.log',)
[handler_module]
class = logging.handlers.WatchedFileHandler
formatter = short
args = ('%(folder)s/module.log',)
[handler_errors]
class = FileHandler
level = CRITICAL
formatter = short
args = ('%(folder)s/errors.log',)

[formatter_short]
format = %(levelname)s %(name)s %(message)s
";

const MODULE: &str = "import logging
from smoker.server.plugins import BasePlugin
class Plugin(BasePlugin):
    def run(self):
        log = logging.getLogger('checks.web')
        log.debug('looking')
        log.log(25, 'odd')
        log.critical('down')
        logging.getLogger('elsewhere').info('unheard')
        print('printed')
        self.result.set_status('OK')
        return self.result
";

fn log(daemon: &Daemon, name: &str) -> String {
    fs::read_to_string(daemon.path(name)).unwrap_or_default()
}

#[test]
fn loggers_levels_and_propagation_are_honoured() {
    let config = hello().plugin("python", "Module: looker").plugin("bad", "Timeout: 0").file("looker.py", MODULE);
    let daemon = boot(config, INI).start();
    assert_eq!(daemon.run("python").status(), "OK");
    assert_eq!(daemon.get("/seen-by-rest").status, 404);
    wait::until_true("the last lines", || {
        log(&daemon, "rest.log").contains("/seen-by-rest") && log(&daemon, "errors.log").contains("down")
    });

    wait::until_true("what the module prints, on standard output", || daemon.console().contains("printed\n"));

    let module = log(&daemon, "module.log");
    assert_eq!(
        module,
        "DEBUG checks.web Plugin python: looking\nLevel 25 checks.web Plugin python: odd\nCRITICAL checks.web Plugin python: down\n"
    );
    assert_eq!(log(&daemon, "errors.log"), "CRITICAL checks.web Plugin python: down\n");
    let all = log(&daemon, "all.log");
    expect_line(&all, &["ERROR smokerd.pluginmanager", "Plugin bad not loaded"]);
    expect_line(&all, &["DEBUG checks.web Plugin python: looking"]);
    assert!(!all.contains("INFO") && !all.contains("restserver") && !all.contains("unheard"), "{all}");
    let rest = log(&daemon, "rest.log");
    expect_line(&rest, &["INFO smokerd.restserver Starting webserver on"]);
    assert!(rest.lines().all(|line| line.starts_with("INFO smokerd.restserver ")), "{rest}");
}

/// Python's levels are more than ours.
#[test]
fn a_level_above_ours_or_between_them_holds_too() {
    for (level, expected) in [("CRITICAL", "CRITICAL down\n"), ("25", "Level 25 odd\nCRITICAL down\n")] {
        let ini =
            one_handler("class=FileHandler\nargs=('{{DIR}}/log',)").replace("level=INFO", &format!("level={level}"));
        let ini = ini.replace("<%(levelname)s> %(name)s: %(message)s", "%(levelname)s %(message)s");
        let config = hello().plugin("python", "Module: looker").file("looker.py", MODULE);
        let daemon = boot(config, &ini).start();
        assert_eq!(daemon.run("python").status(), "OK");
        let expected = expected.replace(" odd", " Plugin python: odd").replace(" down", " Plugin python: down");
        wait::until_true("the last line", || log(&daemon, "log").contains("down"));
        assert_eq!(log(&daemon, "log"), expected, "{level}");
    }
}
