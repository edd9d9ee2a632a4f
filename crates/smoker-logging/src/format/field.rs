//! What a record has to offer to a format.

use smoker_model::suggest;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use smoker_model::value::Value;

use crate::records::record::Record;

/// An attribute of Python's `LogRecord`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    AscTime,
    Created,
    FileName,
    FuncName,
    LevelName,
    LevelNumber,
    LineNumber,
    Message,
    Module,
    Milliseconds,
    Name,
    PathName,
    Process,
    ProcessName,
    RelativeCreated,
    Thread,
    ThreadName,
    /// What a record of ours never has: `None` in Python, too.
    Nothing,
}

const FIELDS: [(&str, Field); 22] = [
    ("asctime", Field::AscTime),
    ("created", Field::Created),
    ("filename", Field::FileName),
    ("funcName", Field::FuncName),
    ("levelname", Field::LevelName),
    ("levelno", Field::LevelNumber),
    ("lineno", Field::LineNumber),
    ("message", Field::Message),
    ("msg", Field::Message),
    ("module", Field::Module),
    ("msecs", Field::Milliseconds),
    ("name", Field::Name),
    ("pathname", Field::PathName),
    ("process", Field::Process),
    ("processName", Field::ProcessName),
    ("relativeCreated", Field::RelativeCreated),
    ("thread", Field::Thread),
    ("threadName", Field::ThreadName),
    ("taskName", Field::Nothing),
    ("exc_info", Field::Nothing),
    ("exc_text", Field::Nothing),
    ("stack_info", Field::Nothing),
];

/// When the program started, as far as the log knows.
static START: LazyLock<SystemTime> = LazyLock::new(SystemTime::now);

impl Field {
    /// The field of this name, or what to say when there is none.
    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let named = FIELDS.iter().find(|(known, _)| *known == name).map(|(_, field)| *field);
        named.ok_or_else(|| {
            let known = FIELDS.map(|(name, _)| name);
            let near = suggest::near(name, &known).map(|near| format!("; did you mean {near}?"));
            format!("records have no field '{name}'{}", near.unwrap_or_default())
        })
    }

    pub(crate) fn name(self) -> &'static str {
        FIELDS.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| *name)
    }

    /// The value, with the type that it has in Python.
    pub(crate) fn value(self, record: &Record, asctime: &dyn Fn(&Record) -> String) -> Value {
        let text = |text: &str| Value::Text(text.to_owned());
        let path = record.metadata.and_then(tracing::Metadata::file).unwrap_or("(unknown file)");
        match self {
            Self::AscTime => Value::Text(asctime(record)),
            Self::Created => Value::Float(since(UNIX_EPOCH, record)),
            Self::FileName => text(&part_of(path, Path::file_name)),
            Self::FuncName => text("(unknown function)"),
            Self::LevelName => text(&record.level.name()),
            Self::LevelNumber => Value::Int(record.level.0.into()),
            Self::LineNumber => Value::Int(record.metadata.and_then(tracing::Metadata::line).unwrap_or(0).into()),
            Self::Message => text(&record.message),
            Self::Module => text(&part_of(path, Path::file_stem)),
            Self::Milliseconds => Value::Float(f64::from(milliseconds(record))),
            Self::Name => text(&record.logger),
            Self::PathName => text(path),
            Self::Process => Value::Int(std::process::id().into()),
            Self::ProcessName => text("MainProcess"),
            Self::RelativeCreated => Value::Float(since(*START, record) * 1000.0),
            Self::Thread => Value::Int(record.thread_number.into()),
            Self::ThreadName => match record.thread.name() {
                None => Value::Text(format!("Thread-{}", record.thread_number)),
                Some("main") => text("MainThread"),
                Some(name) => text(name),
            },
            Self::Nothing => Value::Null,
        }
    }
}

/// Lets the clock of `relativeCreated` begin.
pub(crate) fn start_clock() {
    LazyLock::force(&START);
}

/// The milliseconds of the second.
pub(crate) fn milliseconds(record: &Record) -> u32 {
    record.created.duration_since(UNIX_EPOCH).map_or(0, |since| since.subsec_millis())
}

fn since(start: SystemTime, record: &Record) -> f64 {
    record.created.duration_since(start).map_or(0.0, |since| since.as_secs_f64())
}

fn part_of(path: &str, part: impl Fn(&Path) -> Option<&std::ffi::OsStr>) -> String {
    part(Path::new(path)).unwrap_or_default().to_string_lossy().into_owned()
}
