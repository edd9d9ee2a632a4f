//! The handler classes of Python and what their arguments mean.

use std::path::PathBuf;

use crate::fileconfig::arguments::{Arguments, Bound};
use crate::ini::literal::Literal;
use crate::plan::interval::{Interval, When};
use crate::plan::standard_stream::StandardStream;
use crate::plan::syslog_address::{Address, Transport};
use crate::plan::syslog_priority;
use crate::plan::target::{FilePlan, Rotation, Target};

/// Why a handler cannot be made: its class or its arguments.
#[derive(Debug)]
pub(crate) enum HandlerError {
    Class(String),
    Arguments(String),
}

/// A target and notes on what differs from the configuration.
type Built = (Target, Vec<String>);

/// The port of syslog.
const SYSLOG_PORT: u16 = 514;

/// The target of a class.
pub(crate) fn target(class: &str, arguments: Arguments) -> Result<Built, HandlerError> {
    let name = class.strip_prefix("logging.").unwrap_or(class);
    let build: fn(Arguments) -> Result<Built, String> = match name {
        "StreamHandler" => stream,
        "NullHandler" => |_| Ok((Target::Null, Vec::new())),
        "FileHandler" => file,
        "handlers.WatchedFileHandler" => watched,
        "handlers.RotatingFileHandler" => rotating,
        "handlers.TimedRotatingFileHandler" => timed,
        "handlers.SysLogHandler" => syslog,
        _ => {
            let known = "StreamHandler, FileHandler, NullHandler, handlers.RotatingFileHandler, \
                         handlers.TimedRotatingFileHandler, handlers.WatchedFileHandler and handlers.SysLogHandler";
            return Err(HandlerError::Class(format!("handler class {class} is not supported, only {known}")));
        }
    };
    build(arguments).map_err(HandlerError::Arguments)
}

fn stream(arguments: Arguments) -> Result<Built, String> {
    let bound = arguments.bind(&["stream"])?;
    let stream = match bound.get("stream") {
        None => StandardStream::Stderr,
        Some(Literal::Name(name)) if name == "sys.stderr" => StandardStream::Stderr,
        Some(Literal::Name(name)) if name == "sys.stdout" => StandardStream::Stdout,
        Some(_) => return Err("the stream has to be sys.stdout or sys.stderr".to_owned()),
    };
    Ok((Target::Stream(stream), Vec::new()))
}

fn file(arguments: Arguments) -> Result<Built, String> {
    let bound = arguments.bind(&["filename", "mode", "encoding", "delay", "errors"])?;
    file_target(&bound, Rotation::None, may_truncate(&bound)?)
}

fn watched(arguments: Arguments) -> Result<Built, String> {
    let bound = arguments.bind(&["filename", "mode", "encoding", "delay", "errors"])?;
    file_target(&bound, Rotation::Watched, may_truncate(&bound)?)
}

fn rotating(arguments: Arguments) -> Result<Built, String> {
    let names = ["filename", "mode", "maxBytes", "backupCount", "encoding", "delay", "errors"];
    let bound = arguments.bind(&names)?;
    let max_bytes = bound.number("maxBytes")?.unwrap_or(0);
    let backups = backups(&bound)?;
    // As Python documents it: with either of them 0 the file is never rotated.
    let rotation = if max_bytes > 0 && backups > 0 { Rotation::BySize { max_bytes, backups } } else { Rotation::None };
    // A file with a limit is appended to, else a restart would lose what the limit was to keep.
    file_target(&bound, rotation, may_truncate(&bound)? && max_bytes == 0)
}

fn timed(arguments: Arguments) -> Result<Built, String> {
    let names = ["filename", "when", "interval", "backupCount", "encoding", "delay", "utc", "atTime", "errors"];
    let bound = arguments.bind(&names)?;
    let when = bound.text("when")?.unwrap_or("h");
    let when = When::parse(when)
        .ok_or_else(|| format!("argument 'when' has to be S, M, H, D, midnight, or W0 to W6, not '{when}'"))?;
    let count = bound.number("interval")?.unwrap_or(1);
    let count = u32::try_from(count).ok().filter(|count| (1..=100_000).contains(count));
    let count = count.ok_or("argument 'interval' has to be from 1 to 100000")?;
    let interval = Interval { when, count, is_utc: bound.flag("utc")? };
    let rotation = Rotation::ByTime { interval, backups: backups(&bound)? };
    let (target, mut problems) = file_target(&bound, rotation, false)?;
    if bound.get("atTime").is_some() {
        problems.push("argument 'atTime' is not supported; the day ends at midnight".to_owned());
    }
    Ok((target, problems))
}

