//! `otlp`: where metrics and results are sent.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use smoker_model::suggest;
use smoker_model::value::Value;
use smoker_model::value::secret::MASK;

use crate::error::Fault;
use crate::keys::OF_OTLP;
use crate::limits::{DEFAULT_OTLP_INTERVAL, LONGEST_OTLP_INTERVAL, MAX_OTLP_HEADERS, SHORTEST_OTLP_INTERVAL};
use crate::spec::settings::access_settings::absolute_path;
use crate::spec::settings::hidden::read_hiding;
use crate::spec::values::quantity;
use crate::spec::values::shown::shown;
use crate::yaml::node::{Entry, find_text, kind_name};

/// What a request has of its own, so that no header of the configuration may say something else.
const OWN_HEADERS: [&str; 6] =
    ["connection", "content-length", "content-type", "host", "transfer-encoding", "content-encoding"];

/// A collector of the OpenTelemetry protocol, and what it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct OtlpSettings {
    /// The address before `/v1/metrics` and `/v1/logs`, without a slash at its end (`endpoint`).
    pub endpoint: String,
    /// Headers of each request, with their values, which may be secrets (`headers`).
    pub headers: Vec<(String, String)>,
    /// How often metrics are sent (`interval`).
    pub interval: Duration,
    /// How requests are compressed (`compression`).
    pub compression: OtlpCompression,
    /// The authorities that sign the collector's certificate, in PEM (`ca_file`), for `https` only; `None`: those of the system.
    pub ca_file: Option<PathBuf>,
}

/// How requests are compressed (`compression`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OtlpCompression {
    /// As gzip, which every collector has to take.
    #[default]
    Gzip,
    /// Not at all.
    None,
}

/// Values of headers are not shown: they are tokens, as a rule.
impl fmt::Debug for OtlpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| (name.as_str(), MASK)).collect();
        f.debug_struct("OtlpSettings")
            .field("endpoint", &self.endpoint)
            .field("headers", &headers)
            .field("interval", &self.interval)
            .field("compression", &self.compression)
            .field("ca_file", &self.ca_file)
            .finish()
    }
}

/// Reads the key; each part of it that makes no sense is one fault.
pub(super) fn read(entry: &Entry) -> Result<OtlpSettings, Vec<Fault>> {
    let Some(members) = entry.value.entries() else {
        let how = "otlp has to be a mapping such as {endpoint: 'http://127.0.0.1:4318', interval: 60s}";
        return Err(Fault::at(&entry.place, &format!("{how}, not {}", entry.value.kind_name())).into());
    };
    let mut members = Members { members, faults: Vec::new() };
    members.refuse_unknown();
    let endpoint = members.read("endpoint", endpoint);
    let headers = members.headers();
    let interval = members.read("interval", interval).unwrap_or(DEFAULT_OTLP_INTERVAL);
    let compression = members.read("compression", compression).unwrap_or_default();
    let ca_file = members.read("ca_file", absolute_path);
    members.refuse_authorities_without_tls(endpoint.as_deref());
    let is_named = find_text(members.members, "endpoint").is_some_and(|member| !member.value.is_null());
    if !is_named {
        let reason = "otlp has no endpoint: write the address of the collector, such as http://127.0.0.1:4318";
        members.faults.push(Fault::at(&entry.place, reason));
    }
    match endpoint {
        Some(endpoint) if members.faults.is_empty() => {
            Ok(OtlpSettings { endpoint, headers, interval, compression, ca_file })
        }
        _ => Err(members.faults),
    }
}

struct Members<'a> {
    members: &'a [Entry],
    faults: Vec<Fault>,
}

impl Members<'_> {
    fn refuse_unknown(&mut self) {
        let is_known = |member: &&Entry| member.name.as_text().is_some_and(|name| OF_OTLP.contains(&name));
        for member in self.members.iter().filter(|member| !is_known(member)) {
            let near = member.name.as_text().and_then(|name| suggest::near(name, OF_OTLP));
            let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            let reason = format!("otlp has {}, which is none of {}{near}", shown(&member.name), OF_OTLP.join(", "));
            self.faults.push(Fault::at(&member.place, &reason));
        }
    }

    fn read<T>(&mut self, key: &str, reader: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        debug_assert!(OF_OTLP.contains(&key), "{key} would be refused as unknown");
        let member = find_text(self.members, key).filter(|member| !member.value.is_null())?;
        match read_hiding(&member.value.to_value(), reader) {
            Ok(read) => Some(read),
            Err(reason) => {
                self.faults.push(Fault::at(&member.place, &format!("otlp.{key} {reason}")));
                None
            }
        }
    }

    fn refuse_authorities_without_tls(&mut self, endpoint: Option<&str>) {
        let is_plain = endpoint.is_some_and(|text| !is_https(text));
        if let Some(member) = find_text(self.members, "ca_file").filter(|member| is_plain && !member.value.is_null()) {
            let reason = "otlp.ca_file is for an endpoint with https://; write https:// there, or remove ca_file";
            self.faults.push(Fault::at(&member.place, reason));
        }
    }

    fn headers(&mut self) -> Vec<(String, String)> {
        let Some(member) = find_text(self.members, "headers").filter(|member| !member.value.is_null()) else {
            return Vec::new();
        };
        let Some(headers) = member.value.entries() else {
            let kind = member.value.kind_name();
            let reason = format!("otlp.headers has to be a mapping of names to texts, not {kind}");
            self.faults.push(Fault::at(&member.place, &reason));
            return Vec::new();
        };
        if headers.len() > MAX_OTLP_HEADERS {
            let reason = format!("otlp.headers has {} headers; {MAX_OTLP_HEADERS} are allowed", headers.len());
            self.faults.push(Fault::at(&member.place, &reason));
            return Vec::new();
        }
        let mut read = Vec::new();
        for entry in headers {
            match header(entry) {
                Ok(header) => read.push(header),
                Err(reason) => self.faults.push(Fault::at(&entry.place, &reason)),
            }
        }
        read
    }
}

