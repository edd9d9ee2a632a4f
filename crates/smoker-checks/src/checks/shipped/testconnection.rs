//! `smoker.server.plugins.testconnection`: can TCP connections be opened?
//!
//! `Connections` is a list of `[host, port]`. The one component `Connection`
//! has an error for each that cannot be opened, in the order of the list.

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::thread;
use std::time::Duration;

use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::module::{ModuleKind, ModuleRequest};
use smoker_model::result::{ComponentResults, Findings};
use smoker_model::status::Status;

use crate::parameters::{Parameters, port_of, scalar_text, wrong};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::{components, os_error};

/// The value of `Connections`, in messages.
const EXPECTED: &str = "a list of [host, port]";

/// How many connections are tried at a time.
const AT_A_TIME: usize = 32;

const PARAMETERS: &[ParameterSpec] = &[ParameterSpec {
    name: "Connections",
    accepts: ParameterType::Custom { form: "list of `[host, port]`", read: |_, value| endpoints_of(value).map(drop) },
    absence: Absence::Fails,
    meaning: "addresses to connect to",
}];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "smoker.server.plugins.testconnection",
        kind: ModuleKind::Plugin,
        meaning: "opens TCP connections",
        output: "the component `Connection`",
        parameters: PARAMETERS,
        needs_child: true,
        is_original: true,
    }
}

/// Runs the module.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let endpoints = endpoints(Parameters::of(request))?;
    let connect_timeout = connect_timeout(request.timeout, endpoints.len());
    let mut messages = Messages::new();
    for chunk in endpoints.chunks(AT_A_TIME) {
        for (endpoint, outcome) in chunk.iter().zip(connect_all(chunk, connect_timeout)) {
            if let Err(error) = outcome {
                messages.add(Level::Error, &failure(endpoint, &error));
            }
        }
    }
    let status = if messages.is_empty() { Status::Ok } else { Status::Error };
    let mut found = ComponentResults::new();
    found.add("Connection", status, &messages);
    components::findings(found)
}

/// What keeps a connection from being opened, in the original's words.
fn failure(Endpoint { host, port }: &Endpoint, error: &Failure) -> String {
    match error {
        Failure::Name(error) => format!("Host: {host} resolving error: {}", os_error::text(error)),
        Failure::Connection(error) if error.kind() == io::ErrorKind::TimedOut => {
            format!("Host: {host}, port: {port} connection timeout")
        }
        Failure::Connection(error) => format!("Host: {host}, port: {port}, Socket error: {}", os_error::text(error)),
    }
}

/// Why a connection was not opened.
#[derive(Debug)]
enum Failure {
    /// The host's name gave no address.
    Name(io::Error),
    /// No address of the host could be connected to.
    Connection(io::Error),
}

struct Endpoint {
    host: String,
    port: u16,
}

fn endpoints(parameters: Parameters<'_>) -> Result<Vec<Endpoint>, String> {
    let value = parameters.get("Connections");
    value.map_or_else(|| Err(format!("Connections is missing: set it to {EXPECTED}")), endpoints_of)
}

fn endpoints_of(value: &Json) -> Result<Vec<Endpoint>, String> {
    let endpoint = |item: &Json| match item.as_array().map(Vec::as_slice) {
        Some([host, port]) => Some(Endpoint { host: scalar_text(host)?, port: port_of(port)? }),
        _ => None,
    };
    let endpoints: Option<Vec<_>> = value.as_array().and_then(|items| items.iter().map(endpoint).collect());
    endpoints.ok_or_else(|| wrong("Connections", EXPECTED, value))
}

/// How long one connection may take, so that all of them are reported before
/// the run's own time is over.
fn connect_timeout(timeout: f64, endpoints: usize) -> Duration {
    let rounds = u32::try_from(endpoints.div_ceil(AT_A_TIME).max(1)).unwrap_or(u32::MAX);
    let seconds = (timeout * 0.8 / f64::from(rounds)).clamp(0.001, 3600.0);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(1))
}

fn connect_all(endpoints: &[Endpoint], connect_timeout: Duration) -> Vec<Result<(), Failure>> {
    thread::scope(|scope| {
        let attempts: Vec<_> =
            endpoints.iter().map(|endpoint| scope.spawn(move || connect(endpoint, connect_timeout))).collect();
        attempts
            .into_iter()
            .map(|attempt| {
                let failed = || Failure::Connection(io::Error::other("the attempt failed"));
                attempt.join().unwrap_or_else(|_| Err(failed()))
            })
            .collect()
    })
}

/// Tries the addresses of a host one after the other; the last error is reported, as in Python.
fn connect(endpoint: &Endpoint, connect_timeout: Duration) -> Result<(), Failure> {
    let addresses: Vec<_> = (endpoint.host.as_str(), endpoint.port).to_socket_addrs().map_err(Failure::Name)?.collect();
    let share = connect_timeout / u32::try_from(addresses.len().max(1)).unwrap_or(1);
    let mut last = io::Error::other("the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, share) {
            Ok(_) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(Failure::Connection(last))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use serde_json::json;

    use crate::test_request::plugin;

    use super::*;

    fn connection(parameters: Json) -> Json {
        let findings = run(&plugin("testconnection", parameters)).expect("findings");
        findings.component_results.expect("components").as_json()["Connection"].clone()
    }

    #[test]
    fn each_closed_address_is_an_error_in_the_order_of_the_list() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        let closed = TcpListener::bind("127.0.0.1:0").expect("a listener").local_addr().expect("an address").port();
        assert_eq!(connection(json!({"Connections": [["127.0.0.1", port]]}))["status"], "OK");
        let both = connection(json!({"Connections": [["127.0.0.1", closed], ["127.0.0.1", port.to_string()]]}));
        let expected = format!("Host: 127.0.0.1, port: {closed}, Socket error: [Errno 111] Connection refused");
        assert_eq!(both["status"], "ERROR");
        assert_eq!(both["messages"]["error"], json!([expected]));
    }

    #[test]
    fn an_unknown_name_is_told_in_pythons_words() {
        let found = connection(json!({"Connections": [["no-such-host.invalid", 1]]}));
        let text = found["messages"]["error"][0].as_str().expect("a text").to_owned();
        assert!(text.starts_with("Host: no-such-host.invalid resolving error: [Errno -"), "{text}");
    }

    #[test]
    fn what_is_no_list_of_addresses_is_named() {
        for connections in [json!("h"), json!([["h"]]), json!([["h", 0]]), json!([["h", 70000]]), json!([[1.5, "x"]])] {
            let reason = run(&plugin("testconnection", json!({"Connections": connections}))).expect_err("wrong");
            assert!(reason.starts_with("Connections has to be a list of [host, port], not "), "{reason}");
        }
        let reason = run(&plugin("testconnection", json!({}))).expect_err("missing");
        assert_eq!(reason, "Connections is missing: set it to a list of [host, port]");
    }
}
