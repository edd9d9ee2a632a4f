//! `logging.ini`, in the format of Python's `logging.config`.
//!
//! Parts: the file; a message.

use std::fs;

use smoker_logging::fileconfig::load;
use tempfile::TempDir;

use crate::inputs::fields::{Fields, joined};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::place;

pub(crate) const TARGET: Target = Target {
    name: "logging",
    about: "logging.ini, and the lines of its formats",
    check,
    make: |random| joined(&[&file(random), &random.word()]),
    words: &WORDS,
    time: limits::TIME,
};

thread_local! {
    static FOLDER: TempDir = place::folder();
}

fn check(input: &[u8]) -> String {
    let fields = Fields::of(input);
    let path = FOLDER.with(|folder| folder.path().join("logging.ini"));
    fs::write(&path, fields.bytes(0)).expect("the folder is writable");
    let start = format!("{}:", path.display());
    match load::load(&path) {
        Ok((plan, problems)) => {
            let lines = plan.samples("smokerd", &fields.text(1));
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            // Python takes a carriage return alone for the end of a line, too.
            let text = String::from_utf8_lossy(fields.bytes(0)).replace("\r\n", "\n").replace('\r', "\n");
            let lines_of_file = text.lines().count().max(1);
            for problem in &problems {
                let place = problem.strip_prefix(&start).unwrap_or_else(|| panic!("{problem} has no place"));
                let line: usize = place.split_once(':').and_then(|(line, _)| line.parse().ok()).expect("a line");
                assert!((1..=lines_of_file).contains(&line), "{problem}: the file has {lines_of_file} lines");
            }
            let first = problems.first().map(|problem| problem.replace(&start, "")).unwrap_or_default();
            format!("{} {first}", "handler ".repeat(lines.len().min(3)))
        }
        Err(error) => error.to_string().replace(&path.display().to_string(), ""),
    }
}

fn file(random: &mut Random) -> String {
    if random.one_in(6) {
        return random.texts(&WORDS, 40);
    }
    let names = |random: &mut Random| random.joined(3, ",", |random| random.pick(&NAMES).to_owned());
    let mut text = format!(
        "[loggers]\nkeys=root,{}\n[handlers]\nkeys={}\n[formatters]\nkeys={}\n",
        names(random),
        names(random),
        names(random)
    );
    for kind in ["logger", "handler", "formatter"] {
        let sections = random.joined(4, "", |random| {
            let name = if kind == "logger" && random.one_in(2) { "root" } else { random.pick(&NAMES) };
            format!("[{kind}_{name}]\n{}", random.joined(5, "", |random| setting(random, kind)))
        });
        text += &sections;
    }
    text
}

fn setting(random: &mut Random, kind: &str) -> String {
    let (name, value) = match (kind, random.below(5)) {
        ("logger" | "handler", 0) => ("level", random.pick(&LEVELS).to_owned()),
        ("logger", 1) => ("propagate", random.number()),
        ("logger", 2) => ("qualname", random.pick(&["smokerd", "smokerd.pluginmanager", "", "a b"]).to_owned()),
        ("logger", _) => ("handlers", random.joined(3, ",", |random| random.pick(&NAMES).to_owned())),
        ("handler", 1) => ("formatter", random.pick(&NAMES).to_owned()),
        ("handler", 2) => ("args", format!("({})", random.joined(4, ", ", literal))),
        ("handler", 3) => (
            "kwargs",
            format!("{{{}}}", random.joined(3, ", ", |random| format!("{}: {}", literal(random), literal(random)))),
        ),
        ("handler", _) => ("class", random.pick(&CLASSES).to_owned()),
        (_, 0) => ("datefmt", random.texts(&FORMATS, 6)),
        (_, 1) => ("style", random.pick(&["%", "{", "$", "x"]).to_owned()),
        (_, 2) => ("class", random.pick(&["logging.Formatter", "my.Formatter", ""]).to_owned()),
        (_, _) => ("format", random.texts(&FORMATS, 10)),
    };
    format!("{name}{}{value}\n", random.pick(&["=", ": ", " = "]))
}

