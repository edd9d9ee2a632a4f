//! `smoker.plugins.nsca`: an action that sends the plugin's result to Nagios,
//! by the protocol of the Nagios Service Check Acceptor, NSCA 2.x.
//!
//! # Layout
//!
//! - `settings`: the action's parameters
//! - `report`: a result becomes a return code and a text
//! - `packet`: what goes over the wire, in both directions
//! - `cipher`: the encryption methods
//!
//! The daemon of NSCA never answers: a wrong password or method, or a clock
//! that is off, shows in its log only.

mod cipher;
mod packet;
mod report;
mod settings;

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::module::ModuleRequest;
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::actions::nsca::packet::{Greeting, Packet};
use crate::actions::nsca::report::Report;
use crate::actions::nsca::settings::Settings;
use crate::os_error;

/// Sends the result of the plugin that the action follows.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let settings = Settings::of(request)?;
    let report = Report::of(request, settings.escaping)?;
    let Settings { host, port, host_name, service_name, .. } = &settings;
    send(&settings, &report).map_err(|error| {
        let reason = os_error::text(&error);
        format!("Can't send the result to the NSCA daemon at {host}, port {port}: {reason}")
    })?;
    let status = report.status;
    let about = if service_name.is_empty() { host_name.clone() } else { format!("{host_name}/{service_name}") };
    let text = format!("Sent {status} of {about} to the NSCA daemon at {host}, port {port}");
    Ok(Findings::new(Status::Ok, Messages::of(Level::Info, &text)))
}

fn send(settings: &Settings, report: &Report) -> io::Result<()> {
    let mut stream = connect(settings)?;
    stream.set_read_timeout(Some(settings.patience))?;
    stream.set_write_timeout(Some(settings.patience))?;
    converse(settings, report, &mut stream)
}

/// Speaks with an NSCA daemon at the other end of a stream about the result
/// in a request, which is that of an action of the module protocol.
///
/// # Errors
///
/// What is wrong with the request, or with the daemon.
pub fn speak(request: Json, stream: &mut (impl Read + Write)) -> Result<(), String> {
    let request: ModuleRequest =
        serde_json::from_value(request).map_err(|error| format!("the request is not one: {error}"))?;
    let settings = Settings::of(&request)?;
    let report = Report::of(&request, settings.escaping)?;
    converse(&settings, &report, stream).map_err(|error| os_error::text(&error))
}

/// The daemon speaks first; nothing answers to the packet.
fn converse(settings: &Settings, report: &Report, stream: &mut (impl Read + Write)) -> io::Result<()> {
    let mut greeting = [0; Greeting::LENGTH];
    stream.read_exact(&mut greeting).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => io::Error::other(
            "it closed the connection before its greeting; is this host in its allowed_hosts, and does it know its decryption_method?",
        ),
        _ => error,
    })?;
    let greeting = Greeting::read(&greeting);
    let packet = Packet {
        timestamp: greeting.timestamp,
        return_code: report.return_code(),
        host_name: &settings.host_name,
        service_name: &settings.service_name,
        text: &report.text,
        text_length: settings.text_length,
    };
    let mut bytes = packet.bytes(&filler()?);
    cipher::encrypt(settings.method, &settings.password, &greeting.iv, &mut bytes);
    stream.write_all(&bytes)?;
    stream.flush()
}

fn connect(settings: &Settings) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name has no address");
    for address in (settings.host.as_str(), settings.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, settings.patience.max(Duration::from_millis(1))) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Random bytes for what a packet leaves empty, so that known zeros tell
/// nobody the key stream.
fn filler() -> io::Result<Vec<u8>> {
    let mut filler = vec![0; Packet::MAX_LENGTH];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut filler)?;
    Ok(filler)
}
