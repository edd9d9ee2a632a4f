//! Python's logging arrives in our log.

use crate::fixture::{Check, Modules, wait_for_log};

#[test]
fn records_keep_level_logger_and_plugin() {
    let modules = Modules::new();
    let body = "import logging\nlog = logging.getLogger('smokerd.mine')\nlog.debug('d %s', 1)\nlog.info('i')\n\
                log.warning('w\\nx')\nlog.critical('c')\nlogging.error('root')\nlog.log(25, 'č')\n\
                try:\n    1 / 0\nexcept ZeroDivisionError: log.exception('with trace')";
    modules.run_body("logs", body);
    for (level, text) in [
        ("DEBUG", "d 1 logger=\"smokerd.mine\" levelno=10"),
        ("INFO", "i logger=\"smokerd.mine\" levelno=20"),
        ("WARN", "w"),
        ("ERROR", "c logger=\"smokerd.mine\" levelno=50"),
        ("ERROR", "root logger=\"root\" levelno=40"),
        ("INFO", "č logger=\"smokerd.mine\" levelno=25"),
        ("ERROR", "with trace"),
    ] {
        wait_for_log(&[level, &format!("Plugin check-logs: {text}")]);
    }
}

#[test]
fn a_flood_of_output_is_cut_and_harms_nobody() {
    let modules = Modules::new();
    modules.run_body("flood", "for n in range(200000): print('x' * 99)");
    wait_for_log(&["WARN", "Plugin check-flood prints more than"]);
}

#[test]
fn an_exception_leaves_its_trace_in_the_log() {
    let modules = Modules::new();
    modules.run_body("traced", "raise ValueError('lost')");
    wait_for_log(&["Plugin check-traced: module execution failed: lost"]);
    wait_for_log(&["Traceback (most recent call last)"]);
    // What came of a run is said in the words of the original's log.
    modules.file("fails.py", "class Plugin:\n    def __init__(self, worker): raise ValueError('not made')\n");
    modules.file("reads.py", "class Parser:\n    def __init__(self, stdout, stderr): raise ValueError('not made')\n");
    for (check, words) in [
        (Check::module("fails"), "can't initialize plugin module: not made"),
        (Check::module("no_such_module"), "can't load module no_such_module: No module named 'no_such_module'"),
        (Check::parsed("echo one", "reads"), "can't initialize parser: not made"),
        (
            Check::parsed("echo one", "no_such_parser"),
            "can't load parser no_such_parser: No module named 'no_such_parser'",
        ),
    ] {
        modules.run(&check);
        wait_for_log(&[words]);
    }
}
