//! What the checks of databases have in common: addresses or a socket, the connection, the time that the answer takes.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use serde_json::Value as Json;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::network::connection::{self, TimedStream, reason};
use crate::checks::network::endpoint::{self, Endpoint};
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{Parameters, targets_of};
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType};
use crate::unit::Unit;

/// The time until the server has answered.
pub(super) const TIME: Measure = Measure {
    name: "Time",
    unit: Unit::Seconds,
    meaning: "the time from the beginning to the last answer",
    warn: None,
    error: None,
};

/// The servers, with this one by default.
pub(super) const fn addresses(default: &'static str) -> ParameterSpec {
    let form = "`host`, `host:port` or path of a socket, or list of them";
    ParameterSpec::optional("Addresses", ParameterType::Custom { form, read: verify }, default, "servers")
}

/// One server.
pub(super) const ADDRESS: ParameterSpec =
    ParameterSpec::optional("Address", ParameterType::Targets, "as `Addresses`", "as `Addresses`, for one");

/// A connection to a server.
pub(super) trait Stream: Read + Write {}

impl<S: Read + Write> Stream for S {}

/// Verifies `Addresses`: paths of sockets, hosts with or without a port.
fn verify(name: &str, value: &Json) -> Result<(), String> {
    targets_of(name, value)?
        .iter()
        .filter(|text| !text.starts_with('/'))
        .try_for_each(|text| endpoint::verify(name, &text.as_str().into(), Some(1)))
}

/// Looks at each server that the parameters name, this one by default. `exchange` asks it, and says what is wrong.
pub(super) fn run<T>(
    request: &ModuleRequest,
    default: (&str, u16),
    thresholds: Thresholds,
    exchange: T,
) -> Result<Findings, String>
where
    T: Fn(&mut dyn Stream, &Thresholds, &mut Component) -> Result<(), String> + Clone + Send + 'static,
{
    let parameters = Parameters::of(request);
    let (host, port) = default;
    let targets = parameters.targets("Addresses", "Address")?.unwrap_or_else(|| vec![format!("{host}:{port}")]);
    let deadline = Deadline::of(request.timeout, targets.len());
    let look = move |target: &String| {
        let mut component = Component::new(target);
        let start = Instant::now();
        let exchanged = connect(target, port, deadline.end_of_look())
            .and_then(|mut stream| exchange(&mut *stream, &thresholds, &mut component));
        match exchanged {
            Err(reason) => component.error(&reason),
            Ok(()) => component.number(&thresholds, TIME.name, start.elapsed().as_secs_f64()),
        }
        component
    };
    let mut report = Report::default();
    for (target, found) in fan_out::each(&targets, deadline, look) {
        report.add(found.unwrap_or_else(|| Component::failed(target, &deadline.passed())));
    }
    report.findings()
}

fn connect(target: &str, port: u16, end: Instant) -> Result<Box<dyn Stream>, String> {
    if target.starts_with('/') {
        let stream = UnixStream::connect(target).map_err(|error| format!("no connection: {}", reason(&error)))?;
        return Ok(Box::new(TimedStream::new(stream, end)));
    }
    let endpoint = Endpoint::parse(target, Some(port));
    let endpoint = endpoint.ok_or_else(|| format!("Addresses has to be hosts or paths of sockets, not '{target}'"))?;
    let (stream, _) = connection::connect(&endpoint.host, endpoint.port, end)?;
    Ok(Box::new(stream))
}

/// Sends a message.
pub(super) fn send(stream: &mut dyn Stream, message: &[u8]) -> Result<(), String> {
    stream.write_all(message).map_err(|error| format!("cannot send: {}", reason(&error)))
}

/// Reads this many bytes.
pub(super) fn read_exact(stream: &mut dyn Stream, count: usize) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).map_err(|error| format!("no answer: {}", reason(&error)))?;
    Ok(bytes)
}

/// Reads a line of at most 64 KiB without its end.
pub(super) fn read_line(stream: &mut dyn Stream) -> Result<String, String> {
    let mut line = Vec::new();
    while line.len() < 64 * 1024 {
        match read_exact(stream, 1)?[0] {
            b'\n' => {
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            byte => line.push(byte),
        }
    }
    Err("the answer has no end of line".to_owned())
}

/// A server that says this, whatever it is asked.
#[cfg(test)]
pub(super) struct Scripted(pub(super) std::io::Cursor<Vec<u8>>);

#[cfg(test)]
impl Scripted {
    pub(super) fn new(answers: &[u8]) -> Self {
        Self(std::io::Cursor::new(answers.to_vec()))
    }
}

#[cfg(test)]
impl Read for Scripted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

#[cfg(test)]
impl Write for Scripted {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        Ok(buffer.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