fn literal(random: &mut Random) -> String {
    match random.below(4) {
        0 => random.number(),
        1 => format!(
            "'{}'",
            random.texts(
                &["\\n", "\\x41", "\\u00e9", "\\N{DASH}", "\\", "/tmp/x", "a", "'", "\"", "é", "/dev/log", "local0"],
                3
            )
        ),
        _ => random.pick(&LITERALS).to_owned(),
    }
}

const NAMES: [&str; 8] = ["root", "a", "b", "a", "syslog", "", " a ", "a b"];

const LEVELS: [&str; 9] = ["DEBUG", "INFO", "WARN", "CRITICAL", "NOTSET", "debug", "15", "", "Level 9"];

const CLASSES: [&str; 14] = [
    "StreamHandler",
    "logging.StreamHandler",
    "FileHandler",
    "handlers.RotatingFileHandler",
    "handlers.TimedRotatingFileHandler",
    "handlers.WatchedFileHandler",
    "handlers.SysLogHandler",
    "logging.handlers.SysLogHandler",
    "NullHandler",
    "handlers.SMTPHandler",
    "handlers.MemoryHandler",
    "open('x')",
    "",
    "é",
];

const LITERALS: [&str; 30] = [
    "sys.stdout",
    "sys.stderr",
    "None",
    "True",
    "False",
    "()",
    "[]",
    "{}",
    "(1,)",
    "('localhost', 514)",
    "('localhost', handlers.SYSLOG_UDP_PORT)",
    "handlers.SysLogHandler.LOG_DAEMON",
    "'/dev/log'",
    "'w'",
    "'a'",
    "'midnight'",
    "'W0'",
    "'S'",
    "10*1024",
    "1 + 2",
    "b'a'",
    "r'\\n'",
    "u'a'",
    "'''a\nb'''",
    "\"a\" 'b'",
    "os.path.join('a')",
    "__import__('os')",
    "1e5",
    "0x1f",
    "-5",
];

const FORMATS: [&str; 54] = [
    "%(message)s",
    "%(levelname)-8s",
    "%(name)s",
    "%(asctime)s",
    "%(created)f",
    "%(created)d",
    "%(lineno)05d",
    "%(process)d",
    "%(thread)x",
    "%(msecs)03d",
    "%(mesage)s",
    "%(message)d",
    "%(message)99999s",
    "%(message).3s",
    "%(",
    "%",
    "%%",
    "%s",
    "{message}",
    "{levelname:<8}",
    "{created:.3f}",
    "{created:,}",
    "{lineno:>+010d}",
    "{message!r}",
    "{message!x}",
    "{message:99999}",
    "{name.x}",
    "{name[0]}",
    "{0}",
    "{}",
    "{{",
    "}}",
    "{",
    "}",
    "$message",
    "${levelname}",
    "$$",
    "$",
    "${",
    "$1",
    " ",
    "é",
    "\\n",
    "%Y-%m-%d",
    "%H:%M:%S",
    "%j",
    "%z",
    "%Z",
    "%Q",
    "%-d",
    "%f",
    "%c",
    "%%Y",
    "%E",
];

const WORDS: [&str; 42] = [
    "[loggers]\n",
    "[handlers]\n",
    "[formatters]\n",
    "[logger_root]\n",
    "[handler_a]\n",
    "[formatter_a]\n",
    "[DEFAULT]\n",
    "[",
    "]",
    "keys=root\n",
    "keys=a,b\n",
    "keys=\n",
    "level=INFO\n",
    "handlers=a\n",
    "class=StreamHandler\n",
    "args=(sys.stdout,)\n",
    "args=(",
    "kwargs={",
    "formatter=a\n",
    "format=%(message)s\n",
    "format=",
    "datefmt=%Y\n",
    "style={\n",
    "propagate=0\n",
    "qualname=smokerd\n",
    "=",
    ":",
    "\n",
    "\n  ",
    "\n\t",
    "# c\n",
    "; c\n",
    " ; c",
    "%(keys)s",
    "%(here)s",
    "%%",
    "${a:b}",
    "\r\n",
    "\u{feff}",
    "\0",
    "é",
    "a=1\na=2\n",
];
