//! What a logging configuration asks for and does not get is told by line.

use smoker_tests::boot::Boot;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::hello;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

use crate::logging::fileconfig::{boot, one_handler};

fn check(ini: &str) -> Output {
    let sandbox = Sandbox::new();
    hello().file("logging.ini", ini).write(&sandbox).expect("writable");
    let arguments = ["--check", "-c", "{{DIR}}/smokerd.yaml", "--logging-conf", "{{DIR}}/logging.ini"];
    cli::smokerd(&sandbox, &arguments)
}

const ODD: &str = "[loggers]
keys=root,lost,odd
[handlers]
keys=mail,stream,file,syslog,good
[formatters]
keys=odd
[logger_root]
level=LOUD
handlers=mail,stream,nobody
[logger_odd]
level=INFO
handlers=good
propagate=yes
[handler_mail]
class=handlers.SMTPHandler
args=('mail', 'a@b', ['c@d'], 'Smoker')
[handler_stream]
class=StreamHandler
args=(open('x'),)
[handler_file]
class=FileHandler
kwargs={'filname': 'x'}
[handler_syslog]
class=handlers.SysLogHandler
args=('/dev/log', 'nonsense')
[handler_good]
class=NullHandler
formatter=missing
[formatter_odd]
format=%(mesage)s
datefmt=%Q
class=my.Formatter
";

#[test]
fn everything_is_reported_by_line() {
    let output = check(ODD);
    output.expect_code(3);
    for (line, words) in [
        (2, "logger 'lost' has no section [logger_lost]"),
        (8, "level has to be one of"),
        (9, "handler 'nobody' is not listed"),
        (10, "[logger_odd] has no 'qualname'"),
        (15, "handler class handlers.SMTPHandler is not supported"),
        (19, "calls are not supported"),
        (22, "there is no argument 'filname'; did you mean filename?"),
        (25, "argument 'facility' has to be a name"),
        (28, "formatter 'missing' is not listed"),
        (30, "records have no field 'mesage'; did you mean message?"),
        (31, "'%Q' in datefmt"),
        (32, "formatter class my.Formatter is not supported"),
    ] {
        expect_line(&output.stderr, &[&format!("logging.ini:{line}: "), words]);
    }
    expect_line(&output.stderr, &["12 problems found"]);
}

#[test]
fn a_daemon_lives_with_what_it_cannot_honour() {
    let daemon = boot(hello(), ODD).start();
    daemon.run("hello").expect_ok(&["hello"]);
    expect_line(&daemon.console(), &["WARNING: ", "logging.ini:15: handler class handlers.SMTPHandler"]);
}

#[test]
fn without_any_handler_the_usual_ones_are_used() {
    let daemon = boot(hello(), &one_handler("class=handlers.SMTPHandler")).start();
    let log = daemon.log();
    expect_line(&log, &["WARNING: ", "logging.ini: no handler is left"]);
    expect_line(&log, &["INFO: Loaded plugin hello"]);
}

#[test]
fn a_named_file_that_is_no_logging_configuration_ends_the_start() {
    for (ini, words) in [
        ("version: 1\n", "logging.ini:1: 'version: 1' comes before the first section header"),
        ("[loggers]\nkeys\n", "logging.ini:2: 'keys' is neither"),
        ("[loggers]\nkeys=root\n", "section [formatters] is missing"),
        ("", "section [formatters] is missing"),
    ] {
        let boot = Boot::in_background(hello().file("logging.ini", ini));
        let boot = boot.argument("--logging-conf").argument("{{DIR}}/logging.ini");
        for boot in [boot.clone(), boot.argument("--check")] {
            let output = boot.prepare().launch();
            output.expect_code(1);
            expect_line(&output.stderr, &["ERROR: ", words]);
        }
    }
    // As in the original, one that is not there is not used.
    let boot = Boot::in_background(hello()).argument("--logging-conf").argument("{{DIR}}/nowhere.ini");
    let output = boot.argument("--check").prepare().launch();
    output.expect_code(3);
    expect_line(&output.text(), &["WARNING", "nowhere.ini does not exist", "make the file, or remove the option"]);
    let daemon = Boot::of(hello()).argument("--logging-conf").argument("{{DIR}}/nowhere.ini").start();
    daemon.run("hello").expect_ok(&["hello"]);
    expect_line(&daemon.log(), &["WARNING", "nowhere.ini does not exist"]);
}

#[test]
fn a_good_one_has_no_problems() {
    let output = check(&one_handler("class=StreamHandler\nargs=(sys.stdout,)"));
    output.expect_code(0);
}
