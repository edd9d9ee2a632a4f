//! `smoker.server.plugins.testconnection`: can TCP connections be opened?
//!
//! `Connections` is a list of `[host, port]`. The one component `Connection`
//! has an error for each that cannot be opened, in the order of the list.

use std::fs;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::notation::python_text;
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::result::{ComponentResults, Findings};
use smoker_model::status::Status;
use smoker_model::value::Value;

use crate::parameters::{Parameters, wrong};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};
use crate::{components, os_error};

/// The value of `Connections`, in messages.
const EXPECTED: &str = "a list of [host, port]";

/// Names of services and their ports, see `services(5)`.
const SERVICES: &str = "/etc/services";

/// What Python says of a port that the system does not know.
const UNKNOWN_SERVICE: &str = "[Errno -8] Servname not supported for ai_socktype";

/// How many connections are tried at a time.
const AT_A_TIME: usize = 32;

/// The longest part of a name between its dots, in bytes (RFC 1035).
const MAX_LABEL: usize = 63;

const PARAMETERS: &[ParameterSpec] = &[ParameterSpec {
    name: "Connections",
    accepts: ParameterType::Custom { form: "list of `[host, port]`", read: verify },
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
        leaves_running: false,
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
fn failure(Endpoint { host, port, .. }: &Endpoint, error: &Failure) -> String {
    match error {
        Failure::Name(reason) => format!("Host: {host} resolving error: {reason}"),
        Failure::Host(reason) => format!("Host: {host}, Unknown exception: {reason}"),
        Failure::Port => format!("Host: {host}, port: {port}, Socket error: Int or String expected"),
        Failure::Connection(error) if error.kind() == io::ErrorKind::TimedOut => {
            format!("Host: {host}, port: {port} connection timeout")
        }
        Failure::Connection(error) => format!("Host: {host}, port: {port}, Socket error: {}", os_error::text(error)),
    }
}

/// Why a connection was not opened.
#[derive(Clone, Debug)]
enum Failure {
    /// The host's name gave no address, or the service no port; in the words of the system.
    Name(String),
    /// The host is no text, or no name can be like it; in the words of Python.
    Host(String),
    /// The port is neither a number nor a text.
    Port,
    /// No address of the host could be connected to.
    Connection(Arc<io::Error>),
}

/// A host and a port as they are configured, which need not be what they have to be.
struct Endpoint {
    host: String,
    port: String,
    address: Result<(String, u16), Failure>,
}

fn endpoints(parameters: Parameters<'_>) -> Result<Vec<Endpoint>, String> {
    endpoints_of(parameters.get("Connections").unwrap_or(&Json::Null))
}

/// The endpoints, or why there are none, in the original's words.
fn endpoints_of(value: &Json) -> Result<Vec<Endpoint>, String> {
    let none = || Err("Parameter Connections have to be dictionary of (host, port) tuples".to_owned());
    let not_a_pair = || Err("Every parameter has to be a [host, port] list".to_owned());
    match value {
        Json::Null => none(),
        Json::Array(items) if items.is_empty() => none(),
        Json::Object(members) if members.is_empty() => none(),
        Json::String(text) if text.is_empty() => none(),
        Json::Array(items) => items.iter().map(endpoint_of).collect(),
        // What Python iterates over are letters or keys.
        Json::Object(_) | Json::String(_) => not_a_pair(),
        other => Err(format!("'{}' object is not iterable", Value::from(other.clone()).python_type())),
    }
}

fn endpoint_of(item: &Json) -> Result<Endpoint, String> {
    match item {
        Json::Array(parts) => match parts.as_slice() {
            [host, port, ..] => Ok(Endpoint::of(host, port)),
            _ => Err("list index out of range".to_owned()),
        },
        Json::Object(_) | Json::String(_) => Err("Every parameter has to be a [host, port] list".to_owned()),
        other => Err(format!("object of type '{}' has no len()", Value::from(other.clone()).python_type())),
    }
}

impl Endpoint {
    fn of(host: &Json, port: &Json) -> Self {
        let shown = |value: &Json| python_text::str(&Value::from(value.clone()));
        let address = match (host, port) {
            (Json::String(name), Json::Number(_) | Json::String(_)) => match impossible_name(name) {
                Some(reason) => Err(Failure::Host(reason)),
                None => port_number(&shown(port))
                    .map(|port| (name.clone(), port))
                    .ok_or_else(|| Failure::Name(UNKNOWN_SERVICE.to_owned())),
            },
            (Json::String(_), _) => Err(Failure::Port),
            _ => Err(Failure::Host("getaddrinfo() argument 1 must be string or None".to_owned())),
        };
        Self { host: shown(host), port: shown(port), address }
    }
}

/// Why no host can have a name, as Python says it.
fn impossible_name(name: &str) -> Option<String> {
    if name.contains('\0') {
        return Some("embedded null character".to_owned());
    }
    if !name.is_ascii() {
        // Its parts are other ones on the wire; the resolver has its say.
        return None;
    }
    let labels: Vec<_> = name.split('.').collect();
    let (last, others) = labels.split_last()?;
    let reason = if others.iter().any(|label| label.is_empty() || label.len() > MAX_LABEL) {
        "label empty or too long"
    } else if last.len() > MAX_LABEL {
        "label too long"
    } else {
        return None;
    };
    Some(format!("encoding with 'idna' codec failed (UnicodeError: {reason})"))
}

/// The port that a text means: a number, or a service of the system.
fn port_number(text: &str) -> Option<u16> {
    if text.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit()) {
        return text.parse().ok();
    }
    let services = fs::read_to_string(SERVICES).unwrap_or_default();
    let lines = services.lines().map(|line| line.split('#').next().unwrap_or_default().split_whitespace());
    lines.map(Iterator::collect::<Vec<_>>).find_map(|words| match words.as_slice() {
        [name, address, aliases @ ..] if *name == text || aliases.contains(&text) => {
            address.strip_suffix("/tcp")?.parse().ok()
        }
        _ => None,
    })
}

/// For `--check`: what no connection can be opened with.
fn verify(name: &str, value: &Json) -> Result<(), String> {
    let is_usable = endpoints_of(value)
        .is_ok_and(|endpoints| endpoints.iter().all(|it| !matches!(it.address, Err(Failure::Host(_) | Failure::Port))));
    let is_in_range = || {
        let ports = value.as_array().into_iter().flatten().filter_map(|pair| pair[1].as_i64());
        ports.into_iter().all(|port| (1..=65535).contains(&port))
    };
    if is_usable && is_in_range() { Ok(()) } else { Err(wrong(name, EXPECTED, value)) }
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
                let failed = || Failure::Connection(Arc::new(io::Error::other("the attempt failed")));
                attempt.join().unwrap_or_else(|_| Err(failed()))
            })
            .collect()
    })
}

