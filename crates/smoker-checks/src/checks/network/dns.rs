//! `Check: dns`: the addresses of names, as the host itself finds them.

use std::net::IpAddr;
use std::time::Instant;

use serde_json::Value as Json;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::network::connection;
use crate::checks::network::tcp::TIME;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{Parameters, texts_of, wrong};
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

const MEASURES: &[Measure] = &[
    TIME,
    Measure { name: "Count", unit: Unit::Number, meaning: "how many addresses it has", warn: None, error: None },
];

/// How `getaddrinfo(3)` says that there is no such name, or none with an address: that of glibc, of musl, of macOS.
const NO_SUCH_NAME: [&str; 5] = [
    "Name or service not known",
    "No address associated with",
    "Name does not resolve",
    "Name has no usable address",
    "nodename nor servname provided",
];

const FAMILIES: &[&str] = &["ipv4", "ipv6"];

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target("Names", "names of hosts"),
    ParameterSpec::target("Name", "as `Names`, for one"),
    ParameterSpec::optional("Family", ParameterType::Choice(FAMILIES), "both", "which addresses count"),
    ParameterSpec::optional(
        "Addresses",
        ParameterType::Custom {
            form: "address, or list of them",
            read: |name, value| addresses_of(name, value).map(drop),
        },
        "any",
        "addresses that it should have",
    ),
    ParameterSpec::optional(
        "Exactly",
        ParameterType::Boolean,
        "false",
        "whether it should have no others than `Addresses`",
    ),
    ParameterSpec::optional("Exists", ParameterType::Boolean, "true", "false: it should have no address"),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Names:
  Check: dns
  Name: localhost
  Family: ipv4
  Addresses: 127.0.0.1
  Warn: \"> 5s\"
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check(
        "dns",
        "looks up names as the host does, with its files and servers",
        "a component for each name",
        PARAMETERS,
    )
}

/// What a name should give.
#[derive(Clone)]
struct Wanted {
    family: Option<String>,
    addresses: Vec<IpAddr>,
    is_exact: bool,
    exists: bool,
    thresholds: Thresholds,
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let names = parameters.required_targets("Names", "Name")?;
    let family = parameters.text("Family")?;
    if let Some(family) = family.as_deref().filter(|family| !FAMILIES.contains(family)) {
        return Err(wrong("Family", &FAMILIES.join(" or "), &family.into()));
    }
    let addresses = parameters.get("Addresses").map(|value| addresses_of("Addresses", value)).transpose()?;
    let wanted = Wanted {
        family,
        addresses: addresses.unwrap_or_default(),
        is_exact: parameters.flag("Exactly")?,
        exists: parameters.choice("Exists")?.unwrap_or(true),
        thresholds: Thresholds::of(parameters, MEASURES)?,
    };
    let deadline = Deadline::of(request.timeout, names.len());
    let mut report = Report::default();
    for (name, found) in fan_out::each(&names, deadline, move |name: &String| wanted.judge(name)) {
        report.add(found.unwrap_or_else(|| Component::failed(name, &deadline.passed())));
    }
    report.findings()
}

impl Wanted {
    fn judge(&self, name: &str) -> Component {
        let mut component = Component::new(name);
        let start = Instant::now();
        let found = connection::resolve(name, 0);
        component.number(&self.thresholds, "Time", start.elapsed().as_secs_f64());
        let found = match found {
            Err(reason) if self.exists => {
                component.error(&reason);
                return component;
            }
            Err(reason) if NO_SUCH_NAME.iter().any(|words| reason.contains(words)) => Vec::new(),
            // A server that cannot be asked does not say that there is no such name.
            Err(reason) => {
                component.error(&reason);
                return component;
            }
            Ok(found) => found,
        };
        let is_counted = |address: &IpAddr| match self.family.as_deref() {
            Some("ipv4") => address.is_ipv4(),
            Some(_) => address.is_ipv6(),
            None => true,
        };
        let mut own: Vec<_> = found.iter().map(std::net::SocketAddr::ip).filter(is_counted).collect();
        own.dedup();
        let shown = own.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let shown = if shown.is_empty() { "none".to_owned() } else { shown };
        match (own.is_empty(), self.exists) {
            (true, true) => component.error("wanted an address, got none"),
            (false, false) => component.error(&format!("wanted no address, got {shown}")),
            _ => component.fact(shown.clone()),
        }
        for address in self.addresses.iter().filter(|address| !own.contains(address)) {
            component.error(&format!("wanted {address}, got {shown}"));
        }
        for address in own.iter().filter(|address| self.is_exact && !self.addresses.contains(address)) {
            component.error(&format!("wanted none but the named addresses, got {address}"));
        }
        component.number(&self.thresholds, "Count", f64::from(u32::try_from(own.len()).unwrap_or(u32::MAX)));
        component
    }
}

fn addresses_of(name: &str, value: &Json) -> Result<Vec<IpAddr>, String> {
    let texts = texts_of(name, value)?;
    let addresses: Option<Vec<_>> = texts.iter().map(|text| text.parse().ok()).collect();
    let addresses = addresses.filter(|addresses| !addresses.is_empty());
    addresses.ok_or_else(|| wrong(name, "an address or a list of them", value))
}