fn backups(bound: &Bound) -> Result<usize, String> {
    Ok(usize::try_from(bound.number("backupCount")?.unwrap_or(0)).unwrap_or(usize::MAX))
}

fn may_truncate(bound: &Bound) -> Result<bool, String> {
    let mode = bound.text("mode")?.unwrap_or("a");
    match mode.trim_end_matches(['t', '+']) {
        "a" => Ok(false),
        "w" => Ok(true),
        _ => Err(format!("argument 'mode' has to be 'a' or 'w', not '{mode}'")),
    }
}

fn file_target(bound: &Bound, rotation: Rotation, truncates: bool) -> Result<Built, String> {
    let path = bound.text("filename")?.ok_or("argument 'filename' is missing")?;
    // The daemon changes its working directory.
    let path = std::path::absolute(path).map_err(|error| format!("'{path}' is no path of a file: {error}"))?;
    let problems = encoding_problem(bound.text("encoding")?);
    let opens_late = bound.flag("delay")?;
    Ok((Target::File(FilePlan { path, truncates, opens_late, rotation }), problems.into_iter().collect()))
}

fn encoding_problem(encoding: Option<&str>) -> Option<String> {
    let encoding = encoding?;
    let plain = encoding.to_ascii_lowercase().replace('_', "-");
    let is_ours = ["utf-8", "utf8", "ascii", "us-ascii", "locale"].contains(&plain.as_str());
    (!is_ours).then(|| format!("encoding '{encoding}' is not supported; UTF-8 is written"))
}

fn syslog(arguments: Arguments) -> Result<Built, String> {
    let bound = arguments.bind(&["address", "facility", "socktype", "timeout"])?;
    let transport = transport(bound.get("socktype"))?;
    let address = match bound.get("address") {
        None => Address::Network("localhost".to_owned(), SYSLOG_PORT, transport.unwrap_or(Transport::Datagram)),
        Some(Literal::Text(path)) => Address::Unix(PathBuf::from(path), transport),
        Some(Literal::Tuple(pair) | Literal::List(pair)) => {
            let (host, port) = host_and_port(pair)?;
            Address::Network(host, port, transport.unwrap_or(Transport::Datagram))
        }
        Some(_) => return Err("argument 'address' has to be the path of a socket or ('host', port)".to_owned()),
    };
    Ok((Target::Syslog(address, facility(bound.get("facility"))?), Vec::new()))
}

fn host_and_port(pair: &[Literal]) -> Result<(String, u16), String> {
    let wrong = || "argument 'address' has to be the path of a socket or ('host', port)".to_owned();
    let [Literal::Text(host), port] = pair else { return Err(wrong()) };
    let port = match port {
        Literal::Int(port) => u16::try_from(*port).map_err(|_| wrong())?,
        Literal::Name(name) if is_constant(name, "SYSLOG_UDP_PORT") || is_constant(name, "SYSLOG_TCP_PORT") => {
            SYSLOG_PORT
        }
        _ => return Err(wrong()),
    };
    Ok((host.clone(), port))
}

fn facility(value: Option<&Literal>) -> Result<u8, String> {
    let number = match value {
        None => Some(syslog_priority::USER),
        Some(Literal::Text(name)) => syslog_priority::facility(name).filter(|_| !name.starts_with("LOG_")),
        Some(Literal::Name(name)) => {
            name.rsplit('.').next().filter(|last| last.starts_with("LOG_")).and_then(syslog_priority::facility)
        }
        Some(Literal::Int(number)) => u8::try_from(*number).ok().filter(|number| *number < 24),
        Some(_) => None,
    };
    number.ok_or_else(|| {
        "argument 'facility' has to be a name such as 'daemon' or handlers.SysLogHandler.LOG_DAEMON".to_owned()
    })
}

fn transport(value: Option<&Literal>) -> Result<Option<Transport>, String> {
    match value {
        None => Ok(None),
        Some(Literal::Name(name)) if is_constant(name, "SOCK_DGRAM") => Ok(Some(Transport::Datagram)),
        Some(Literal::Name(name)) if is_constant(name, "SOCK_STREAM") => Ok(Some(Transport::Stream)),
        // The numbers that these constants have on Linux and elsewhere.
        Some(Literal::Int(1)) => Ok(Some(Transport::Stream)),
        Some(Literal::Int(2)) => Ok(Some(Transport::Datagram)),
        Some(_) => Err("argument 'socktype' has to be socket.SOCK_DGRAM or socket.SOCK_STREAM".to_owned()),
    }
}

/// Whether a name with dots ends in this constant.
fn is_constant(name: &str, constant: &str) -> bool {
    name.rsplit('.').next() == Some(constant)
}