/// A header. Its value is not shown, whatever it is.
fn header(entry: &Entry) -> Result<(String, String), String> {
    let name = entry.name.as_text().filter(|name| is_token(name)).ok_or_else(|| {
        format!("otlp.headers has to map names of headers to texts, and {} is no such name", shown(&entry.name))
    })?;
    if OWN_HEADERS.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(format!("otlp.headers has {name}, which smokerd sets itself; remove it"));
    }
    let value = entry.value.to_value();
    let text = match &value {
        Value::Text(text) => text.as_str(),
        Value::Secret(secret) => secret.expose(),
        other => {
            return Err(format!("otlp.headers.{name} has to be text, not {}: put quotes around it", kind_name(other)));
        }
    };
    // A file ends with the end of a line.
    let text = text.trim_end_matches(['\r', '\n']);
    if text.contains(char::is_control) {
        return Err(format!(
            "otlp.headers.{name} has characters that a header may not have, such as the end of a line"
        ));
    }
    Ok((name.to_owned(), text.to_owned()))
}

/// Whether this may be the name of a header (RFC 9110, 5.6.2).
fn is_token(name: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_allowed)
}

/// The address without the slash at its end.
fn endpoint(value: &Value) -> Result<String, String> {
    let how = "has to be the address of a collector, such as http://127.0.0.1:4318";
    let Some(text) = value.as_text().map(str::trim) else {
        return Err(format!("{how}, not {}", kind_name(value)));
    };
    let refuse = |reason: &str| Err(format!("{how}: {reason}"));
    let Some((scheme, rest)) = text.split_once("://") else {
        return refuse(&format!("'{text}' has no http:// or https:// at its beginning"));
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return refuse(&format!("'{scheme}' is neither http nor https"));
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return refuse("it has blanks");
    }
    if rest.contains(['?', '#']) {
        return refuse("it may have no query and no fragment, since /v1/metrics and /v1/logs are added to it");
    }
    let authority = rest.split('/').next().unwrap_or_default();
    if authority.contains('@') {
        return refuse("a user and a password belong into otlp.headers, as Authorization");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, behind)) => (host, behind.strip_prefix(':').or_else(|| behind.is_empty().then_some(""))),
            None => return refuse("its bracket is not closed"),
        },
        None => authority.split_once(':').map_or((authority, Some("")), |(host, port)| (host, Some(port))),
    };
    let is_port = |port: &str| port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0);
    if host.is_empty() {
        return refuse("it has no host");
    }
    if !port.is_some_and(is_port) {
        return refuse("its port has to be a number from 1 to 65535");
    }
    let text = text.trim_end_matches('/');
    if text.ends_with("/v1") {
        return refuse("leave out /v1, since /v1/metrics and /v1/logs are added to it");
    }
    match ["/v1/metrics", "/v1/logs", "/v1/traces"].iter().find(|path| text.ends_with(*path)) {
        Some(path) => refuse(&format!("leave out {path}, which is added to it")),
        None => Ok(text.to_owned()),
    }
}

fn is_https(endpoint: &str) -> bool {
    endpoint.split_once("://").is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("https"))
}

fn compression(value: &Value) -> Result<OtlpCompression, String> {
    match value.as_text().map(str::trim) {
        Some("gzip") => Ok(OtlpCompression::Gzip),
        Some("none") => Ok(OtlpCompression::None),
        _ => Err(format!("has to be gzip or none, not {}", shown(value))),
    }
}

fn interval(value: &Value) -> Result<Duration, String> {
    let seconds = if let Value::Bool(_) = value { 0.0 } else { quantity::seconds(value)? };
    let interval = Duration::try_from_secs_f64(seconds).ok();
    interval
        .filter(|interval| (SHORTEST_OTLP_INTERVAL..=LONGEST_OTLP_INTERVAL).contains(interval))
        .ok_or_else(|| format!("has to be a time from 1s to 1d, not {}", shown(value)))
}
