//! `Check: tcp`: ports that take connections, and what is said on them.

use std::time::Instant;

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::network::connection;
use crate::checks::network::endpoint::{ADDRESSES, Endpoint, endpoints};
use crate::checks::network::exchange::{EXPECT, Exchange, SEND};
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

pub(super) const TIME: Measure = Measure {
    name: "Time",
    unit: Unit::Seconds,
    meaning: "the time from the beginning to the end of the look",
    warn: None,
    error: None,
};

const MEASURES: &[Measure] = &[
    TIME,
    Measure { name: "Lookup", unit: Unit::Seconds, meaning: "the time to look up the name", warn: None, error: None },
    Measure { name: "Connect", unit: Unit::Seconds, meaning: "the time to connect", warn: None, error: None },
];

const PARAMETERS: &[ParameterSpec] = &[
    ADDRESSES[0],
    ADDRESSES[1],
    ParameterSpec::optional(
        "Open",
        ParameterType::Boolean,
        "true",
        "false: no connection should be possible; a name without an address, or a network that is not reached, is an ERROR",
    ),
    SEND,
    EXPECT,
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Ssh:
  Check: tcp
  Address: 127.0.0.1:22
  Expect: /^SSH-2[.]0-/
  Warn: \"> 5s\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("tcp", "connects, sends and reads over TCP", "a component for each address", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let targets = endpoints(parameters, None)?.ok_or("one of the parameters Addresses, Address is required: set it")?;
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let is_open = parameters.choice("Open")?.unwrap_or(true);
    let exchange = Exchange::of(parameters)?;
    let deadline = Deadline::of(request.timeout, targets.len());
    let look = move |target: &Endpoint| look_at(target, is_open, &exchange, &thresholds, deadline);
    let mut report = Report::default();
    for (target, found) in fan_out::each(&targets, deadline, look) {
        report.add(found.unwrap_or_else(|| Component::failed(target.text, &deadline.passed())));
    }
    report.findings()
}

fn look_at(
    target: &Endpoint,
    is_open: bool,
    exchange: &Exchange,
    thresholds: &Thresholds,
    deadline: Deadline,
) -> Component {
    let mut component = Component::new(&target.text);
    if !is_open {
        match connection::refusal(&target.host, target.port, deadline.end_of_look()) {
            Err(reason) => component.error(&reason),
            Ok(Some(reason)) => component.fact(reason),
            Ok(None) => component.error("wanted no connection, got one"),
        }
        return component;
    }
    let start = Instant::now();
    match connection::connect(&target.host, target.port, deadline.end_of_look()) {
        Err(reason) => component.error(&reason),
        Ok((mut stream, phases)) => {
            let end = exchange.over(&mut stream, &mut component);
            component.number(thresholds, "Time", end.duration_since(start).as_secs_f64());
            component.number(thresholds, "Lookup", phases.lookup);
            component.number(thresholds, "Connect", phases.connect);
        }
    }
    component
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use serde_json::json;

    use super::*;
    use crate::test_request::plugin;

    fn found(parameters: serde_json::Value) -> (String, String) {
        let findings = run(&plugin("tcp", parameters)).expect("findings");
        let parts = findings.component_results.map(|parts| parts.as_json().clone()).unwrap_or_default();
        (findings.status.as_str().to_owned(), serde_json::Value::Object(parts).to_string())
    }

    #[test]
    fn a_port_is_closed_only_where_that_was_seen() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        assert_eq!(found(json!({"Address": format!("127.0.0.1:{port}"), "Open": false})).0, "ERROR");
        drop(listener);
        assert_eq!(found(json!({"Address": format!("127.0.0.1:{port}"), "Open": false})).0, "OK");
        let (status, text) = found(json!({"Address": "a..b:80", "Open": false}));
        assert!(status == "ERROR" && text.contains("cannot be resolved"), "{text}");
    }
}
