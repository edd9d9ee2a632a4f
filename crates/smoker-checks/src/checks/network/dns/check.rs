//! The check `dns`.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use serde_json::Value as Json;
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::network::connection;
use crate::checks::network::dns::message::{self, TYPES};
use crate::checks::network::dns::server;
use crate::checks::network::endpoint::{self, Endpoint};
use crate::checks::network::tcp::TIME;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::{Parameters, texts_of, wrong};
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

/// The port of DNS.
const PORT: u16 = 53;

const MEASURES: &[Measure] = &[
    TIME,
    Measure {
        name: "Count",
        unit: Unit::Number,
        meaning: "how many addresses or records it has",
        warn: None,
        error: None,
    },
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
        "whether it should have no others than `Addresses` or `Records`",
    ),
    ParameterSpec::optional(
        "Type",
        ParameterType::Choice(TYPES),
        "addresses, A and AAAA",
        "the type of records to ask a server for; names are taken as they are, without a search list",
    ),
    ParameterSpec::optional(
        "Records",
        ParameterType::TextList,
        "any",
        "records of `Type` that it should have, such as `10 mail.example.org`; letters count the same in both cases, and a dot at the end does not count, but in TXT and CAA",
    ),
    ParameterSpec::optional(
        "Server",
        ParameterType::Custom {
            form: "`host` or `host:port`",
            read: |name, value| endpoint::verify(name, value, Some(PORT)),
        },
        "as the host itself looks names up; with `Type` the servers of `/etc/resolv.conf`",
        "the server to ask",
    ),
    ParameterSpec::optional("Exists", ParameterType::Boolean, "true", "false: it should have no address or record"),
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
        "looks up names as the host does, with its files and servers, or asks a server",
        "a component for each name",
        PARAMETERS,
    )
}

/// What a name should give.
#[derive(Clone)]
struct Wanted {
    family: Option<String>,
    kind: Option<String>,
    /// The servers to ask; none: as the host does.
    servers: Option<Vec<SocketAddr>>,
    addresses: Vec<IpAddr>,
    records: Vec<String>,
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
    let kind = parameters.text("Type")?;
    if let Some(kind) = kind.as_deref().filter(|kind| !TYPES.contains(kind)) {
        return Err(wrong("Type", &TYPES.join(" or "), &kind.into()));
    }
    let records = parameters.texts("Records")?.unwrap_or_default();
    if kind.is_none() && !records.is_empty() {
        return Err("Records needs the Type that they have: set it".to_owned());
    }
    if kind.as_deref().is_some_and(|kind| !matches!(kind, "A" | "AAAA")) && addresses.is_some() {
        return Err("Addresses are those of A and AAAA: write Records for another Type".to_owned());
    }
    let wanted = Wanted {
        family,
        servers: servers_of(parameters, kind.is_some())?,
        kind,
        addresses: addresses.unwrap_or_default(),
        records,
        is_exact: parameters.flag("Exactly")?,
        exists: parameters.choice("Exists")?.unwrap_or(true),
        thresholds: Thresholds::of(parameters, MEASURES)?,
    };
    let deadline = Deadline::of(request.timeout, names.len());
    let mut report = Report::default();
    for (name, found) in fan_out::each(&names, deadline, move |name: &String| wanted.judge(name, deadline)) {
        report.add(found.unwrap_or_else(|| Component::failed(name, &deadline.passed())));
    }
    report.findings()
}

/// The servers to ask, where it is not the host that looks names up.
fn servers_of(parameters: Parameters<'_>, has_type: bool) -> Result<Option<Vec<SocketAddr>>, String> {
    match parameters.text("Server")? {
        Some(text) => {
            let server = Endpoint::parse(&text, Some(PORT));
            let server = server.ok_or_else(|| wrong("Server", "host or host:port", &text.as_str().into()))?;
            connection::resolve(&server.host, server.port).map(Some)
        }
        None if has_type => server::of_this_host().map(Some),
        None => Ok(None),
    }
}

