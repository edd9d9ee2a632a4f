//! `Check: udp`: what answers to a packet.

use std::io;
use std::net::UdpSocket;
use std::time::Instant;

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::network::connection::{self, reason};
use crate::checks::network::endpoint::{ADDRESSES, Endpoint, endpoints};
use crate::checks::network::exchange::{EXPECT, Exchange, SEND};
use crate::checks::network::tcp::TIME;
use crate::matchers::quote::quote;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, Spec};

const MEASURES: &[Measure] = &[TIME];

const PARAMETERS: &[ParameterSpec] =
    &[ADDRESSES[0], ADDRESSES[1], SEND, EXPECT, ParameterSpec::warn(MEASURES), ParameterSpec::error(MEASURES)];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Echo:
  Check: udp
  Address: 127.0.0.1:7
  Send: hello
  Expect: hello
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("udp", "sends a packet over UDP and reads the answer", "a component for each address", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let targets = endpoints(parameters, None)?.ok_or("one of the parameters Addresses, Address is required: set it")?;
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let exchange = Exchange::of(parameters)?;
    if exchange.expect.is_none() {
        return Err("Expect is missing: without an answer nothing says whether a packet over UDP arrived".to_owned());
    }
    let deadline = Deadline::of(request.timeout, targets.len());
    let look = move |target: &Endpoint| {
        let mut component = Component::new(&target.text);
        let start = Instant::now();
        match answer(target, &exchange, deadline) {
            Err(reason) => component.error(&reason),
            Ok(answer) => {
                match exchange.expect.as_ref().and_then(|matcher| matcher.fault(&answer)) {
                    Some(fault) => component.error(&fault),
                    None => component.fact(format!("answered {}", quote(&answer))),
                }
                component.number(&thresholds, "Time", start.elapsed().as_secs_f64());
            }
        }
        component
    };
    let mut report = Report::default();
    for (target, found) in fan_out::each(&targets, deadline, look) {
        report.add(found.unwrap_or_else(|| Component::failed(target.text, &deadline.passed())));
    }
    report.findings()
}

fn answer(target: &Endpoint, exchange: &Exchange, deadline: Deadline) -> Result<String, String> {
    let packet = exchange.send.clone().unwrap_or_default();
    let bytes = ask(target, packet.as_bytes(), deadline)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Sends a packet to the first address of a host and waits for the answer.
pub(super) fn ask(target: &Endpoint, packet: &[u8], deadline: Deadline) -> Result<Vec<u8>, String> {
    let address = connection::resolve(&target.host, target.port)?.swap_remove(0);
    let local = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let exchange = || -> io::Result<Vec<u8>> {
        let socket = UdpSocket::bind(local)?;
        socket.set_read_timeout(Some(deadline.limit()))?;
        socket.connect(address)?;
        socket.send(packet)?;
        let mut buffer = vec![0; 64 * 1024];
        let count = socket.recv(&mut buffer)?;
        buffer.truncate(count);
        Ok(buffer)
    };
    exchange().map_err(|error| format!("{address}: {}", reason(&error)))
}
