//! `Check: unix`: sockets in the file system, and what is said on them.

use std::os::unix::net::UnixStream;
use std::time::Instant;

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::network::connection::{TimedStream, reason};
use crate::checks::network::exchange::{EXPECT, Exchange, SEND};
use crate::checks::network::tcp::TIME;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, Spec};

const MEASURES: &[Measure] = &[TIME];

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target("Sockets", "paths of sockets"),
    ParameterSpec::target("Socket", "as `Sockets`, for one"),
    SEND,
    EXPECT,
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Socket:
  Check: unix
  Socket: /run/smokerd.sock
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check(
        "unix",
        "connects, sends and reads over sockets in the file system",
        "a component for each socket",
        PARAMETERS,
    )
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let targets = parameters.required_targets("Sockets", "Socket")?;
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let exchange = Exchange::of(parameters)?;
    let deadline = Deadline::of(request.timeout, targets.len());
    let look = move |path: &String| {
        let mut component = Component::new(path);
        let start = Instant::now();
        match UnixStream::connect(path) {
            Err(error) => component.error(&format!("no connection: {}", reason(&error))),
            Ok(stream) => {
                let mut stream = TimedStream::new(stream, deadline.end_of_look());
                let end = exchange.over(&mut stream, &mut component);
                component.number(&thresholds, "Time", end.duration_since(start).as_secs_f64());
            }
        }
        component
    };
    let mut report = Report::default();
    for (path, found) in fan_out::each(&targets, deadline, look) {
        report.add(found.unwrap_or_else(|| Component::failed(path, &deadline.passed())));
    }
    report.findings()
}