/// Tries the addresses of a host one after the other; the last error is reported, as in Python.
fn connect(endpoint: &Endpoint, connect_timeout: Duration) -> Result<(), Failure> {
    let (host, port) = endpoint.address.clone()?;
    let found = (host.as_str(), port).to_socket_addrs().map_err(|error| Failure::Name(os_error::text(&error)));
    let addresses: Vec<_> = found?.collect();
    let share = connect_timeout / u32::try_from(addresses.len().max(1)).unwrap_or(1);
    let mut last = io::Error::other("the name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, share) {
            Ok(_) => return Ok(()),
            Err(error) => last = error,
        }
    }
    Err(Failure::Connection(Arc::new(last)))
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
        let closed = smoker_tests::machine::ports::free();
        assert_eq!(connection(json!({"Connections": [["127.0.0.1", port]]}))["status"], "OK");
        let both = connection(json!({"Connections": [["127.0.0.1", closed], ["127.0.0.1", port.to_string()]]}));
        let expected = format!("Host: 127.0.0.1, port: {closed}, Socket error: [Errno 111] Connection refused");
        assert_eq!(both["status"], "ERROR");
        assert_eq!(both["messages"]["error"], json!([expected]));
    }

    #[test]
    fn an_unknown_name_is_reported_in_pythons_words() {
        let found = connection(json!({"Connections": [["no-such-host.invalid", 1]]}));
        let text = found["messages"]["error"][0].as_str().expect("a text").to_owned();
        assert!(text.starts_with("Host: no-such-host.invalid resolving error: [Errno -"), "{text}");
    }

    #[test]
    fn what_is_no_list_of_addresses_is_refused_in_the_originals_words() {
        let none = "Parameter Connections have to be dictionary of (host, port) tuples";
        let no_pair = "Every parameter has to be a [host, port] list";
        for (connections, expected) in [
            (json!(null), none),
            (json!([]), none),
            (json!(""), none),
            (json!({}), none),
            (json!("abc"), no_pair),
            (json!("h:80"), no_pair),
            (json!({"h": 80}), no_pair),
            (json!(["ab"]), no_pair),
            (json!([["h", 80], "h:80"]), no_pair),
            (json!([["h"]]), "list index out of range"),
            (json!([5]), "object of type 'int' has no len()"),
            (json!([null]), "object of type 'NoneType' has no len()"),
            (json!(5), "'int' object is not iterable"),
            (json!(true), "'bool' object is not iterable"),
        ] {
            let reason = run(&plugin("testconnection", json!({"Connections": connections}))).expect_err("wrong");
            assert_eq!(reason, expected, "{connections}");
            assert!(verify("Connections", &connections).is_err(), "{connections}");
        }
        assert_eq!(run(&plugin("testconnection", json!({}))).expect_err("missing"), none);
    }

    #[test]
    fn an_endpoint_that_cannot_be_is_an_error_beside_the_others() {
        let unknown = "resolving error: [Errno -8] Servname not supported for ai_socktype";
        for (pair, expected) in [
            (json!(["127.0.0.1", "no-such-service"]), format!("Host: 127.0.0.1 {unknown}")),
            (json!(["127.0.0.1", -1]), format!("Host: 127.0.0.1 {unknown}")),
            (json!(["127.0.0.1", 70000]), format!("Host: 127.0.0.1 {unknown}")),
            (
                json!(["127.0.0.1", null]),
                "Host: 127.0.0.1, port: None, Socket error: Int or String expected".to_owned(),
            ),
            (
                json!(["a".repeat(64), 80]),
                format!("Host: {}, Unknown exception: encoding with 'idna' codec failed (UnicodeError: label too long)", "a".repeat(64)),
            ),
            (
                json!(["a..b", 80]),
                "Host: a..b, Unknown exception: encoding with 'idna' codec failed (UnicodeError: label empty or too long)".to_owned(),
            ),
            (json!([5, 80]), "Host: 5, Unknown exception: getaddrinfo() argument 1 must be string or None".to_owned()),
        ] {
            let found = connection(json!({"Connections": [pair, ["127.0.0.1", 0, "the rest is ignored"]]}));
            assert_eq!(found["messages"]["error"][0], json!(expected));
            assert_eq!(found["messages"]["error"].as_array().map(Vec::len), Some(2), "{found}");
        }
        assert_eq!((port_number("http"), port_number("www"), port_number("80")), (Some(80), Some(80), Some(80)));
        assert!(verify("Connections", &json!([["h", "http"], ["h", "80"], ["h", 80]])).is_ok());
        assert!(verify("Connections", &json!([["h", 70000]])).is_err());
    }
}
