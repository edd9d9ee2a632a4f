//! What Python's `logging.config.fileConfig` makes of a configuration is what
//! the daemon makes of it.

use std::fs;

use smoker_tests::cli;
use smoker_tests::config::hello;
use smoker_tests::machine::skip::program;
use smoker_tests::wait;

use crate::logging::fileconfig::{boot, told};

/// Formats whose lines do not depend on who writes them; `@` stands for a
/// percent sign in the table alone.
const FORMATS: &[(&str, &str, &str)] = &[
    ("%(levelname)s %(name)s %(message)s", "", "%"),
    ("[%(levelname)-8s] %(name)25s|%(message).10s| 100%%", "", "%"),
    ("%(levelno)05d %(levelno)x %(levelno)+d %(levelno)8.3f %(levelno)s", "", "%"),
    ("%(levelname).1s %(levelname)r %(name)-30s|", "", "%"),
    ("%(processName)s|%(exc_text)s|%(exc_info)10s", "", "%"),
    ("{levelname:<10}|{name:>25}|{message!r:.12}|{levelno:#x} {levelno:^8}{{}}", "", "{"),
    ("{levelno:08.2f} {levelname:*^11} {levelno:+}", "", "{"),
    ("$levelname ${name} $$ $message", "", "$"),
    ("%(asctime)s %(message)s", "%Y", "%"),
    ("%(asctime)s", "%d/%b/%Y %j week %V %A of %B %C%y %%", "%"),
    ("%(asctime)s", "%D %F %e %h %u %w %U %W %G", "%"),
    ("%(asctime)s", "%z year %Ey day %-d", "%"),
    ("", "", "%"),
    ("two\n  lines: %(message)s", "", "%"),
];

/// A configuration with a file for each format.
fn ini(folder: &str) -> String {
    let names: Vec<_> = (0..FORMATS.len()).map(|number| format!("f{number}")).collect();
    let keys = names.join(", ");
    let mut text = format!(
        "[loggers]\nkeys: root,smokerd\n[handlers]\nkeys: {keys}\n[formatters]\nkeys: {keys}\n\
         [logger_root]\nhandlers: \nlevel: WARNING\n\
         [logger_smokerd]\nqualname: smokerd\nlevel: INFO\nhandlers: {keys}\n"
    );
    for (name, (format, date, style)) in names.iter().zip(FORMATS) {
        let date = if date.is_empty() { String::new() } else { format!("datefmt: {date}\n") };
        let section = format!(
            "[handler_{name}]\nclass: FileHandler\nformatter: {name}\nargs: ('{folder}/{name}.log', 'a')\n\
             [formatter_{name}]\nformat: {format}\nstyle: {style}\n{date}"
        );
        text.push_str(&section);
    }
    text
}

/// Logs the same as the daemon does at its start.
const PROGRAM: &str = "
import logging, logging.config, sys
logging.config.fileConfig(sys.argv[1])
logging.getLogger('smokerd').info('Starting daemon')
logging.getLogger('smokerd.pluginmanager').info('Loaded plugin hello')
";

#[test]
fn the_daemon_writes_what_python_writes() {
    let Some(python) = program("python3", "install python3") else { return };
    let config = hello().file("python.ini", &ini("{{DIR}}/python").replace("\n  lines", "\n\t lines"));
    let config = config.file("python/made", "").file("program.py", PROGRAM);
    let daemon = boot(config, &ini("{{DIR}}/ours")).start();
    let folder = daemon.path("");
    let mut command = std::process::Command::new(python);
    command.arg(folder.join("program.py")).arg(folder.join("python.ini"));
    cli::run(&mut command).expect_code(0);
    assert_eq!(told(&daemon), "", "nothing to complain of");

    for (number, (format, ..)) in FORMATS.iter().enumerate() {
        let theirs = fs::read_to_string(folder.join(format!("python/f{number}.log"))).expect("Python has written");
        let ours = wait::until("our lines", || {
            let ours = fs::read_to_string(folder.join(format!("ours/f{number}.log"))).unwrap_or_default();
            let count = theirs.lines().count();
            let lines: Vec<_> = ours.lines().map(str::to_owned).collect();
            (lines.len() >= count).then(|| lines[..count].join("\n") + "\n")
        });
        assert_eq!(ours, theirs, "{format}");
    }
}
