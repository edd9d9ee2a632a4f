//! `smoker.plugins.nsca`: an action that sends the plugin's result to Nagios,
//! by the protocol of the Nagios Service Check Acceptor, NSCA 2.x.
//!
//! # Layout
//!
//! - `settings`: the action's parameters
//! - `passive_check`: a result becomes a return code and a text
//! - `packet`: the bytes on the wire, in both directions
//! - `cipher`: the encryption methods
//!
//! The daemon of NSCA does not acknowledge a packet: a wrong password or
//! method, or a clock that is off, shows in its log only.

mod cipher;
mod packet;
mod passive_check;
mod settings;

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::actions::nsca::packet::{Greeting, Packet};
use crate::actions::nsca::passive_check::PassiveCheck;
use crate::actions::nsca::settings::NscaSettings;
use crate::os_error;
use crate::spec::Spec;

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "smoker.plugins.nsca",
        kind: ModuleKind::Action,
        meaning: "sends results to Nagios",
        output: "a message",
        parameters: settings::PARAMETERS,
        needs_child: true,
        leaves_running: false,
        is_original: false,
    }
}

/// Sends the result of the plugin that the action follows.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let settings = NscaSettings::of(request)?;
    let check = PassiveCheck::of(request, settings.escaping)?;
    let NscaSettings { host, port, host_name, service_name, .. } = &settings;
    send(&settings, &check).map_err(|error| {
        let reason = os_error::text(&error);
        format!("Cannot send the result to the NSCA daemon at {host}, port {port}: {reason}")
    })?;
    let status = check.status;
    let about = if service_name.is_empty() { host_name.clone() } else { format!("{host_name}/{service_name}") };
    let text = format!("Sent {status} of {about} to the NSCA daemon at {host}, port {port}");
    Ok(Findings::new(Status::Ok, Messages::of(Level::Info, &text)))
}

fn send(settings: &NscaSettings, check: &PassiveCheck) -> io::Result<()> {
    let mut stream = connect(settings)?;
    stream.set_read_timeout(Some(settings.step_timeout))?;
    stream.set_write_timeout(Some(settings.step_timeout))?;
    exchange_about(settings, check, &mut stream)
}

/// Exchanges greeting and packet with an NSCA daemon at the other end of a
/// stream. The packet has the result of a request of the module protocol,
/// which is that of an action.
///
/// # Errors
///
/// What is wrong with the request, or with the daemon.
pub fn exchange(request: Json, stream: &mut (impl Read + Write)) -> Result<(), String> {
    let request: ModuleRequest =
        serde_json::from_value(request).map_err(|error| format!("the request is malformed: {error}"))?;
    let settings = NscaSettings::of(&request)?;
    let check = PassiveCheck::of(&request, settings.escaping)?;
    exchange_about(&settings, &check, stream).map_err(|error| os_error::text(&error))
}

/// Reads the daemon's greeting, then sends the packet. The daemon does not acknowledge it.
fn exchange_about(settings: &NscaSettings, check: &PassiveCheck, stream: &mut (impl Read + Write)) -> io::Result<()> {
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
        return_code: check.return_code(),
        host_name: &settings.host_name,
        service_name: &settings.service_name,
        text: &check.text,
        text_length: settings.text_length,
    };
    let mut bytes = packet.bytes(&filler()?);
    cipher::encrypt(settings.method, &settings.password, &greeting.iv, &mut bytes);
    stream.write_all(&bytes)?;
    stream.flush()
}

fn connect(settings: &NscaSettings) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the name has no address");
    for address in (settings.host.as_str(), settings.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, settings.step_timeout.max(Duration::from_millis(1))) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Random bytes for the gaps of a packet: zeros there would reveal the key stream.
fn filler() -> io::Result<Vec<u8>> {
    let mut filler = vec![0; Packet::MAX_LENGTH];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut filler)?;
    Ok(filler)
}
