//! `Check: memcached`: whether memcached answers.

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::data::server::{self, Stream, TIME, read_line, send};
use crate::matchers::quote::quote;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::Component;
use crate::spec::{ParameterSpec, Spec};
use crate::unit::Unit;

const MEASURES: &[Measure] = &[
    TIME,
    Measure {
        name: "Used",
        unit: Unit::Percent,
        meaning: "how much of its memory its items take",
        warn: None,
        error: None,
    },
    Measure { name: "Clients", unit: Unit::Number, meaning: "how many clients are connected", warn: None, error: None },
    Measure {
        name: "Evictions",
        unit: Unit::Number,
        meaning: "items that it dropped for others since it was started",
        warn: None,
        error: None,
    },
];

const PARAMETERS: &[ParameterSpec] = &[
    server::addresses("localhost:11211"),
    server::ADDRESS,
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Memcached:
  Check: memcached
  Address: 127.0.0.1
  Error: {Used: \"> 99%\"}
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("memcached", "asks memcached for its numbers", "a component for each server", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let thresholds = Thresholds::of(Parameters::of(request), MEASURES)?;
    server::run(request, ("localhost", 11211), thresholds, exchange)
}

fn exchange(stream: &mut dyn Stream, thresholds: &Thresholds, component: &mut Component) -> Result<(), String> {
    send(stream, b"stats\r\n")?;
    let mut stats = Vec::new();
    loop {
        let line = read_line(stream)?;
        if line == "END" {
            break;
        }
        let Some((name, value)) = line.strip_prefix("STAT ").and_then(|stat| stat.split_once(' ')) else {
            return Err(format!("wanted its numbers, got {}", quote(&line)));
        };
        stats.push((name.to_owned(), value.to_owned()));
        if stats.len() > 10_000 {
            return Err("its numbers have no end".to_owned());
        }
    }
    let text = |name: &str| stats.iter().find(|(its, _)| its == name).map(|(_, value)| value.as_str());
    let number = |name: &str| text(name).and_then(|value| value.parse::<f64>().ok());
    if stats.is_empty() {
        return Err("wanted its numbers, got none".to_owned());
    }
    component.fact(format!("version {}", text("version").unwrap_or("unknown")));
    let used = number("bytes").zip(number("limit_maxbytes").filter(|limit| *limit > 0.0));
    for (name, value) in [
        ("Used", used.map(|(bytes, limit)| bytes / limit * 100.0)),
        ("Clients", number("curr_connections")),
        ("Evictions", number("evictions")),
    ] {
        match value {
            Some(value) => component.number(thresholds, name, value),
            None if thresholds.mentions(name) => component.error(&format!("the server does not say {name}")),
            None => {}
        }
    }
    Ok(())
}