impl Wanted {
    fn judge(&self, name: &str, deadline: Deadline) -> Component {
        let mut component = Component::new(name);
        let start = Instant::now();
        let found = self.find(name, deadline.end_of_look());
        component.number(&self.thresholds, "Time", start.elapsed().as_secs_f64());
        let own = match found {
            Err(reason) => {
                component.error(&reason);
                return component;
            }
            Ok(None) if self.exists => {
                component.error(&format!("wanted {}, got no such name", self.what()));
                return component;
            }
            Ok(found) => found.unwrap_or_default(),
        };
        let shown = own.join(", ");
        let shown = if shown.is_empty() { "none".to_owned() } else { shown };
        match (own.is_empty(), self.exists) {
            (true, true) => component.error(&format!("wanted {}, got none", self.what())),
            (false, false) => component.error(&format!("wanted none, got {shown}")),
            _ => component.fact(shown.clone()),
        }
        let wanted = self.addresses.iter().map(ToString::to_string).chain(self.records.iter().cloned());
        let wanted: Vec<_> = wanted.collect();
        let is_among = |all: &[String], one: &String| all.iter().any(|other| self.is_same(one, other));
        for missing in wanted.iter().filter(|one| !is_among(&own, one)) {
            component.error(&format!("wanted {missing}, got {shown}"));
        }
        for surplus in own.iter().filter(|one| self.is_exact && !is_among(&wanted, one)) {
            component.error(&format!("wanted none but those that are named, got {surplus}"));
        }
        component.number(&self.thresholds, "Count", f64::from(u32::try_from(own.len()).unwrap_or(u32::MAX)));
        component
    }

    fn what(&self) -> String {
        self.kind.as_ref().map_or_else(|| "an address".to_owned(), |kind| format!("a record {kind}"))
    }

    /// What the name has; `None` where there is no such name.
    fn find(&self, name: &str, end: Instant) -> Result<Option<Vec<String>>, String> {
        let Some(servers) = &self.servers else {
            let found = match connection::resolve(name, 0) {
                Ok(found) => found,
                Err(reason) if !self.exists && NO_SUCH_NAME.iter().any(|words| reason.contains(words)) => {
                    return Ok(None);
                }
                // A server that cannot be asked does not say that there is no such name.
                Err(reason) => return Err(reason),
            };
            let mut own: Vec<_> = found.iter().map(SocketAddr::ip).filter(|it| self.is_counted(*it)).collect();
            own.dedup();
            return Ok(Some(own.iter().map(ToString::to_string).collect()));
        };
        let kinds: Vec<&str> = match (self.kind.as_deref(), self.family.as_deref()) {
            (Some(kind), _) => vec![kind],
            (None, Some("ipv4")) => vec!["A"],
            (None, Some(_)) => vec!["AAAA"],
            (None, None) => vec!["A", "AAAA"],
        };
        let address: Option<IpAddr> = name.parse().ok().filter(|_| kinds == ["PTR"]);
        let name = address.map_or_else(|| name.to_owned(), message::reverse);
        let mut all = Vec::new();
        for kind in kinds {
            let number = message::number_of(kind).ok_or_else(|| format!("the type {kind} is not known"))?;
            match server::ask(servers, &name, number, end)? {
                Some(records) => all.extend(records),
                None => return Ok(None),
            }
        }
        Ok(Some(all))
    }

    fn is_counted(&self, address: IpAddr) -> bool {
        match self.family.as_deref() {
            Some("ipv4") => address.is_ipv4(),
            Some(_) => address.is_ipv6(),
            None => true,
        }
    }

    /// Texts are compared as they are, names without the dot at their end.
    fn is_same(&self, one: &str, other: &str) -> bool {
        if matches!(self.kind.as_deref(), Some("TXT" | "CAA")) {
            return one == other;
        }
        one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
    }
}

fn addresses_of(name: &str, value: &Json) -> Result<Vec<IpAddr>, String> {
    let texts = texts_of(name, value)?;
    let addresses: Option<Vec<_>> = texts.iter().map(|text| text.parse().ok()).collect();
    let addresses = addresses.filter(|addresses| !addresses.is_empty());
    addresses.ok_or_else(|| wrong(name, "an address or a list of them", value))
}
