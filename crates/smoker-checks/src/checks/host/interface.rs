//! `Check: interface`: network interfaces, whether they are up and have their addresses.

use std::collections::BTreeMap;
use std::path::Path;

use nix::ifaddrs::getifaddrs;
use nix::sys::socket::{SockaddrLike, SockaddrStorage};
use serde_json::Value as Json;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::system_file;
use crate::matchers::glob;
use crate::matchers::matcher::{Matcher, PlainText};
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{Parameters, texts_of};
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

const MEASURES: &[Measure] = &[
    number("Errors", "packets with errors since the start of the host, received and sent"),
    number("Dropped", "packets that were dropped since the start of the host, received and sent"),
    number("Mtu", "the longest packet, in bytes"),
    number("Speed", "the speed of the link in Mbit/s, where the driver knows it"),
];

const fn number(name: &'static str, meaning: &'static str) -> Measure {
    Measure { name, unit: Unit::Number, meaning, warn: None, error: None }
}

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target("Interfaces", "names, with `*` and `?` for several; each has to exist"),
    ParameterSpec::target("Interface", "as `Interfaces`, for one"),
    ParameterSpec::optional("Up", ParameterType::Boolean, "true", "whether they should be up; null: either"),
    ParameterSpec::optional(
        "Addresses",
        ParameterType::Custom {
            form: "text or list of text, or [matcher](#matchers) on the list",
            read: |name, value| addresses_of(name, value).map(drop),
        },
        "any",
        "addresses that each of them should have",
    ),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Loopback:
  Check: interface
  Interface: lo
  Addresses: [127.0.0.1]
  Error: {Mtu: \"< 1280\"}
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("interface", "looks at network interfaces", "a component for each interface", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let wanted = parameters.required_targets("Interfaces", "Interface")?;
    let is_up = if parameters.is_null("Up") { None } else { Some(parameters.choice("Up")?.unwrap_or(true)) };
    let addresses = parameters.get("Addresses").map(|value| addresses_of("Addresses", value)).transpose()?;
    let known = interfaces()?;
    let mut report = Report::default();
    for pattern in wanted {
        let found: Vec<_> = known.iter().filter(|(name, _)| glob::matches(&pattern, name)).collect();
        if found.is_empty() {
            let names: Vec<_> = known.keys().map(String::as_str).collect();
            report.add(Component::failed(pattern, &format!("there is no such interface, but {}", names.join(", "))));
        }
        for (name, its) in found {
            report.add(look_at(name, its, is_up, addresses.as_ref(), &thresholds));
        }
    }
    report.findings()
}

fn look_at(
    name: &str,
    own: &[String],
    is_up: Option<bool>,
    addresses: Option<&Addresses>,
    thresholds: &Thresholds,
) -> Component {
    let mut component = Component::new(name);
    let folder = Path::new("/sys/class/net").join(name);
    let text = |file: &str| system_file::read(folder.join(file)).map(|text| text.trim().to_owned());
    match text("operstate") {
        Err(reason) => component.error(&reason),
        Ok(state) => {
            // The loopback interface and tunnels have no state of a link: they are up when they are switched on.
            let is_on = text("flags").is_ok_and(|flags| flags.ends_with(['1', '3', '5', '7', '9', 'b', 'd', 'f']));
            let found = state == "up" || (state == "unknown" && is_on);
            match is_up {
                Some(true) if !found => component.error(&format!("wanted up, got {state}")),
                Some(false) if found => component.error("wanted down, got up"),
                _ => component.fact(if found { "up" } else { &state }),
            }
        }
    }
    match addresses {
        Some(Addresses::Each(wanted)) => {
            let got = if own.is_empty() { "none".to_owned() } else { own.join(", ") };
            for address in wanted.iter().filter(|address| !own.contains(address)) {
                component.error(&format!("wanted the address {address}, got {got}"));
            }
        }
        Some(Addresses::Matching(matcher)) => {
            if let Some(fault) = matcher.fault_of(&own.into()) {
                component.error(&format!("addresses: {fault}"));
            }
        }
        None => {}
    }
    component.fact(own.join(", "));
    let count = |file: &str| text(file).ok().and_then(|text| text.parse::<f64>().ok()).filter(|number| *number >= 0.0);
    let sum =
        |one: &str, other: &str| Some(count(&format!("statistics/{one}"))? + count(&format!("statistics/{other}"))?);
    for (measure, value) in [
        ("Errors", sum("rx_errors", "tx_errors")),
        ("Dropped", sum("rx_dropped", "tx_dropped")),
        ("Mtu", count("mtu")),
        ("Speed", count("speed")),
    ] {
        match value {
            Some(value) => component.number(thresholds, measure, value),
            None if thresholds.mentions(measure) => component.error(&format!("{measure} is not known to the kernel")),
            None => {}
        }
    }
    component
}

/// The addresses that an interface should have.
enum Addresses {
    Each(Vec<String>),
    Matching(Matcher),
}

fn addresses_of(name: &str, value: &Json) -> Result<Addresses, String> {
    match value {
        Json::Object(_) => Matcher::of(name, value, PlainText::Exact).map(Addresses::Matching),
        other => texts_of(name, other).map(Addresses::Each),
    }
}

/// The names of all interfaces with their addresses.
fn interfaces() -> Result<BTreeMap<String, Vec<String>>, String> {
    let listed = getifaddrs().map_err(|error| format!("the interfaces cannot be listed: {}", error.desc()))?;
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in listed {
        let addresses = found.entry(one.interface_name).or_default();
        addresses.extend(one.address.as_ref().and_then(shown));
    }
    Ok(found)
}

/// An address as text, without a port and a zone.
fn shown(address: &SockaddrStorage) -> Option<String> {
    let four = address.as_sockaddr_in().map(|address| address.ip().to_string());
    four.or_else(|| address.as_sockaddr_in6().map(|address| address.ip().to_string()))
        .filter(|_| address.family().is_some())
}
